//! What calls answered, and how they failed.

use serde::Deserialize;

use crate::refusal::CallRefusal;
use crate::resource::State;

/// What came of one call.
#[derive(Debug, Clone, Deserialize)]
pub struct PartAnswer {
    /// What it was made for, as AWS calls them.
    pub names: Vec<String>,
    /// What it answered, if it did.
    #[serde(default)]
    pub answers: Vec<CallAnswer>,
    /// How it failed, if it did: for all of them, if only one is at fault.
    #[serde(default)]
    pub refused: Option<CallRefusal>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct CallAnswer {
    pub name: String,
    #[serde(default)]
    pub before: Option<State>,
    /// Of an ECS service: how many tasks were wanted right before the call.
    #[serde(default)]
    pub count: Option<u32>,
}

impl CallAnswer {
    pub(super) fn before(&self) -> Option<State> {
        let by_count = |count: u32| if count > 0 { State::Running } else { State::Stopped };
        self.before.or(self.count.map(by_count))
    }
}

impl PartAnswer {
    /// Its two halves, if it was refused and one of several may be at fault.
    pub(super) fn halves(&self) -> Option<[&[String]; 2]> {
        let is_at_fault = self.refused.as_ref().is_some_and(|refusal| refusal.meaning().is_of_one());
        let (first, second) = self.names.split_at(self.names.len() / 2);
        (is_at_fault && !first.is_empty()).then_some([first, second])
    }
}
