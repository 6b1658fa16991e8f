//! A seed is played the same, however often and wherever.

// A run that cannot be begun, or prints what is no text, fails the test.
#![allow(clippy::unwrap_used)]

use std::process::Command;

fn printed(arguments: &[&str]) -> String {
    let run = Command::new(env!("CARGO_BIN_EXE_lockstep-simulation")).args(arguments).output().unwrap();
    String::from_utf8(run.stdout).unwrap()
}

#[test]
fn the_same_seed_is_played_the_same_line_by_line() {
    let seed = ["--seed", "1", "--hours", "8"];
    let first = printed(&seed);
    assert!(first.lines().count() > 200, "{first}");
    assert!(first == printed(&seed));
}

#[test]
fn another_seed_is_another_world() {
    assert!(printed(&["--seed", "1", "--hours", "4"]) != printed(&["--seed", "2", "--hours", "4"]));
}

#[test]
fn what_is_asked_for_wrongly_is_refused_with_the_usage() {
    let run = Command::new(env!("CARGO_BIN_EXE_lockstep-simulation")).arg("--fast").output().unwrap();
    assert!(!run.status.success());
    assert!(String::from_utf8(run.stderr).unwrap().contains("--seeds N"));
}
