//! An event is a hint that a key may have changed: look at the key, and open an epoch if it has.

use lockstep_aws::error::Failure;
use lockstep_aws::watch::{Followed, Watch};
use lockstep_domain::event::{self, Hint};
use serde::Serialize;
use serde_json::Value;

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
        Hint::KeyStore { call, .. } => ignored(format!("{call} names no key; the sweep looks at all keys")),
        Hint::Key { key, .. } => match watch.follow(&key).await? {
            Followed::NotWatched => ignored(format!("key {key} is not watched")),
            Followed::Nothing { reason } => Answer { decision: "nothing", reason, run: None },
            Followed::Started { run, reason } => Answer { decision: "run", reason, run: Some(run.to_string()) },
        },
    };
    tracing::info!(decision = answer.decision, reason = answer.reason, run.name = answer.run, "event received");
    Ok(answer)
}

fn ignored(reason: String) -> Answer {
    Answer { decision: "ignored", reason, run: None }
}
