//! The laws of `invariants.md`, judged from what is really so: nothing of production decides here.

pub mod calls;
pub mod end;
pub mod fleet;
pub mod groups;
pub mod ledger;
pub mod looks;
pub mod mails;
pub mod servers;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::executor::{MINUTE, Millis};
use crate::world::World;

/// `GracePeriodMinutes`.
pub const GRACE: Millis = 10 * MINUTE;

/// What DescribeKey showed of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    On,
    Off,
    Unknown,
}

/// What `confirm-batch` last told a child execution to do, and what that rests on.
#[derive(Debug, Clone)]
pub struct Confirmation {
    pub run: String,
    pub key: String,
    pub looked_at: Millis,
    pub look: Look,
    /// The version of each server's hold when it was told.
    pub versions: BTreeMap<String, i64>,
}

/// What the oracle remembers of a seed.
#[derive(Debug, Default)]
pub struct Oracle {
    /// When an invocation that came to its end had last seen a key on: the look, and the end.
    seen_on: BTreeMap<String, Vec<(Millis, Millis)>>,
    /// When the look was made that opened an epoch, by `<key>#<epoch>`.
    noticed: BTreeMap<String, Millis>,
    /// When a key's record was last changed.
    key_changed: BTreeMap<String, Millis>,
    /// By child execution.
    confirmations: BTreeMap<u64, Confirmation>,
    /// When an answer last showed a server up.
    seen_up: BTreeMap<String, Millis>,
    /// When StopInstances last took a server down for Lockstep.
    our_stop: BTreeMap<String, Millis>,
    /// When the startups of a key first started a server: the epoch's run without its attempt, and when.
    startups: BTreeMap<String, Vec<(String, Millis)>>,
    /// Copies of a mail by (id, subject, recipient), and when the last was accepted.
    copies: BTreeMap<(String, String, String), (u32, Millis)>,
    /// Calls that change the fleet, and mails.
    pub acts: u64,
}

/// The name of the newest run of a key's record, in plain JSON.
pub fn newest_run(record: &Value) -> String {
    let id = record["key"].as_str().and_then(|arn| arn.rsplit('/').next()).unwrap_or_default();
    let (epoch, attempt) = (record["epoch"].as_i64().unwrap_or(-1), record["attempt"].as_i64().unwrap_or(-1));
    format!("{id}-{epoch}-{}-{attempt}", record["direction"].as_str().unwrap_or_default())
}

/// A run's name without its attempt.
pub fn of_epoch(run: &str) -> &str {
    run.rsplit_once('-').map_or(run, |(epoch, _)| epoch)
}

/// The epoch that a run is for.
pub fn epoch(run: &str) -> i64 {
    let mut parts = run.rsplit('-');
    parts.nth(2).and_then(|epoch| epoch.parse().ok()).unwrap_or(-1)
}

impl World {
    /// How much longer than usual things may have taken since `then`, for tries again after faults.
    pub fn delays(&self, then: Millis) -> Millis {
        4_000 * self.faults.since(then) as Millis
    }

    pub fn key_record(&self, arn: &str) -> Option<Value> {
        self.table.plain(&format!("KEY#{arn}"), "KEY")
    }

    pub fn hold(&self, server: &str) -> Option<Value> {
        self.table.plain(&format!("HOLD#{server}"), "HOLD")
    }

    pub fn planned(&self, run: &str, server: &str) -> Option<Value> {
        self.table.plain(&format!("RUN#{run}"), &format!("RESOURCE#{server}"))
    }
}
