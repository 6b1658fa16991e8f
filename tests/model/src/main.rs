//! Searches the protocol and its mutants, and random sequences; prints a table, writes JSON to the path
//! given first, and fails if a law is broken or a mutant survives.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Instant;

use lockstep_model::cases::{of_mutant, searches, walked};
use lockstep_model::laws::Mutant;
use lockstep_model::search::{Searched, search, shortest};
use lockstep_model::walks::{Walked, walk};
use lockstep_model::{hold_sequences, key_sequences};
use serde_json::{Map, Value, json};

/// A mutant is searched for among at most this many states, repeats included.
const MOST: usize = 12_000_000;
/// Random walks through the largest world.
const WALKS: u64 = 100_000;

fn main() -> ExitCode {
    let start = Instant::now();
    let mut failures = Vec::new();
    let sequences = sequences(&mut failures);
    let (killed, traces) = mutants(&mut failures);
    let (searched, states, depth) = protocol(&mut failures);
    let report = json!({
        "states": states,
        "max_depth": depth,
        "mutants": Mutant::ALL.len(),
        "mutants_killed": killed,
        "sequences": sequences,
        "searches": searched,
        "traces": traces,
        "seconds": start.elapsed().as_secs(),
    });
    if let Some(path) = std::env::args().nth(1)
        && let Err(error) = std::fs::write(&path, format!("{report:#}\n"))
    {
        failures.push(format!("writing {path}: {error}"));
    }
    println!("\n{states} unique states in the largest search, depth {depth}, {} s", start.elapsed().as_secs());
    println!("{killed} of {} mutants killed, {sequences} sequences", Mutant::ALL.len());
    for failure in &failures {
        eprintln!("FAILED: {failure}");
    }
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn sequences(failures: &mut Vec<String>) -> u32 {
    println!("sequences against the pure core");
    let mut all = 0;
    for (name, ran) in [("keys", key_sequences::run()), ("holds", hold_sequences::run())] {
        match ran {
            Ok(count) => {
                println!("  {name:<10} {count} sequences hold");
                all += count;
            }
            Err(error) => failures.push(format!("sequences of {name}: {error}")),
        }
    }
    all
}

fn mutants(failures: &mut Vec<String>) -> (usize, Map<String, Value>) {
    println!("\nmutants");
    let (mut killed, mut traces) = (0, Map::new());
    for mutant in Mutant::ALL {
        let (start, (rules, law)) = (Instant::now(), of_mutant(mutant));
        let Some((law, trace)) = shortest(rules, &[law], MOST) else {
            failures.push(format!("mutant survives: {}", mutant.name()));
            continue;
        };
        killed += 1;
        print(mutant.name(), law, &trace, start);
        traces.insert(mutant.name().to_owned(), json!(trace));
        if mutant == Mutant::SweepDisabled {
            // Without the sweep the protocol may come to rest too early, but it never does anything wrong.
            let others = search(rules, MOST).broken.into_iter().filter(|(name, _)| *name != law);
            failures.extend(others.map(|(name, _)| format!("without the sweep: {name}")));
        }
    }
    (killed, traces)
}

fn protocol(failures: &mut Vec<String>) -> (Vec<Value>, usize, usize) {
    println!("\nsearches of the protocol");
    let (mut rows, mut states, mut depth) = (Vec::new(), 0, 0);
    let mut unreached: Option<BTreeSet<&'static str>> = None;
    for case in searches() {
        let Searched { states: unique, depth: deepest, seconds, is_complete, broken, never } =
            search(case.rules, case.most);
        let extent = if is_complete { "all" } else { "first" };
        println!("  {:<55} {extent:>5} {unique:>8} states, depth {deepest:>3}, {seconds:.1} s", case.name);
        for (law, trace) in broken {
            failures.push(format!("{}: {law}\n    {}", case.name, trace.join("\n    ")));
        }
        let never: BTreeSet<&'static str> = never.into_iter().collect();
        unreached = Some(unreached.map_or(never.clone(), |all| all.intersection(&never).copied().collect()));
        rows.push(json!({ "name": case.name, "states": unique, "depth": deepest, "complete": is_complete }));
        // Searches overlap, so the largest counts, not their sum.
        states = states.max(unique);
        depth = depth.max(deepest);
    }
    let Walked { walks, steps, seconds, broken } = walk(walked(), WALKS);
    println!("  4 flips, every fault: {walks} random walks, {steps} steps, {seconds:.1} s");
    failures.extend(broken.map(|(law, trace)| format!("a walk: {law}\n    {}", trace.join("\n    "))));
    rows.push(json!({ "name": "random walks", "walks": walks, "steps": steps }));
    failures.extend(unreached.into_iter().flatten().map(|phase| format!("no search reaches {phase}")));
    (rows, states, depth)
}

fn print(name: &str, law: &str, trace: &[String], start: Instant) {
    println!("  {name}: breaks {law:?} in {} steps ({:.1} s)", trace.len(), start.elapsed().as_secs_f64());
    for action in trace {
        println!("      {action}");
    }
}
