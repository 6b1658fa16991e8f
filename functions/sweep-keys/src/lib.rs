//! Looks at every watched key, as if an event had named it: what events missed is found here.

use lockstep_aws::clock;
use lockstep_aws::error::Failure;
use lockstep_aws::metrics;
use lockstep_aws::watch::{Followed, Watch};
use lockstep_domain::key::KeyArn;
use lockstep_domain::metrics::{Metric, counted, of_sweep};
use lockstep_domain::standing::{LONGEST_RUN, LastSweep, Standing};
use serde::Serialize;

#[derive(Debug, Default, Serialize)]
pub struct Answer {
    pub keys: usize,
    pub started: Vec<String>,
    /// Keys that could not be followed; the log says why.
    pub failed: usize,
}

/// One key that cannot be followed does not keep the others; the sweep then fails as a whole, for the alarm.
pub async fn handle(watch: &Watch) -> Result<Answer, Failure> {
    let keys = watch.ledger.watched_keys().await?;
    let mut answer = Answer { keys: keys.len(), ..Answer::default() };
    let mut standings = Vec::new();
    for (key, followed) in watch.follow_each(&keys).await {
        match followed {
            Ok(Followed::Started { run, reason, standing }) => {
                tracing::info!(decision = "run", reason, run.name = %run, key.arn = %key, "key swept");
                answer.started.push(run.to_string());
                standings.push(standing);
            }
            Ok(Followed::Nothing { reason, standing }) => {
                tell_of(key, &reason, standing);
                standings.push(standing);
            }
            Ok(Followed::NotWatched) => {}
            Err(failure) => {
                tracing::error!(error.chain = failure.chain(), key.arn = %key, "a key could not be followed");
                metrics::count_denial(&failure);
                answer.failed += 1;
            }
        }
    }
    let sweep = LastSweep { at: clock::now(), keys: answer.keys, failed: answer.failed };
    let before = watch.ledger.note_sweep(&sweep).await?;
    let age = before.map(|before| sweep.at.duration_since(before.at)).unwrap_or_default();
    let reason = format!("{} keys looked at, {} could not be followed", answer.keys, answer.failed);
    let (started, sweep_age_s) = (answer.started.len(), age.as_secs());
    tracing::info!(decision = "swept", reason, started, sweep_age_s, "keys swept");
    metrics::emit(&of_sweep(&standings, answer.failed, age), &[]);
    // Mails come last: no key waits for them.
    let given_up = watch.send_again().await?;
    metrics::emit(&counted([(Metric::MailsRefused, given_up)]), &[]);
    if answer.failed > 0 {
        return Err(Failure::retryable(format!("sweeping: {} of {} keys failed", answer.failed, answer.keys)));
    }
    Ok(answer)
}

/// A line for each key that is not simply on: it is what the dashboard lists.
fn tell_of(key: &KeyArn, reason: &str, standing: Standing) {
    if standing == Standing::default() {
        return;
    }
    let Standing { is_off, is_unknown, is_paused, is_stuck } = standing;
    let key_is = match (is_unknown, is_off) {
        (true, _) => "unknown",
        (false, true) => "off",
        (false, false) => "on",
    };
    tracing::info!(decision = "nothing", reason, key.arn = %key, key.is = key_is, key.paused = is_paused, "key swept");
    if is_stuck {
        let reason = format!("its run has been under way for more than {} hours", LONGEST_RUN.as_hours());
        tracing::error!(decision = "stuck", reason, key.arn = %key, "a run is stuck");
    }
}
