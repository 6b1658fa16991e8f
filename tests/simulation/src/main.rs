//! Plays seeds on every core; prints what happened, writes JSON to the path given, and fails if a law is broken.

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use lockstep_simulation::arguments::Arguments;
use lockstep_simulation::environment;
use lockstep_simulation::report::Report;
use lockstep_simulation::seed::{self, Played, Rules, play};
use lockstep_simulation::world::clock;

fn main() -> ExitCode {
    if let Err(error) = environment::ensure() {
        eprintln!("starting with the functions' environment: {error}");
        return ExitCode::FAILURE;
    }
    let arguments = match Arguments::read(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let default_hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        eprintln!("seed {} panics", seed::current());
        default_hook(panic);
    }));
    match arguments.only {
        Some(seed) => play_one(seed, &arguments),
        None => play_all(&arguments),
    }
}

fn rules(arguments: &Arguments) -> Rules {
    Rules { hours: arguments.hours, mutant: arguments.mutant, keeps_log: false, is_loud: false }
}

fn play_one(seed: u64, arguments: &Arguments) -> ExitCode {
    let played = play(seed, Rules { keeps_log: true, is_loud: true, ..rules(arguments) });
    let mut report = Report::default();
    report.add(&played, arguments.hours);
    report.print(0.0);
    match &played.violation {
        Some(violation) => {
            println!("\nseed {seed} at {}: {} is broken: {}", clock(violation.at), violation.law, violation.how);
            ExitCode::FAILURE
        }
        None => ExitCode::SUCCESS,
    }
}

fn play_all(arguments: &Arguments) -> ExitCode {
    let begun = Instant::now();
    let next = AtomicU64::new(arguments.first);
    let is_broken = AtomicBool::new(false);
    let report = Mutex::new(Report::default());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let first = Mutex::new(None::<(u64, Played)>);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while !is_broken.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= arguments.first + arguments.seeds {
                        return;
                    }
                    let mut played = play(seed, rules(arguments));
                    if played.violation.is_some() {
                        is_broken.store(true, Ordering::Relaxed);
                        played = play(seed, Rules { keeps_log: true, ..rules(arguments) });
                        let mut first = first.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                        if first.as_ref().is_none_or(|(earlier, _)| seed < *earlier) {
                            *first = Some((seed, played.clone()));
                        }
                    }
                    report.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).add(&played, arguments.hours);
                }
            });
        }
    });
    let seconds = begun.elapsed().as_secs_f64();
    let report = report.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    report.print(seconds);
    let first = first.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some((seed, played)) = &first {
        explain(*seed, played, arguments);
    }
    let unfired = report.unfired();
    if first.is_none() && !unfired.is_empty() {
        eprintln!("FAILED: these faults never happened: {}", unfired.join(", "));
    }
    let written = arguments.out.as_ref().map(|path| std::fs::write(path, format!("{:#}\n", report.json(seconds))));
    if let Some(Err(error)) = &written {
        eprintln!("FAILED: writing the report: {error}");
    }
    let is_well = first.is_none() && unfired.is_empty() && !matches!(written, Some(Err(_)));
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn explain(seed: u64, played: &Played, arguments: &Arguments) {
    let Some(violation) = &played.violation else {
        return eprintln!("FAILED: seed {seed} broke a law, and did not when it was played again");
    };
    eprintln!("\nFAILED: seed {seed} at {}: {}", clock(violation.at), violation.law);
    eprintln!("  {}", violation.how);
    played.log.iter().for_each(|line| eprintln!("    {line}"));
    let mutant = arguments.mutant.map_or(String::new(), |mutant| format!(" --mutant {}", mutant.name()));
    let hours = arguments.hours;
    eprintln!("\nreplay: cargo run -p lockstep-simulation --release -- --seed {seed} --hours {hours}{mutant}");
}
