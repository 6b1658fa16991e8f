//! Hostile input: whatever bytes become an event of a function, handed to it in a world where a day has been played.
//!
//! A function may refuse, in few words. It may not panic, hang, or ask the ledger for what DynamoDB would not take.

mod edits;
mod scene;

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::{Value, json};

use crate::executor::{self, MINUTE, run_until, spawn};
use crate::functions::Function;
use crate::functions::lambda::invoke;
use crate::table::Row;
use crate::workflow::failure::Failure;
use crate::world::{self, World, with};
pub use scene::Scene;

/// A refusal is read by people and kept in logs and histories.
const LONGEST_REFUSAL: usize = 1_500;
/// What the simulation does not answer: the questions about a key that is enrolled.
const NOT_ANSWERED: &str = "KMS ";

thread_local! {
    static SCENE: Rc<Scene> = Rc::new(Scene::played());
}

/// The played day of this thread.
pub fn scene() -> Rc<Scene> {
    SCENE.with(Rc::clone)
}

/// The event that bytes stand for: their JSON if they are any, else a real event with edits that the bytes choose.
pub fn drawn(function: Function, bytes: &[u8]) -> Value {
    match serde_json::from_slice(bytes) {
        Ok(event) => event,
        Err(_) => edits::edited(&scene(), function, bytes),
    }
}

/// Whether the function accepted the event.
///
/// # Panics
/// If it did what no input may make it do.
pub fn hand_over(function: Function, event: &Value) -> bool {
    let scene = scene();
    executor::restart();
    crate::endpoints::attempts::forget();
    let (table, keys) = (scene.table.clone(), scene.keys.clone());
    drop(world::replace(World { random: fastrand::Rng::with_seed(1), table, keys, ..World::default() }));
    run_until(scene.now, || false);
    let accepted = asked(function, event.clone());
    if accepted {
        read_again(&scene, function);
    }
    executor::restart();
    accepted
}

/// What was written is read by the functions that come next.
fn read_again(scene: &Scene, function: Function) {
    let readers: &[Function] = match function {
        Function::RecordDependents => &[Function::PlanShutdown, Function::SendMails],
        Function::RecordOutcome => &[Function::EndRun, Function::SendMails],
        Function::Enrol => &[Function::SweepKeys],
        _ => &[],
    };
    for reader in readers {
        asked(*reader, scene.events_of(*reader).first().cloned().unwrap_or_default());
    }
}

fn asked(function: Function, event: Value) -> bool {
    let event = if function == Function::SweepKeys { write_rows(event) } else { event };
    let answer: Rc<RefCell<Option<Result<Value, Failure>>>> = Rc::default();
    let told = Rc::clone(&answer);
    spawn(async move {
        let came_to = invoke(function, event, None).await;
        *told.borrow_mut() = Some(came_to);
    });
    let end = executor::now() + 3 * MINUTE;
    run_until(end, || answer.borrow().is_some());
    let broken = with(|world| world.violation.take());
    if let Some(broken) = broken.filter(|it| it.law.starts_with("S13") && !it.how.starts_with(NOT_ANSWERED)) {
        panic!("{}: {}", broken.law, broken.how);
    }
    let answer = answer.borrow_mut().take().expect("every invocation ends");
    let Err(failure) = answer else { return true };
    assert!(matches!(failure.error.as_str(), "Retryable" | "Terminal"), "it ended by {}", failure.error);
    assert!(failure.cause.len() <= LONGEST_REFUSAL, "{} bytes of refusal: {:.200}", failure.cause.len(), failure.cause);
    false
}

/// The sweep reads no event but the ledger: its input is rows, as DynamoDB writes them.
fn write_rows(rows: Value) -> Value {
    for row in rows.as_array().into_iter().flatten() {
        let row: Row =
            row.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect();
        let part = |name: &str| row.get(name).and_then(|typed| typed["S"].as_str()).map(str::to_owned);
        if let (Some(pk), Some(sk), true) = (part("pk"), part("sk"), row.values().all(is_typed)) {
            with(|world| drop(world.table.set(&(pk, sk), Some(row))));
        }
    }
    json!({})
}

/// Whether DynamoDB could hold the value.
fn is_typed(value: &Value) -> bool {
    let Some((kind, inner)) = value.as_object().filter(|typed| typed.len() == 1).and_then(|typed| typed.iter().next())
    else {
        return false;
    };
    match (kind.as_str(), inner) {
        ("S", Value::String(_)) | ("BOOL" | "NULL", Value::Bool(_)) => true,
        ("N", Value::String(number)) => number.parse::<i64>().is_ok(),
        ("L", Value::Array(items)) => items.iter().all(is_typed),
        ("M", Value::Object(fields)) => fields.values().all(is_typed),
        _ => false,
    }
}

thread_local! {
    static CURRENT: RefCell<String> = RefCell::default();
}

/// What this thread hands over; for whoever reports a panic.
pub fn current() -> String {
    CURRENT.with_borrow(String::clone)
}

/// Hands `count` drawn events to a function, always the same; returns how many it accepted.
pub fn tried(function: Function, count: u64) -> u64 {
    let mut random = fastrand::Rng::with_seed(7);
    let mut bytes = [0; 96];
    let accepted = (0..count).filter(|number| {
        random.fill(&mut bytes);
        let event = drawn(function, &bytes);
        let shown: String = event.to_string().chars().take(2_000).collect();
        CURRENT.set(format!(", hostile event {number} of {}: {shown}", function.name()));
        hand_over(function, &event)
    });
    accepted.count() as u64
}
