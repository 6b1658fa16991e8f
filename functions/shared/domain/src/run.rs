//! One execution of a workflow: its direction, its name, its record and its ending.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::key::KeyArn;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Shutdown,
    Startup,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shutdown => "shutdown",
            Self::Startup => "startup",
        })
    }
}

/// `<key id>-<epoch>-<shutdown|startup>-<attempt>`: at most 80 characters, as Step Functions demands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunName(String);

impl RunName {
    pub fn new(key: &KeyArn, epoch: u64, direction: Direction, attempt: u32) -> Self {
        Self(format!("{}-{epoch}-{direction}-{attempt}", key.id()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What every step of a run is told; also the whole input of an execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRef {
    pub run: RunName,
    pub key: KeyArn,
    pub epoch: u64,
}

/// The ledger's record of a run (`RUN#<run>` / `RUN`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    pub run: RunName,
    pub key: KeyArn,
    pub epoch: u64,
    pub direction: Direction,
    pub noticed_at: Timestamp,
    pub grace_ends_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// What a startup finds of the shutdown before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// It waits out its grace and has touched nothing: it is cancelled.
    InGrace,
    /// It may still be acting.
    Acting,
    /// It has ended, or never was, or had `patience` to end.
    LetGo,
}

pub fn before_startup(before: Option<&RunRecord>, own: &RunRecord, now: Timestamp, patience: SignedDuration) -> Before {
    match before {
        Some(before) if before.ending.is_none() && own.noticed_at < before.grace_ends_at => Before::InGrace,
        Some(before) if before.ending.is_none() && now < own.noticed_at + patience => Before::Acting,
        _ => Before::LetGo,
    }
}

/// How a run can end; also in its mail, metric and event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    ShutdownComplete,
    ShutdownCancelled,
    ShutdownSuperseded,
    ShutdownIncomplete,
    StartupComplete,
    StartupIncomplete,
    StartupSuperseded,
    NothingToDo,
}
