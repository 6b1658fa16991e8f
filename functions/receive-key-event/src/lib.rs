//! An event is a hint that a key may have changed: look at the key, and open an epoch if it has.

use lockstep_aws::error::Failure;
use lockstep_aws::metrics;
use lockstep_aws::watch::{Followed, Watch};
use lockstep_domain::event::{self, Hint};
use lockstep_domain::metrics::Metric;
use serde::Serialize;
use serde_json::Value;

/// Counted, for it says how much of what comes is nobody's business.
const IGNORED: &str = "ignored";

/// What came of an event.
#[derive(Debug, Serialize)]
pub struct Answer {
    pub decision: &'static str,
    pub reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

/// Takes an EventBridge event; a malformed one is refused by name and starts nothing.
pub async fn handle(watch: &Watch, event: Value) -> Result<Answer, Failure> {
    let answer = match event::read(&event)? {
        Hint::FailedCall { call, code } => ignored(format!("{call} failed with {code}, so no key has changed")),
        Hint::ForeignKey { account, key } => ignored(format!("account {account} does not own key {key}")),
        Hint::KeyStore { account, call } => follow_all_of(watch, &account, &call).await?,
        Hint::Key { key } => match watch.follow(&key).await? {
            Followed::NotWatched => ignored(format!("key {key} is not watched")),
            Followed::Nothing { reason, .. } => Answer { decision: "nothing", reason, run: None },
            Followed::Started { run, reason, .. } => Answer { decision: "run", reason, run: Some(run.to_string()) },
        },
    };
    tracing::info!(decision = answer.decision, reason = answer.reason, run.name = answer.run, "event received");
    if answer.decision == IGNORED {
        metrics::emit(&[(Metric::IgnoredEvents, 1)], &[]);
    }
    Ok(answer)
}

/// A key store has many keys, and its event names none of them: all of its account are looked at.
async fn follow_all_of(watch: &Watch, account: &str, call: &str) -> Result<Answer, Failure> {
    let keys = watch.ledger.watched_keys().await?;
    let of_account: Vec<_> = keys.iter().filter(|key| key.account() == account).collect();
    if of_account.is_empty() {
        return Ok(ignored(format!("{call} names no key, and no key of account {account} is watched")));
    }
    let mut started = Vec::new();
    for (_, followed) in watch.follow_each(of_account.iter().copied()).await {
        if let Followed::Started { run, .. } = followed? {
            started.push(run.to_string());
        }
    }
    let reason = format!("{call} names no key; looked at {} keys of account {account}", of_account.len());
    let decision = if started.is_empty() { "nothing" } else { "run" };
    Ok(Answer { decision, reason, run: (!started.is_empty()).then(|| started.join(" ")) })
}

fn ignored(reason: String) -> Answer {
    Answer { decision: IGNORED, reason, run: None }
}
