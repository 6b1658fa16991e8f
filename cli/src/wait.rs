//! Waiting for an execution: few looks, and a line on the terminal that says what is waited for.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use lockstep_aws::executions::{Executions, Fare, Started};
use serde_json::Value;

use crate::trouble::Trouble;

/// The first look comes after this; each pause is half as long again as the one before, up to the second.
const PAUSES: (Duration, Duration) = (Duration::from_millis(700), Duration::from_secs(20));
/// A search of 1,000 servers takes about a minute.
const PATIENCE: Duration = Duration::from_secs(900);
const TICK: Duration = Duration::from_millis(120);

/// Waits until the execution has ended; returns its output.
pub async fn for_end(executions: &Executions, started: &Started, what: &'static str) -> Result<Value, Trouble> {
    // Hidden by the crate itself unless standard error is a terminal.
    let line = ProgressBar::new_spinner().with_message(what);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} … {elapsed}") {
        line.set_style(style);
    }
    line.enable_steady_tick(TICK);
    let ended = looks(executions, started, what).await;
    line.finish_and_clear();
    ended
}

async fn looks(executions: &Executions, started: &Started, what: &str) -> Result<Value, Trouble> {
    for pause in pauses() {
        tokio::time::sleep(pause).await;
        match executions.look(started).await? {
            Fare::Running => {}
            Fare::Ended(output) => return Ok(output),
            Fare::Broken(why) => return Err(Trouble::Failed(format!("{what}: {why}; ask again in a minute"))),
        }
    }
    let waited = PATIENCE.as_secs() / 60;
    Err(Trouble::Failed(format!(
        "{what}: it has not ended in {waited} minutes; look at its execution in Step Functions"
    )))
}

fn pauses() -> impl Iterator<Item = Duration> {
    let longer = |pause: &Duration| Some((*pause * 3 / 2).min(PAUSES.1));
    let mut left = PATIENCE;
    std::iter::successors(Some(PAUSES.0), longer).take_while(move |pause| {
        let is_left = left > Duration::ZERO;
        left = left.saturating_sub(*pause);
        is_left
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_takes_few_looks_and_patience_ends() {
        let within = |limit: Duration| {
            let mut waited = Duration::ZERO;
            pauses()
                .take_while(|pause| {
                    waited += *pause;
                    waited <= limit
                })
                .count()
        };
        assert!(within(Duration::from_secs(60)) <= 9, "{}", within(Duration::from_secs(60)));
        assert!(pauses().sum::<Duration>() >= PATIENCE && pauses().count() < 100);
    }
}
