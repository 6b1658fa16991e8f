//! A random small world: keys, servers on one or two of them, databases on one, a group, units, tags, and what is stopped
//! already.

use std::collections::BTreeMap;

use crate::executor::{HOUR, MINUTE, Millis};
use crate::fleet::groups::Group;
use crate::fleet::units::Unit;
use crate::fleet::{DATABASE, Server, State, is_database};
use crate::keys::{Key, Keys, arn};
use crate::world::World;

/// How long the world is left alone at the end of a seed.
pub const QUIET: Millis = 4 * HOUR;

/// What the drivers of a seed go by.
#[derive(Debug, Clone)]
pub struct Scenario {
    pub sweep_every: Millis,
    /// When faults cease and keys are left as they are.
    pub quiet_from: Millis,
    pub ends_at: Millis,
}

/// Fills the world; the drivers' scenario comes back.
pub fn begin(world: &mut World, hours: i64) -> Scenario {
    let random = &mut world.random;
    let keys: Keys = (1..=random.usize(2..=3))
        .map(|number| (arn(number), Key { state: "Enabled", history: vec![(0, true)] }))
        .collect();
    let arns: Vec<String> = keys.keys().cloned().collect();
    for number in 1..=random.usize(2..=6) {
        world.fleet.insert(format!("i-0{number}"), server(random, &arns, number));
    }
    for number in 1..=random.usize(..=2) {
        world.fleet.insert(format!("{DATABASE}data{number}"), database(random, &arns));
    }
    if random.u8(..3) == 0 {
        let (name, members) = ("shop", random.usize(1..=2));
        let servers = world.fleet.iter_mut().filter(|(id, server)| !is_database(id) && server.state == State::Running);
        servers.take(members).for_each(|(_, server)| server.join(name));
        world.groups.insert(name.to_owned(), group(random));
    }
    world.keys = keys;
    let sweep_every = if random.bool() { 5 * MINUTE } else { 15 * MINUTE };
    let ends_at = hours * HOUR;
    Scenario { sweep_every, quiet_from: (ends_at - QUIET).max(ends_at / 2), ends_at }
}

/// Mostly ours to suspend, and mostly at work.
fn group(random: &mut fastrand::Rng) -> Group {
    let mut tags = BTreeMap::new();
    if random.u8(..10) < 9 {
        tags.insert("lockstep:app".to_owned(), "app1".to_owned());
    }
    let some = ["Launch", "AlarmNotification", "HealthCheck"];
    let suspended = some.iter().filter(|_| random.u8(..5) == 0).map(|name| (*name).to_owned()).collect();
    Group::new(tags, suspended)
}

/// A DB instance has one key, and no units.
fn database(random: &mut fastrand::Rng, arns: &[String]) -> Server {
    let key = arns[random.usize(..arns.len())].clone();
    let mut tags = BTreeMap::new();
    if random.u8(..10) < 9 {
        tags.insert("lockstep:app".to_owned(), format!("app{}", random.u8(1..=2)));
    }
    Server::new(tags, vec![key], BTreeMap::new())
}

fn server(random: &mut fastrand::Rng, arns: &[String], number: usize) -> Server {
    let mut chosen: Vec<String> = arns.to_vec();
    random.shuffle(&mut chosen);
    chosen.truncate(if random.u8(..10) < 4 { 2 } else { 1 });
    let units: BTreeMap<String, Unit> =
        (0..random.usize(..=3)).map(|unit| (format!("u{unit}.service"), Unit::new(random.u8(..10) < 8))).collect();
    let names: Vec<&str> = units.keys().map(String::as_str).collect();
    let mut tags = BTreeMap::from([("Name".to_owned(), format!("server {number}"))]);
    if !names.is_empty() {
        tags.insert("lockstep:services".to_owned(), names.join(" "));
    }
    if random.u8(..10) < 9 {
        tags.insert("lockstep:app".to_owned(), format!("app{}", random.u8(1..=2)));
    }
    if random.u8(..10) == 0 {
        tags.insert("lockstep:exclude".to_owned(), "true".to_owned());
    }
    if random.u8(..4) == 0 {
        tags.insert("lockstep:tier".to_owned(), random.u8(1..=2).to_string());
    }
    // Some keys are only declared by a tag.
    let declared = if random.u8(..5) == 0 { chosen.pop() } else { None };
    if let Some(declared) = declared {
        tags.insert("lockstep:key".to_owned(), declared);
    }
    let mut server = Server::new(tags, chosen, units);
    if random.u8(..10) == 0 {
        server.change(State::Stopped, 0);
        server.is_online = false;
        server.units.values_mut().for_each(Unit::goes_down);
    }
    server
}
