//! EC2 servers and RDS DB instances: how they are stopped, started and deleted, and how long that takes.

pub mod commands;
pub mod groups;
pub mod server;
pub mod units;

use std::collections::BTreeMap;

use crate::executor::{Millis, SECOND, now, sleep, spawn};
use crate::faults::Fault;
use crate::world::{World, with};
pub use server::{Actor, Server, State};
use units::Unit;

/// What the id of a DB instance begins with, as in the ledger.
pub const DATABASE: &str = "db:";

/// Servers and DB instances by their id; a DB instance is a server without units, checks and agent.
pub type Fleet = BTreeMap<String, Server>;

/// StopInstances for one server; returns the state before.
pub fn stop(world: &mut World, id: &str, actor: Actor) -> Option<State> {
    let takes = if is_database(id) { world.random.i64(120..=600) } else { world.random.i64(20..=90) } * SECOND;
    let server = world.fleet.get_mut(id)?;
    let before = server.state;
    // RDS stops only what is available.
    if before.is_up() && !(is_database(id) && before == State::Pending) {
        let generation = server.change(State::Stopping, now());
        server.stopped_by = Some(actor);
        server.is_online = is_database(id);
        server.units.values_mut().for_each(|unit| unit.goes_down());
        groups::check_soon(world, id);
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
    let takes = if is_database(id) { world.random.i64(120..=900) } else { world.random.i64(5..=20) } * SECOND;
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
    let can_decrypt = can_decrypt(world, &id);
    let Some(server) = world.fleet.get_mut(&id) else { return };
    if !can_decrypt || has_no_capacity {
        server.change(State::Stopped, now());
        return world.note(|| format!("{id} goes back to stopped"));
    }
    let generation = server.change(State::Running, now());
    server.stopped_by = None;
    if is_database(&id) {
        server.is_checked = true;
        return world.note(|| format!("{id} is available"));
    }
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

/// Whether all of its keys are on.
pub fn can_decrypt(world: &World, id: &str) -> bool {
    let keys = world.fleet.get(id).map_or(&[][..], |server| &server.volume_keys);
    keys.iter().all(|arn| world.keys.get(arn).is_none_or(|key| key.is_on()))
}

pub fn is_database(id: &str) -> bool {
    id.starts_with(DATABASE)
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
