//! One row of a look: the state of a resource, in the words of its kind.

use serde::Deserialize;

use super::State;
use crate::container::{self, Counts};
use crate::scaling::{self, Suspended};

/// The fields of one row of a look that the workflow hands on.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "Row")]
pub struct StatusRow {
    /// What AWS calls it.
    pub name: String,
    pub state: State,
    /// EC2's checks: `ok`, `initializing`, `impaired`, `insufficient-data` or `not-applicable`.
    pub system: Option<String>,
    pub instance: Option<String>,
}

/// The same as it comes: with a state, with what is suspended, or with counts of tasks.
#[derive(Debug, Deserialize)]
struct Row {
    name: String,
    #[serde(flatten)]
    shown: Shown,
    #[serde(default)]
    system: Option<String>,
    #[serde(default)]
    instance: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Shown {
    State { state: State },
    Scaling { suspended: Suspended },
    Tasks(Counts),
}

impl From<Row> for StatusRow {
    fn from(row: Row) -> Self {
        let state = match row.shown {
            Shown::State { state } => state,
            Shown::Scaling { suspended } => scaling::state(&suspended.into()),
            Shown::Tasks(counts) => container::state(&counts),
        };
        Self { name: row.name, state, system: row.system, instance: row.instance }
    }
}
