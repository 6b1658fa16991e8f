//! Looks at every watched key, as if an event had named it: what events missed is found here.

use futures_util::{StreamExt, stream};
use lockstep_aws::clock;
use lockstep_aws::error::Failure;
use lockstep_aws::ledger::LastSweep;
use lockstep_aws::watch::{Followed, Watch};
use serde::Serialize;

/// Keys looked at side by side; KMS takes hundreds of DescribeKey calls a second.
const AT_ONCE: usize = 10;

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
    let own = watch.own_key().await;
    let follow = async |key| (key, watch.follow(key, own.as_deref()).await);
    let mut looks = stream::iter(&keys).map(follow).buffer_unordered(AT_ONCE);
    while let Some((key, followed)) = looks.next().await {
        match followed {
            Ok(Followed::Started { run, reason }) => {
                tracing::info!(decision = "run", reason, run.name = %run, "key swept");
                answer.started.push(run.to_string());
            }
            Ok(Followed::Nothing { .. } | Followed::NotWatched) => {}
            Err(failure) => {
                tracing::error!(error.chain = failure.chain(), key.arn = %key, "a key could not be followed");
                answer.failed += 1;
            }
        }
    }
    watch.ledger.note_sweep(&LastSweep { at: clock::now(), keys: answer.keys, failed: answer.failed }).await?;
    tracing::info!(keys = answer.keys, started = answer.started.len(), failed = answer.failed, "keys swept");
    if answer.failed > 0 {
        return Err(Failure::retryable(format!("sweeping: {} of {} keys failed", answer.failed, answer.keys)));
    }
    Ok(answer)
}
