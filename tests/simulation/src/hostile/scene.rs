//! A day in the middle of which hostile events arrive, and the events that the functions were handed until then.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::drivers;
use crate::executor::{self, HOUR, MINUTE, Millis, run_until, spawn};
use crate::functions::Function;
use crate::keys::Keys;
use crate::scenario;
use crate::seed;
use crate::table::Table;
use crate::world::{self, World};

/// A seed after whose first hours runs of both directions, holds, databases and a group are in the ledger; found by looking.
const SEED: u64 = 3;
const HOURS: i64 = 4;
/// Events of each function; more are alike.
const MOST: usize = 60;

pub struct Scene {
    pub table: Table,
    pub keys: Keys,
    pub now: Millis,
    events: BTreeMap<Function, Vec<Value>>,
}

impl Scene {
    /// Plays the first hours, without faults.
    pub fn played() -> Self {
        executor::restart();
        crate::endpoints::attempts::forget();
        let mut world = World { random: fastrand::Rng::with_seed(SEED), ..World::default() };
        let scenario = scenario::begin(&mut world, 2 * HOURS);
        world.invocations.kept = Some(Vec::new());
        drop(world::replace(world));
        spawn(seed::enrol());
        run_until(MINUTE, || false);
        drivers::begin(&scenario);
        run_until(HOURS * HOUR, || false);
        executor::restart();
        let mut world = world::replace(World::default());
        let mut events: BTreeMap<Function, Vec<Value>> = BTreeMap::new();
        for (function, event) in world.invocations.kept.take().unwrap_or_default() {
            events.entry(function).or_default().push(event);
        }
        for of in events.values_mut() {
            *of = of.iter().step_by(of.len().div_ceil(MOST)).cloned().collect();
        }
        events.insert(Function::SweepKeys, rows(&world.table));
        events.insert(Function::Enrol, requests(&world.keys));
        events.entry(Function::ReceiveKeyEvent).or_default().extend(fixtures());
        Self { table: world.table, keys: world.keys, now: HOURS * HOUR, events }
    }

    pub fn events_of(&self, function: Function) -> &[Value] {
        self.events.get(&function).map_or(&[], Vec::as_slice)
    }

    /// Every event, whichever function it is for.
    pub fn events(&self) -> impl Iterator<Item = &Value> {
        self.events.values().flatten()
    }
}

/// What a sweep reads, as lists of rows.
fn rows(table: &Table) -> Vec<Value> {
    let of = |sk: &'static str| table.with_sort_key(sk).map(|(_, row)| json!([row])).collect::<Vec<_>>();
    ["KEY", "RUN"].into_iter().flat_map(of).collect()
}

fn fixtures() -> Vec<Value> {
    // Clones that share a target directory share this program, too; what cargo does not start has only its own clone.
    let package = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    let folder = Path::new(&package).join("../fixtures/events");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect("the fixtures").flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let read = |path| serde_json::from_slice(&std::fs::read(path).expect("a fixture")).expect("JSON");
    paths.into_iter().map(read).collect()
}

/// One request of each kind, and three as CloudFormation sends them.
fn requests(keys: &Keys) -> Vec<Value> {
    let key = keys.keys().next().cloned().unwrap_or_default();
    let of_key = ["watch_key", "unwatch_key", "check_key", "pause_key", "resume_key"];
    let mut requests: Vec<Value> = of_key.iter().map(|action| json!({ "action": action, "key": key })).collect();
    let app = json!({ "action": "set_app", "app": "app1", "admins": ["ann@example.com"], "language": "ja" });
    let resource = |kind: &str, properties: &Value| json!({ "RequestType": kind, "ResponseURL": "https://example.com/answer", "StackId": "stack", "RequestId": "request", "LogicalResourceId": "Watched", "ResourceProperties": properties });
    let removal = json!({ "action": "check_removal" });
    requests.extend([resource("Create", &app), resource("Delete", &requests[0]), resource("Delete", &removal)]);
    requests.extend([app, json!({ "action": "remove_app", "app": "app1" })]);
    requests.push(json!({ "action": "release_hold", "resource": "i-01", "reason": "moved" }));
    requests
}
