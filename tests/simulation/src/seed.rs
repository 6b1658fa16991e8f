//! One seed, from its beginning to the judgement at its end.

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};

use lockstep_domain::app::{Address, AppName, AppRecord, Language};
use lockstep_domain::epoch::KeyRecord;
use lockstep_domain::key::KeyArn;

use crate::drivers;
use crate::endpoints::attempts;
use crate::executor::{self, MINUTE, SECOND, now, run_until, sleep, spawn, timestamp};
use crate::faults::Faults;
use crate::functions::Functions;
use crate::mutants::Mutant;
use crate::scenario::{self, Scenario};
use crate::world::{self, Violation, World, with};

/// How a seed is played.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    pub hours: i64,
    pub mutant: Option<Mutant>,
    /// Whether a log is kept, and printed.
    pub keeps_log: bool,
    pub is_loud: bool,
}

/// What came of a seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    pub violation: Option<Violation>,
    /// The last lines of the log, if one was kept.
    pub log: Vec<String>,
    /// Faults by kind, in the order of [`crate::faults::Fault::ALL`].
    pub faults: Vec<u64>,
    /// Runs by how they ended.
    pub endings: BTreeMap<String, u64>,
    pub calls: BTreeMap<String, u64>,
    pub mails: u64,
    /// Whether everything was at rest at the end, so that stability could be judged.
    pub was_at_rest: bool,
}

thread_local! {
    static SEED: Cell<u64> = const { Cell::new(0) };
}

/// The seed that this thread plays; for whoever reports a panic.
pub fn current() -> u64 {
    SEED.get()
}

/// Plays a seed; the same seed under the same rules always comes to the same.
pub fn play(seed: u64, rules: Rules) -> Played {
    SEED.set(seed);
    executor::restart();
    attempts::forget();
    let mut world = World {
        random: fastrand::Rng::with_seed(seed),
        mutant: rules.mutant,
        log: rules.keeps_log.then(VecDeque::new),
        is_loud: rules.is_loud,
        ..World::default()
    };
    let scenario = scenario::begin(&mut world, rules.hours);
    world.faults = Faults::mixed(&mut world.random);
    drop(world::replace(world));
    spawn(enrol());
    let is_over = || with(|world| world.violation.is_some());
    run_until(MINUTE, is_over);
    with(|world| world.faults.are_on = true);
    drivers::begin(&scenario);
    run_until(scenario.quiet_from, is_over);
    with(|world| world.faults.are_on = false);
    run_until(scenario.ends_at, is_over);
    let was_at_rest = judge(&scenario);
    executor::restart();
    summary(world::replace(World::default()), was_at_rest)
}

/// Judges what has come about; says whether everything was at rest.
fn judge(scenario: &Scenario) -> bool {
    if with(|world| world.violation.is_some()) {
        return false;
    }
    with(|world| world.judge_end(scenario.quiet_from));
    with(World::judge_notices);
    if with(|world| world.violation.is_some() || !world.is_at_rest()) {
        return false;
    }
    let before = with(|world| world.oracle.acts);
    spawn(drivers::sweep());
    run_until(scenario.ends_at + 10 * MINUTE, || with(|world| world.violation.is_some()));
    with(|world| {
        if world.oracle.acts != before {
            world.violate("L4 stability", &format!("{} more calls or mails", world.oracle.acts - before));
        }
    });
    true
}

/// Watches every key and names the admins of one app; the other's mails go to the operator.
pub(crate) async fn enrol() {
    let keys: Vec<String> = with(|world| world.keys.keys().cloned().collect());
    let functions = Functions::here();
    let ledger = functions.ledger();
    for key in keys {
        sleep(SECOND).await;
        let key = KeyArn::parse(&key).expect("an ARN of ours");
        ledger.watch_key(&KeyRecord::enrolled(key, timestamp(now()))).await.expect("a table without faults");
    }
    let address = |text| Address::parse(text).expect("an address of ours");
    let admins = vec![address("ann@example.com"), address("bob@example.com")];
    let app = AppName::parse("app1").expect("a name of ours");
    ledger.set_app(&AppRecord { app, admins, language: Language::En }).await.expect("a table without faults");
}

fn summary(world: World, was_at_rest: bool) -> Played {
    let mut endings = BTreeMap::new();
    for (_, row) in world.table.with_sort_key("RUN") {
        let ending = row.get("ending").and_then(|ending| ending["S"].as_str()).unwrap_or("died or under way");
        *endings.entry(ending.to_owned()).or_default() += 1;
    }
    Played {
        violation: world.violation,
        log: world.log.map(Vec::from).unwrap_or_default(),
        faults: world.faults.fired().to_vec(),
        endings,
        calls: world.calls,
        mails: world.mails.len() as u64,
        was_at_rest,
    }
}
