//! What came of an action; `crate::outcome` says what the answers of AWS prove.

use serde::{Deserialize, Serialize};

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
