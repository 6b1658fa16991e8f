//! One EC2 server: its state, its tags, its units, and who has changed it.

use std::collections::BTreeMap;

use super::units::Unit;
use crate::executor::{HOUR, Millis};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Pending,
    Running,
    Stopping,
    Stopped,
    Terminated,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Terminated => "terminated",
        }
    }

    pub fn is_up(self) -> bool {
        matches!(self, Self::Pending | Self::Running)
    }
}

/// Who makes a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    Lockstep,
    User,
}

/// Whether these tags ask Lockstep to stop and start what carries them.
pub fn is_managed(tags: &BTreeMap<String, String>) -> bool {
    let is_excluded = tags.get("lockstep:exclude").is_some_and(|value| value == "true");
    tags.contains_key("lockstep:app") && !is_excluded
}

#[derive(Debug)]
pub struct Server {
    pub tags: BTreeMap<String, String>,
    /// ARNs of the keys that encrypt its volumes.
    pub volume_keys: Vec<String>,
    pub state: State,
    pub since: Millis,
    /// Counts its changes, so that a change that was overtaken does nothing.
    pub(super) generation: u64,
    /// Both status checks.
    pub is_checked: bool,
    pub is_online: bool,
    /// A command is being carried out.
    pub is_commanded: bool,
    /// When it was last running, checked and online.
    pub ready_at: Millis,
    /// When it last ceased to be stopped, and to be running with both checks passed.
    pub stopped_until: Millis,
    pub checked_until: Millis,
    pub units: BTreeMap<String, Unit>,
    /// Who stopped it while it was up; `None`: it was stopped when the seed began, or is up.
    pub stopped_by: Option<Actor>,
    /// When a user last changed it.
    pub touched_at: Option<Millis>,
}

impl Server {
    pub fn new(tags: BTreeMap<String, String>, volume_keys: Vec<String>, units: BTreeMap<String, Unit>) -> Self {
        Self {
            tags,
            volume_keys,
            state: State::Running,
            since: 0,
            generation: 0,
            is_checked: true,
            is_online: true,
            is_commanded: false,
            ready_at: 0,
            stopped_until: Millis::MIN,
            checked_until: Millis::MIN,
            units,
            stopped_by: None,
            touched_at: None,
        }
    }

    pub fn is_managed(&self) -> bool {
        is_managed(&self.tags)
    }

    /// The keys that it depends on: those of its volumes, and those that its tag declares.
    pub fn uses(&self) -> Vec<String> {
        let declared = self.tags.get("lockstep:key").into_iter().flat_map(|tag| tag.split(' ')).map(str::to_owned);
        let mut keys: Vec<String> = self.volume_keys.iter().cloned().chain(declared).collect();
        keys.sort();
        keys.dedup();
        keys
    }

    pub fn is_up_and_checked(&self) -> bool {
        self.state == State::Running && self.is_checked
    }

    /// EC2 does not know it any more.
    pub fn is_forgotten(&self, now: Millis) -> bool {
        self.state == State::Terminated && now - self.since > HOUR
    }

    pub fn is_ready(&self) -> bool {
        self.is_up_and_checked() && self.is_online
    }

    pub fn change(&mut self, state: State, now: Millis) -> u64 {
        self.note_ready(now);
        if self.state == State::Stopped {
            self.stopped_until = now;
        }
        if self.is_up_and_checked() {
            self.checked_until = now;
        }
        self.state = state;
        self.is_checked = false;
        self.since = now;
        self.generation += 1;
        self.generation
    }

    fn note_ready(&mut self, now: Millis) {
        if self.is_ready() {
            self.ready_at = now;
        }
    }

    pub fn set_online(&mut self, is_online: bool, now: Millis) {
        self.note_ready(now);
        self.is_online = is_online;
    }

    /// Whether it was ready at some time since `then`.
    pub fn was_ready_since(&self, then: Millis) -> bool {
        self.is_ready() || self.ready_at >= then
    }
}
