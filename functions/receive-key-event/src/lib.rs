//! An event is a hint that a key may have changed: look at the key, and open an epoch if it has.

use jiff::SignedDuration;
use lockstep_aws::clock;
use lockstep_aws::configuration::{self, SdkConfig};
use lockstep_aws::error::Failure;
use lockstep_aws::keys::Keys;
use lockstep_aws::ledger::Ledger;
use lockstep_aws::runs::{Runs, Started};
use lockstep_domain::epoch::{KeyAction, KeyRecord, decide};
use lockstep_domain::event::{self, Hint};
use lockstep_domain::key::KeyArn;
use lockstep_domain::run::RunRecord;
use serde::Serialize;
use serde_json::Value;

pub struct World {
    keys: Keys,
    ledger: Ledger,
    runs: Runs,
    grace: SignedDuration,
}

impl World {
    pub fn new(sdk: &SdkConfig) -> Result<Self, Failure> {
        Ok(Self {
            keys: Keys::new(sdk),
            ledger: Ledger::new(sdk)?,
            runs: Runs::new(sdk)?,
            grace: configuration::grace()?,
        })
    }
}

/// What came of an event.
#[derive(Debug, Serialize)]
pub struct Answer {
    pub decision: &'static str,
    pub reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

/// Takes an EventBridge event; a malformed one is refused by name and starts nothing.
pub async fn handle(world: &World, event: Value) -> Result<Answer, Failure> {
    let answer = match event::read(&event)? {
        Hint::FailedCall { call, code } => ignored(format!("{call} failed with {code}, so no key has changed")),
        Hint::KeyStore { call, .. } => ignored(format!("{call} names no key; the sweep looks at all keys")),
        Hint::Key { key, .. } => look_at(world, &key).await?,
    };
    tracing::info!(decision = answer.decision, reason = answer.reason, run.name = answer.run, "event received");
    Ok(answer)
}

fn ignored(reason: String) -> Answer {
    Answer { decision: "ignored", reason, run: None }
}

async fn look_at(world: &World, key: &KeyArn) -> Result<Answer, Failure> {
    let Some(record) = world.ledger.key(key).await? else {
        return Ok(ignored(format!("key {key} is not watched")));
    };
    let look = world.keys.look(key).await?;
    let decision = decide(&record, &look, world.grace, clock::now());
    let record = match decision.action {
        KeyAction::Nothing => return Ok(Answer { decision: "nothing", reason: decision.reason, run: None }),
        KeyAction::EnsureRun => record,
        KeyAction::OpenEpoch(next) => {
            if !world.ledger.open_epoch(&next).await? {
                return Err(Failure::retryable(format!(
                    "opening epoch {} of key {key}: another came first",
                    next.epoch
                )));
            }
            next
        }
    };
    start(world, &record, decision.reason).await
}

async fn start(world: &World, record: &KeyRecord, reason: String) -> Result<Answer, Failure> {
    let run = run_of(record);
    world.ledger.open_run(&run).await?;
    let decision = match world.runs.start(&run).await? {
        Started::Running => "run",
        Started::EndedBefore => "nothing",
    };
    Ok(Answer { decision, reason, run: Some(run.run.to_string()) })
}

fn run_of(record: &KeyRecord) -> RunRecord {
    RunRecord {
        run: record.run(),
        key: record.key.clone(),
        epoch: record.epoch,
        direction: record.direction,
        noticed_at: record.noticed_at,
        grace_ends_at: record.grace_ends_at,
        ending: None,
        ended_at: None,
    }
}
