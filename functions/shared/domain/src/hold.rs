//! A hold: the record that we stopped a server because of a key, with what it was before.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::app::AppName;
use crate::key::KeyArn;
use crate::run::RunName;
use crate::server::{ServerId, ServerState};
use crate::unit::{UnitName, UnitState};

/// The ledger's record of a hold (`HOLD#<server>` / `HOLD`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub server: ServerId,
    pub app: AppName,
    /// Every key that holds the server down; it may start when the last of them is on again.
    pub keys: BTreeSet<KeyArn>,
    /// The units of the server in start order, as its tag named them when the hold was opened.
    pub units: Vec<UnitName>,
    /// What each unit was before we asked it to stop; written once per unit.
    #[serde(default)]
    pub unit_priors: BTreeMap<UnitName, UnitState>,
    /// The server's state before we touched it; written once.
    pub prior: ServerState,
    pub own: Own,
    /// The run that opened the hold.
    pub run: RunName,
    pub opened_at: Timestamp,
}

/// How sure we are that the server is down because of us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Own {
    /// Units may have been stopped; the server itself was not asked to stop.
    Services,
    /// `StopInstances` is about to be called, or its answer was lost.
    Intent,
    /// `StopInstances` answered that the server was running before.
    Stopped,
    /// `StopInstances` answered that somebody else had stopped it before.
    NotOurs,
    /// `StartInstances` is about to be called, or the server is on its way up.
    Starting,
}

impl Hold {
    pub fn open(seen: &HoldSeed, key: &KeyArn, run: &RunName, now: Timestamp) -> Self {
        Self {
            server: seen.server.clone(),
            app: seen.app.clone(),
            keys: BTreeSet::from([key.clone()]),
            units: seen.units.clone(),
            unit_priors: BTreeMap::new(),
            prior: seen.state,
            own: Own::Services,
            run: run.clone(),
            opened_at: now,
        }
    }

    /// Only what is proven ours may be started: we stopped it, and it ran before.
    pub fn is_ours_to_start(&self) -> bool {
        self.prior == ServerState::Running && matches!(self.own, Own::Stopped | Own::Starting)
    }

    /// Units that were active before we stopped them, in start order.
    pub fn units_to_start(&self) -> Vec<UnitName> {
        let was_active = |unit: &&UnitName| self.unit_priors.get(*unit) == Some(&UnitState::Active);
        self.units.iter().filter(was_active).cloned().collect()
    }

    /// Notes what a unit was before; the first note stays.
    pub fn note_prior(&mut self, unit: &UnitName, before: UnitState) {
        self.unit_priors.entry(unit.clone()).or_insert(before);
    }
}

/// What a hold is opened from.
#[derive(Debug, Clone)]
pub struct HoldSeed {
    pub server: ServerId,
    pub app: AppName,
    pub units: Vec<UnitName>,
    pub state: ServerState,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hold(prior: ServerState, own: Own) -> Hold {
        let seed = HoldSeed {
            server: ServerId::parse("i-1").unwrap(),
            app: AppName::parse("orders").unwrap(),
            units: vec![UnitName::parse("b.service").unwrap(), UnitName::parse("a.service").unwrap()],
            state: prior,
        };
        let key = KeyArn::parse("arn:aws:kms:eu-west-1:111122223333:key/1").unwrap();
        let run = RunName::new(&key, 1, crate::run::Direction::Shutdown, 1);
        Hold { own, ..Hold::open(&seed, &key, &run, Timestamp::UNIX_EPOCH) }
    }

    #[test]
    fn only_a_running_server_that_we_stopped_is_ours_to_start() {
        assert!(hold(ServerState::Running, Own::Stopped).is_ours_to_start());
        assert!(!hold(ServerState::Stopped, Own::Stopped).is_ours_to_start());
        assert!(!hold(ServerState::Running, Own::Intent).is_ours_to_start());
        assert!(!hold(ServerState::Running, Own::Services).is_ours_to_start());
    }

    #[test]
    fn a_prior_state_is_written_once() {
        let mut hold = hold(ServerState::Running, Own::Stopped);
        let unit = hold.units[0].clone();
        hold.note_prior(&unit, UnitState::Active);
        hold.note_prior(&unit, UnitState::Inactive);
        assert_eq!(hold.units_to_start(), [unit]);
    }
}
