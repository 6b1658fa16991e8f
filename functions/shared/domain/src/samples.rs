//! Keys, servers and holds for the tests of this crate.

use jiff::Timestamp;

use crate::app::AppName;
use crate::batch::{BatchRef, Step};
use crate::hold::{Hold, HoldSeed, Own};
use crate::key::KeyArn;
use crate::plan::{PlannedResource, Round, SettledAt, Treatment};
use crate::resource::{ResourceId, Settings, State, StatusRow};
use crate::run::{Direction, RunName, RunRef};
use crate::unit::UnitName;

pub fn key(id: &str) -> KeyArn {
    KeyArn::parse(&format!("arn:aws:kms:eu-west-1:111122223333:key/{id}")).unwrap()
}

pub fn run(epoch: u64, direction: Direction) -> RunRef {
    RunRef { run: RunName::new(&key("k1"), epoch, direction, 1), key: key("k1"), epoch }
}

/// A batch of the first epoch's shutdown or the second's startup.
pub fn batch(step: Step) -> BatchRef {
    let epoch = if step.direction() == Direction::Shutdown { 1 } else { 2 };
    BatchRef { of: run(epoch, step.direction()), batch: "servers#0001".to_owned(), step }
}

pub fn server(number: usize) -> ResourceId {
    ResourceId::parse(&format!("i-{number:x}")).unwrap()
}

pub fn units(names: &[&str]) -> Vec<UnitName> {
    names.iter().map(|name| UnitName::parse(name).unwrap()).collect()
}

/// A managed, running server with one unit that is to be acted on.
pub fn planned(number: usize) -> PlannedResource {
    PlannedResource {
        id: server(number),
        name: format!("db-{number}"),
        app: Some(AppName::parse("orders").unwrap()),
        units: units(&["a.service"]),
        untold: Vec::new(),
        tier: 0,
        guard: None,
        follows: None,
        state: State::Running,
        settings: Settings::default(),
        treatment: Treatment::Act,
        restarts_at: None,
        held_since: None,
        seen_in: Round::Shutdown,
        services: None,
        refused: None,
        outcome: None,
        settled_at: SettledAt::default(),
    }
}

/// A hold of key `k1` on a server that ran before.
pub fn hold(number: usize, own: Own) -> Hold {
    let planned = planned(number);
    let seed = HoldSeed {
        id: planned.id,
        name: planned.name,
        app: AppName::parse("orders").unwrap(),
        units: planned.units,
        tier: 0,
        guard: planned.guard,
        state: State::Running,
        settings: planned.settings,
    };
    let run = run(1, Direction::Shutdown).run;
    Hold { own, ..Hold::open(&seed, &key("k1"), &run, Timestamp::UNIX_EPOCH) }
}

pub fn row(number: usize, state: State, checks: &str) -> StatusRow {
    let checks = Some(checks.to_owned());
    StatusRow { name: server(number).name().to_owned(), state, system: checks.clone(), instance: checks }
}
