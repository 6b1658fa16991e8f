//! Auto Scaling groups: a member that does not run is terminated, unless what does so is suspended.

use std::collections::{BTreeMap, BTreeSet};

use super::{Actor, Server, State, terminate};
use crate::executor::{MINUTE, Millis, SECOND, now, sleep, spawn};
use crate::world::{World, with};

/// What the id of a group begins with, as in the ledger.
pub const GROUP: &str = "group:";
/// EC2's tag of a member.
const MEMBER_OF: &str = "aws:autoscaling:groupName";
/// Without any of these nothing is terminated.
const REPLACES: [&str; 3] = ["HealthCheck", "ReplaceUnhealthy", "Terminate"];
/// How long after a member went down it is terminated.
const REPLACED_AFTER: Millis = 2 * MINUTE;

/// By name.
pub type Groups = BTreeMap<String, Group>;

#[derive(Debug, Default)]
pub struct Group {
    pub tags: BTreeMap<String, String>,
    pub suspended: BTreeSet<String>,
    /// What was suspended when the seed began.
    pub before: BTreeSet<String>,
}

impl Group {
    pub fn new(tags: BTreeMap<String, String>, suspended: BTreeSet<String>) -> Self {
        Self { tags, before: suspended.clone(), suspended }
    }

    pub fn replaces(&self) -> bool {
        REPLACES.iter().all(|name| !self.suspended.contains(*name))
    }
}

impl Server {
    /// The name of the group that it is a member of.
    pub fn group(&self) -> Option<&String> {
        self.tags.get(MEMBER_OF)
    }

    pub fn join(&mut self, group: &str) {
        self.tags.insert(MEMBER_OF.to_owned(), group.to_owned());
    }
}

/// The members of a group that still exist.
pub fn members<'a>(world: &'a World, group: &str) -> impl Iterator<Item = (&'a String, &'a Server)> {
    let of =
        move |server: &Server| server.state != State::Terminated && server.group().is_some_and(|name| name == group);
    world.fleet.iter().filter(move |(_, server)| of(server))
}

/// A server went down: its group will find out.
pub fn check_soon(world: &World, id: &str) {
    if world.fleet.get(id).is_none_or(|server| server.group().is_none()) {
        return;
    }
    let id = id.to_owned();
    spawn(async move {
        sleep(REPLACED_AFTER).await;
        with(|world| check(world, &id));
    });
}

/// SuspendProcesses.
pub fn suspend(world: &mut World, group: &str, names: &[String]) {
    if let Some(group) = world.groups.get_mut(group) {
        group.suspended.extend(names.iter().cloned());
    }
}

/// ResumeProcesses: nothing waits, so what is down is found at once.
pub fn resume(world: &mut World, group: &str, names: &[String]) {
    let Some(found) = world.groups.get_mut(group) else { return };
    found.suspended.retain(|name| !names.contains(name));
    let ids: Vec<String> = members(world, group).map(|(id, _)| id.clone()).collect();
    ids.iter().for_each(|id| check(world, id));
}

fn check(world: &mut World, id: &str) {
    let Some(server) = world.fleet.get(id) else { return };
    let is_down = matches!(server.state, State::Stopping | State::Stopped);
    let replaces = server.group().and_then(|name| world.groups.get(name)).is_some_and(Group::replaces);
    if !is_down || !replaces {
        return;
    }
    // What a user stops under a group at work is the user's to lose.
    let is_theirs = server.stopped_by == Some(Actor::User) && now() - server.since <= REPLACED_AFTER + SECOND;
    if !is_theirs {
        world.violate("S22 nothing is replaced", &format!("{id} was down, and its group has terminated it"));
    }
    world.note(|| format!("{id} is terminated by its group"));
    terminate(world, id);
}
