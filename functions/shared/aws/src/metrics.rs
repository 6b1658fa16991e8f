//! Writes what was measured to the log, from which CloudWatch makes metrics of it.

use std::env;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use lockstep_domain::metrics::{Measured, Metric, lines};
use lockstep_domain::refusal;

use crate::clock;
use crate::error::Failure;

/// Only what a function prints becomes metrics; to anybody else the lines would be noise.
static IS_A_FUNCTION: AtomicBool = AtomicBool::new(false);
/// From the template. No measurement is worth a failure, so a stack without a name has one all the same.
static STACK: LazyLock<String> = LazyLock::new(|| env::var("STACK_NAME").unwrap_or_else(|_| "unnamed".to_owned()));

pub(crate) fn begin() {
    IS_A_FUNCTION.store(true, Ordering::Relaxed);
}

/// `about` are ids that go with the values, such as `run.name`.
pub fn emit(measured: &[Measured], about: &[(&str, &str)]) {
    if IS_A_FUNCTION.load(Ordering::Relaxed) {
        for line in lines(measured, &STACK, about, clock::now()) {
            println!("{line}");
        }
    }
}

/// Counts a failure if a permission is missing.
pub fn count_denial(failure: &Failure) {
    count_denial_of(&failure.chain());
}

/// The same for what AWS said to a workflow.
pub fn count_denial_of(said: &str) {
    if refusal::is_denied(said) {
        emit(&[(Metric::AccessDenied, 1)], &[]);
    }
}
