//! Running random sequences with a fixed seed, so that a failure can be seen again.

use std::fmt::Debug;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseResult, TestRng, TestRunner};

/// Runs `count` sequences; the error is the shortest that fails.
pub fn run<S>(count: u32, sequences: S, test: impl Fn(S::Value) -> TestCaseResult) -> Result<u32, String>
where
    S: Strategy,
    S::Value: Debug,
{
    let config = Config { cases: count, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    runner.run(&sequences, test).map(|()| count).map_err(|error| error.to_string())
}
