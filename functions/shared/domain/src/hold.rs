//! A hold: the record that we stopped a resource because of a key, with what it was before.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::app::AppName;
use crate::key::KeyArn;
use crate::refusal::Meaning;
use crate::resource::{ResourceId, Settings, State};
use crate::run::RunName;
use crate::unit::{UnitName, UnitState};

/// EC2's answers are consistent within seconds, mostly.
const OLD_ANSWER: SignedDuration = SignedDuration::from_mins(10);

/// The ledger's record of a hold (`HOLD#<resource>` / `HOLD`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub id: ResourceId,
    /// The `Name` tag when the hold was opened, cleaned; empty if there was none.
    #[serde(default)]
    pub name: String,
    pub app: AppName,
    /// Every key that holds it down; it may start when the last of them is on again.
    pub keys: BTreeSet<KeyArn>,
    /// The units of the server in start order, as its tag named them when the hold was opened.
    pub units: Vec<UnitName>,
    /// Units start from the lowest tier to the highest and stop in reverse; as the tag said when the hold was opened.
    #[serde(default)]
    pub tier: i32,
    /// What each unit was before we asked it to stop; written once per unit.
    #[serde(default)]
    pub unit_priors: BTreeMap<UnitName, UnitState>,
    /// What would undo the stop, and starts only after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<ResourceId>,
    /// Its state before we touched it; written once, and so are its settings.
    pub prior: State,
    #[serde(default)]
    pub settings: Settings,
    pub own: Own,
    /// How sure we were before `own` became an intent.
    #[serde(default)]
    pub was: Own,
    /// The run that acted on it last.
    pub run: RunName,
    pub opened_at: Timestamp,
    /// When the newest call that stops it was about to be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<Timestamp>,
    /// Counts the writes of this row; one that would overwrite what was not read is refused. 0: not written yet.
    #[serde(default)]
    pub version: u64,
}

/// How sure we are that a resource is down because of us.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Own {
    /// Units may have been stopped; the resource itself was not asked to stop.
    #[default]
    Services,
    /// The call that stops it is about to be made, or its answer was lost.
    Intent,
    /// The call answered that it was running before.
    Stopped,
    /// The call answered that somebody else had stopped it before.
    NotOurs,
    /// The call that starts it is about to be made, or it is on its way up; once it was seen up: `Services`.
    Starting,
}

impl Own {
    /// It is proven that we stopped it while it ran.
    pub fn is_proven(self) -> bool {
        matches!(self, Self::Stopped | Self::Starting)
    }
}

impl Hold {
    pub fn open(seen: &HoldSeed, key: &KeyArn, run: &RunName, now: Timestamp) -> Self {
        Self {
            id: seen.id.clone(),
            name: seen.name.clone(),
            app: seen.app.clone(),
            keys: BTreeSet::from([key.clone()]),
            units: seen.units.clone(),
            tier: seen.tier,
            unit_priors: BTreeMap::new(),
            guard: seen.guard.clone(),
            prior: seen.state,
            settings: seen.settings.clone(),
            own: Own::Services,
            was: Own::Services,
            run: run.clone(),
            opened_at: now,
            asked_at: None,
            version: 0,
        }
    }

    /// Only what is proven ours may be started: we stopped it, and it ran before.
    pub fn is_ours_to_start(&self) -> bool {
        self.prior.is_up() && (self.own.is_proven() || (self.own == Own::Intent && self.is_sure_of_intent()))
    }

    /// Seen up at `now`, it was started by somebody else, or by us: what is down after this is no longer our doing. A
    /// look so soon after our stop may be an old answer.
    pub fn is_up_again(&self, now: Timestamp) -> bool {
        let is_old = self.asked_at.is_none_or(|asked_at| now >= asked_at + OLD_ANSWER);
        self.own == Own::Starting || (self.own == Own::Stopped && is_old)
    }

    /// We may have stopped it, and nothing proves it.
    pub fn is_in_doubt(&self) -> bool {
        self.own == Own::Intent && !self.is_sure_of_intent()
    }

    /// An intent is as good as a proof if it was ours before; or of a guard, which was seen at work a moment before, and
    /// which nobody may find suspended for good because an answer was lost.
    fn is_sure_of_intent(&self) -> bool {
        self.was.is_proven() || self.id.kind().is_guard()
    }

    pub fn is_held_by_another_than(&self, key: &KeyArn) -> bool {
        self.keys.iter().any(|other| other != key)
    }

    /// Units that were active before we stopped them, in start order.
    pub fn units_to_start(&self) -> Vec<UnitName> {
        let was_active = |unit: &&UnitName| self.unit_priors.get(*unit) == Some(&UnitState::Active);
        self.units.iter().filter(was_active).cloned().collect()
    }

    /// Units that no answer told of, in start order: they may have been asked to stop, or not, and active before, or not.
    pub fn units_untold(&self) -> Vec<UnitName> {
        self.units.iter().filter(|unit| !self.unit_priors.contains_key(*unit)).cloned().collect()
    }

    /// One more key holds it down; its prior state stays.
    pub fn joined_by(mut self, key: &KeyArn) -> Self {
        self.keys.insert(key.clone());
        self
    }

    /// The key no longer holds it down.
    pub fn released_by(mut self, key: &KeyArn) -> Self {
        self.keys.remove(key);
        self
    }

    /// It no longer exists: no key holds it any more.
    pub fn of_gone(mut self) -> Self {
        self.keys.clear();
        self
    }

    /// Written before the call that stops it: from now on it may be down because of us.
    pub fn intend_to_stop(&mut self, run: &RunName, now: Timestamp) {
        if self.own != Own::Intent || !self.was.is_proven() {
            self.was = self.own;
        }
        self.own = Own::Intent;
        self.asked_at = Some(now);
        self.run = run.clone();
    }

    /// What the answer to that call proves, by the state before it.
    ///
    /// What was down already is ours only if that was proven before; after a call without an answer
    /// nothing is proven, and it stays in doubt. So does one that ran a moment ago and was on its way down: the same
    /// call may have been carried out twice.
    pub fn note_answer(&mut self, before: State) {
        let ran = self.prior.is_up();
        self.own = match (before, self.was) {
            (State::Running | State::Pending, _) => Own::Stopped,
            (State::Stopping, Own::Services) if ran => Own::Intent,
            (_, Own::Services) => Own::NotOurs,
            (_, was) => was,
        };
    }

    /// Notes how many tasks were wanted right before they were asked to end; what was noted at an earlier stop stays.
    pub fn note_count(&mut self, count: Option<u32>) {
        if self.own == Own::Stopped && self.was == Own::Services {
            self.settings.count = count.or(self.settings.count);
        }
    }

    /// What a call that failed proves.
    pub fn note_refusal(&mut self, meaning: Meaning) {
        match meaning {
            Meaning::AnswerLost if self.was.is_proven() => {}
            Meaning::AnswerLost => self.was = Own::Intent,
            Meaning::Passing | Meaning::NoCapacity | Meaning::Refused => self.own = self.was,
            // Our own call may have been carried out before this one; what it is tells.
            Meaning::WrongState => {}
        }
    }

    /// Notes what a unit was before; the first note stays.
    pub fn note_prior(&mut self, unit: &UnitName, before: UnitState) {
        self.unit_priors.entry(unit.clone()).or_insert(before);
    }
}

/// What a hold is opened from.
#[derive(Debug, Clone)]
pub struct HoldSeed {
    pub id: ResourceId,
    pub name: String,
    pub app: AppName,
    pub units: Vec<UnitName>,
    pub tier: i32,
    pub guard: Option<ResourceId>,
    pub state: State,
    pub settings: Settings,
}

#[cfg(test)]
mod tests;
