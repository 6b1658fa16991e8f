//! Every guard that is taken away breaks the law that it guards; nothing that notices nothing proves anything.

// A run that cannot be begun, or prints what is no text, fails the test.
#![allow(clippy::unwrap_used)]

use std::process::Command;

/// Plays seeds with a guard taken away; returns what the run printed, if it failed.
fn played(mutant: &str, seeds: u32) -> Option<String> {
    let simulation = env!("CARGO_BIN_EXE_lockstep-simulation");
    let seeds = seeds.to_string();
    let run = Command::new(simulation).args(["--mutant", mutant, "--seeds", &seeds]).output().unwrap();
    (!run.status.success()).then(|| String::from_utf8(run.stderr).unwrap())
}

fn breaks(mutant: &str, law: &str, seeds: u32) {
    let printed = played(mutant, seeds).unwrap_or_default();
    assert!(printed.contains(&format!("FAILED: {law}")), "{mutant}: {printed}");
    assert!(printed.contains(&format!("--mutant {mutant}")), "it says how to play it again: {printed}");
}

#[test]
fn without_the_check_for_the_newest_run_an_old_run_writes_on() {
    breaks("no-newest-run-check", "S10", 12);
}

#[test]
fn a_denied_look_that_is_taken_for_off_opens_an_epoch() {
    breaks("denied-is-disabled", "S3", 4);
}

#[test]
fn a_ledger_that_loses_holds_leaves_calls_without_an_intent() {
    breaks("holds-are-lost", "S6", 2);
}

#[test]
fn without_the_sweep_a_quiet_world_still_has_work_left() {
    breaks("sweep-disabled", "L4", 24);
}

#[test]
fn a_server_that_is_still_stopping_must_not_be_written_down_as_stopped() {
    breaks("stopping-is-stopped", "S18", 2);
}

#[test]
fn a_server_must_not_be_stopped_under_a_unit_that_runs() {
    breaks("units-lie", "S5", 12);
}
