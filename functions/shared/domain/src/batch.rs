//! What may be done to a batch right now: asked again before every call that changes something.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::epoch::KeyRecord;
use crate::error::Refusal;
use crate::key::KeyLook;
use crate::plan::Batch;
use crate::run::{Direction, RunRef};

mod decide;
mod step;
mod tier;

pub(crate) use decide::held;
pub use decide::{Act, decide};
pub use step::Step;
pub use tier::Tier;

/// `WhenAServiceWillNotStop`: whether its server is stopped all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StuckPolicy {
    Proceed,
    Hold,
}

/// One batch of a run and what is done to it; the batch's members are in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchRef {
    #[serde(flatten)]
    pub of: RunRef,
    #[serde(deserialize_with = "batch_name")]
    pub batch: String,
    pub step: Step,
}

/// Such as `servers#0001`.
fn batch_name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let name = String::deserialize(from)?;
    let is_plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_#".contains(&b));
    if is_plain && (1..=64).contains(&name.len()) {
        return Ok(name);
    }
    let remedy = "hand on the name that plan-shutdown or plan-startup gave";
    Err(D::Error::custom(Refusal::new("bad_batch_name", "batch", name, remedy)))
}

impl BatchRef {
    pub fn all(run: &RunRef, step: Step, batches: Vec<(String, Batch)>) -> Vec<Self> {
        batches.into_iter().map(|(batch, _)| Self { of: run.clone(), batch, step }).collect()
    }
}

/// A batch of one guard; the workflow looks at it before it asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GuardRef {
    #[serde(flatten)]
    pub batch: BatchRef,
    /// What AWS calls it.
    pub name: String,
}

impl GuardRef {
    /// Batches of one kind with their names.
    pub fn all(run: &RunRef, step: Step, batches: Vec<(String, Batch)>) -> Vec<Self> {
        let of = |(batch, members): (String, Batch)| {
            let name = members.resources.first()?.name().to_owned();
            Some(Self { batch: BatchRef { of: run.clone(), batch, step }, name })
        };
        batches.into_iter().filter_map(of).collect()
    }
}

/// Whether a run may act at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmation {
    Go,
    /// Another change of the key came after the one this run is for: it stops acting at once.
    Superseded {
        reason: String,
    },
    /// The key's state could not be learned: neither a reason to act nor to give up yet.
    Unknown {
        reason: String,
    },
}

/// Why a run may act no more, whatever the key is now.
pub fn overtaken(run: &RunRef, record: Option<&KeyRecord>) -> Option<String> {
    match record {
        None => Some("the key is no longer watched".to_owned()),
        Some(record) if record.run() != run.run => Some(format!("run {} has begun", record.run())),
        Some(record) if record.paused => Some("an operator has paused the key".to_owned()),
        Some(record) if record.was_paused_since() => Some("an operator had paused the key".to_owned()),
        Some(_) => None,
    }
}

/// Compares the run with the newest epoch and a fresh look at the key.
pub fn confirm(direction: Direction, run: &RunRef, record: Option<&KeyRecord>, look: &KeyLook) -> Confirmation {
    let superseded = |reason: String| Confirmation::Superseded { reason };
    if let Some(reason) = overtaken(run, record) {
        return superseded(reason);
    }
    match (direction, look) {
        (_, KeyLook::Unknown { reason }) => Confirmation::Unknown { reason: reason.clone() },
        (Direction::Shutdown, KeyLook::Off { .. }) | (Direction::Startup, KeyLook::On) => Confirmation::Go,
        (Direction::Shutdown, KeyLook::On) => superseded("the key is enabled again".to_owned()),
        (Direction::Startup, KeyLook::Off { state }) => superseded(format!("the key is {state} again")),
    }
}

#[cfg(test)]
mod tests;
