//! Plays seeds on every core; prints what happened, writes JSON to the path given, and fails if a law is broken.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use lockstep_simulation::arguments::Arguments;
use lockstep_simulation::functions::Function;
use lockstep_simulation::report::Report;
use lockstep_simulation::seed::{self, Played, Rules, play};
use lockstep_simulation::world::clock;
use lockstep_simulation::{environment, hostile};

/// A seed allocates without end; this allocator takes half the time over it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
        eprintln!("seed {}{} panics", seed::current(), hostile::current());
        default_hook(panic);
    }));
    match (arguments.only, arguments.hostile) {
        (Some(seed), _) => play_one(seed, &arguments),
        (None, Some(count)) => hand_over_all(count, &arguments),
        (None, None) => play_all(&arguments),
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

/// What was broken, by law: how often, and the lowest seed that broke it.
type Broken = BTreeMap<String, (u64, u64)>;

fn play_all(arguments: &Arguments) -> ExitCode {
    let begun = Instant::now();
    let next = AtomicU64::new(arguments.first);
    let is_enough = AtomicBool::new(false);
    let sum = Mutex::new((Report::default(), Broken::new()));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= arguments.first + arguments.seeds || is_enough.load(Ordering::Relaxed) {
                        return;
                    }
                    let played = play(seed, rules(arguments));
                    let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
                    sum.0.add(&played, arguments.hours);
                    if let Some(violation) = played.violation {
                        if arguments.until.as_deref() == violation.law.split(' ').next() {
                            is_enough.store(true, Ordering::Relaxed);
                        }
                        let (count, lowest) = sum.1.entry(violation.law).or_insert((0, seed));
                        (*count, *lowest) = (*count + 1, seed.min(*lowest));
                    }
                }
            });
        }
    });
    let seconds = begun.elapsed().as_secs_f64();
    let (report, broken) = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
    report.print(seconds);
    for (law, (count, seed)) in &broken {
        explain(law, *count, *seed, arguments);
    }
    let unfired = report.unfired();
    if !unfired.is_empty() {
        eprintln!("FAILED: these faults never happened: {}", unfired.join(", "));
    }
    let written = arguments.out.as_ref().map(|path| std::fs::write(path, format!("{:#}\n", report.json(seconds))));
    if let Some(Err(error)) = &written {
        eprintln!("FAILED: writing the report: {error}");
    }
    let is_well = broken.is_empty() && unfired.is_empty() && !matches!(written, Some(Err(_)));
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plays a seed again, with a log.
fn explain(law: &str, count: u64, seed: u64, arguments: &Arguments) {
    let Played { violation, log, .. } = play(seed, Rules { keeps_log: true, ..rules(arguments) });
    let Some(violation) = violation else {
        return eprintln!("FAILED: seed {seed} broke {law}, and did not when it was played again");
    };
    eprintln!("\nFAILED: {law}: {count} seeds; seed {seed} at {}", clock(violation.at));
    eprintln!("  {}", violation.how);
    log.iter().for_each(|line| eprintln!("    {line}"));
    let mutant = arguments.mutant.map_or(String::new(), |mutant| format!(" --mutant {}", mutant.name()));
    let hours = arguments.hours;
    eprintln!("  replay: cargo run -p lockstep-simulation --profile local -- --seed {seed} --hours {hours}{mutant}");
}

/// Hands hostile events to every function; what they may not bring about ends the process.
fn hand_over_all(count: u64, arguments: &Arguments) -> ExitCode {
    let mut is_well = true;
    std::thread::scope(|scope| {
        let tried = |function: Function| (function, scope.spawn(move || hostile::tried(function, count)));
        for (function, thread) in Function::ALL.map(tried) {
            let accepted = thread.join().unwrap_or_default();
            println!("{:20}{count:>8} hostile events, {accepted} of them accepted", function.name());
            // If all or nothing is accepted, the edits edit nothing or everything; a sweep answers whatever it reads.
            is_well &= accepted > 0 && (accepted < count || function == Function::SweepKeys);
        }
    });
    let events = count * Function::ALL.len() as u64;
    let written = arguments.out.as_ref().map(|path| std::fs::write(path, format!("{{\"events\": {events}}}\n")));
    if is_well && !matches!(written, Some(Err(_))) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
