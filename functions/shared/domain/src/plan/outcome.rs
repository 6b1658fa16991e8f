//! What came of an action; `crate::outcome` says what the answers of AWS prove.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::PlannedResource;
use crate::batch::Step;
use crate::text::shortened;

/// What came of an action on a resource or its units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Outcome {
    /// It reached the state that was asked for, and was seen in it.
    Done,
    /// It did not, and will not in this run.
    NotDone { reason: String },
}

impl Outcome {
    pub fn not_done(reason: impl Into<String>) -> Self {
        Self::NotDone { reason: shortened(&reason.into(), 500) }
    }
}

/// When the outcomes of a resource were written; the run's times come from it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettledAt {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub services: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Timestamp>,
}

impl SettledAt {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl PlannedResource {
    /// The resource with the outcome of a step; an outcome is written once.
    pub fn settled(mut self, step: Step, outcome: Outcome, at: Timestamp) -> Self {
        let (slot, when) = match step.is_about_units() {
            true => (&mut self.services, &mut self.settled_at.services),
            false => (&mut self.outcome, &mut self.settled_at.outcome),
        };
        if slot.is_none() {
            (*slot, *when) = (Some(outcome), Some(at));
        }
        self
    }
}
