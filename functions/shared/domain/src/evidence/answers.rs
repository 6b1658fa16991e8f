//! What calls answered, and how they failed.

use serde::Deserialize;

use crate::refusal::{CallRefusal, Meaning};
use crate::resource::State;

/// A throttled call for so few is made for all of them: each call takes a token of its own.
const SMALLEST_SHARE: usize = 10;

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
    /// Whether one of several may be why it was refused.
    pub(super) fn is_of_one_among_many(&self) -> bool {
        self.names.len() > 1 && self.refused.as_ref().is_some_and(|refusal| refusal.meaning().is_of_one())
    }

    pub(super) fn is_made_again(&self) -> bool {
        !self.again(false).is_empty()
    }

    /// The parts in which it is made again: two halves if one of several is at fault, or if it is throttled for long and
    /// still large; none if it is not made again.
    pub(super) fn again(&self, is_starved: bool) -> Vec<&[String]> {
        let Some(refusal) = &self.refused else { return Vec::new() };
        let meaning = refusal.meaning();
        let is_too_large = meaning == Meaning::Passing && is_starved && self.names.len() > SMALLEST_SHARE;
        let (first, second) = self.names.split_at(self.names.len() / 2);
        match meaning {
            _ if self.is_of_one_among_many() || is_too_large => vec![first, second],
            Meaning::Passing | Meaning::AnswerLost => vec![&self.names],
            Meaning::Refused | Meaning::WrongState | Meaning::NoCapacity => Vec::new(),
        }
    }
}
