//! Every guard that is taken away breaks the law that it guards; nothing that notices nothing proves anything.

// A run that cannot be begun, or prints what is no text, fails the test.
#![allow(clippy::unwrap_used)]

use std::process::Command;

/// Seeds that are played at most. A change of any function gives every seed another day, and a guard is not needed on
/// each: the rarest break below comes about once in twelve.
const SEEDS: &str = "100";

/// Plays seeds with a guard taken away until one breaks the law.
fn breaks(mutant: &str, law: &str) {
    let simulation = env!("CARGO_BIN_EXE_lockstep-simulation");
    let arguments = ["--mutant", mutant, "--until", law, "--seeds", SEEDS];
    let run = Command::new(simulation).args(arguments).output().unwrap();
    let printed = String::from_utf8(run.stderr).unwrap();
    assert!(!run.status.success() && printed.contains(&format!("FAILED: {law}")), "{mutant}: {printed}");
    assert!(printed.contains(&format!("--mutant {mutant}")), "it says how to play it again: {printed}");
}

#[test]
fn without_the_check_for_the_newest_run_an_old_run_writes_on() {
    breaks("no-newest-run-check", "S10");
}

#[test]
fn a_denied_look_that_is_taken_for_off_opens_an_epoch() {
    breaks("denied-is-disabled", "S3");
}

#[test]
fn a_ledger_that_loses_holds_leaves_calls_without_an_intent() {
    breaks("holds-are-lost", "S6");
}

#[test]
fn without_the_sweep_a_lost_event_leaves_servers_down() {
    breaks("sweep-disabled", "L2");
}

#[test]
fn a_server_that_is_still_stopping_must_not_be_written_down_as_stopped() {
    breaks("stopping-is-stopped", "S18");
}

#[test]
fn a_server_must_not_be_stopped_under_a_unit_that_runs() {
    breaks("units-lie", "S5");
}
