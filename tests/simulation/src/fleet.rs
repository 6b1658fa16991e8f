//! EC2 servers: what they are, who stopped them, and how long their changes take.

pub mod commands;
pub mod units;

use std::collections::BTreeMap;

use crate::executor::{HOUR, Millis, SECOND, now, sleep, spawn};
use crate::faults::Fault;
use crate::world::{World, with};
use units::Unit;

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

#[derive(Debug)]
pub struct Server {
    pub tags: BTreeMap<String, String>,
    /// ARNs of the keys that encrypt its volumes.
    pub volume_keys: Vec<String>,
    pub state: State,
    pub since: Millis,
    /// Counts its changes, so that a change that was overtaken does nothing.
    generation: u64,
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
        self.tags.contains_key("lockstep:app") && !self.is_excluded()
    }

    pub fn is_excluded(&self) -> bool {
        self.tags.get("lockstep:exclude").is_some_and(|value| value == "true")
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

/// Servers by their id.
pub type Fleet = BTreeMap<String, Server>;

/// StopInstances for one server; returns the state before.
pub fn stop(world: &mut World, id: &str, actor: Actor) -> Option<State> {
    let takes = world.random.i64(20..=90) * SECOND;
    let server = world.fleet.get_mut(id)?;
    let before = server.state;
    if before.is_up() {
        let generation = server.change(State::Stopping, now());
        server.stopped_by = Some(actor);
        server.is_online = false;
        server.units.values_mut().for_each(|unit| unit.goes_down());
        later(id, generation, takes, move |world, id| {
            world.fleet.get_mut(&id).map(|server| server.change(State::Stopped, now()));
            world.note(|| format!("{id} is stopped"));
        });
    }
    if actor == Actor::User {
        server_touched(world, id);
    }
    Some(before)
}

fn server_touched(world: &mut World, id: &str) {
    if let Some(server) = world.fleet.get_mut(id) {
        server.touched_at = Some(now());
    }
}

/// StartInstances for one server; the error is that of EC2.
pub fn start(world: &mut World, id: &str, actor: Actor) -> Result<State, String> {
    let takes = world.random.i64(5..=20) * SECOND;
    let server = world.fleet.get_mut(id).ok_or_else(|| format!("The instance ID '{id}' does not exist"))?;
    let before = server.state;
    match before {
        State::Stopping => return Err(format!("The instance '{id}' is not in a state from which it can be started.")),
        State::Terminated => {
            return Err(format!("The instance '{id}' is not in a state from which it can be started."));
        }
        State::Pending | State::Running => {}
        State::Stopped => {
            let generation = server.change(State::Pending, now());
            later(id, generation, takes, boot);
        }
    }
    if actor == Actor::User {
        server_touched(world, id);
    }
    Ok(before)
}

/// TerminateInstances by its owner: it is shown for an hour, and then EC2 knows it no more.
pub fn terminate(world: &mut World, id: &str) {
    if let Some(server) = world.fleet.get_mut(id) {
        server.change(State::Terminated, now());
        server.is_online = false;
        server.units.values_mut().for_each(Unit::goes_down);
    }
    server_touched(world, id);
}

/// The end of `pending`: a server whose volumes cannot be decrypted goes back to stopped.
fn boot(world: &mut World, id: String) {
    let has_no_capacity = world.roll(&[Fault::StartHasNoCapacity]).is_some();
    let (checks, agent) = (world.random.i64(60..=180), world.random.i64(10..=120));
    let Some(server) = world.fleet.get_mut(&id) else { return };
    let can_decrypt = server.volume_keys.iter().all(|arn| world.keys.get(arn).is_none_or(|key| key.is_on()));
    if !can_decrypt || has_no_capacity {
        server.change(State::Stopped, now());
        return world.note(|| format!("{id} goes back to stopped"));
    }
    let generation = server.change(State::Running, now());
    server.stopped_by = None;
    later(&id, generation, checks * SECOND, |world, id| {
        if let Some(server) = world.fleet.get_mut(&id) {
            server.is_checked = true;
        }
    });
    later(&id, generation, agent * SECOND, |world, id| {
        if let Some(server) = world.fleet.get_mut(&id) {
            server.set_online(true, now());
        }
    });
    world.note(|| format!("{id} is running"));
}

/// Does something to a server after a while, unless it has changed meanwhile.
fn later(id: &str, generation: u64, after: Millis, change: impl FnOnce(&mut World, String) + 'static) {
    let id = id.to_owned();
    spawn(async move {
        sleep(after).await;
        with(|world| {
            if world.fleet.get(&id).is_some_and(|server| server.generation == generation) {
                change(world, id);
            }
        });
    });
}
