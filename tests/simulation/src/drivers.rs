//! What happens around Lockstep: keys that are switched, events, sweeps, users, agents and aborted executions.

use serde_json::{Value, json};

use crate::executor::{HOUR, MINUTE, Millis, SECOND, now, sleep, spawn, timestamp};
use crate::faults::Fault;
use crate::fleet::{self, Actor, State};
use crate::functions::Function;
use crate::functions::lambda::{invoke, invoke_by_event};
use crate::mutants::Mutant;
use crate::scenario::Scenario;
use crate::workflow::executions;
use crate::world::{with, with_random};

/// Begins everything that happens of itself.
pub fn begin(scenario: &Scenario) {
    let keys: Vec<String> = with(|world| world.keys.keys().cloned().collect());
    for key in keys {
        spawn(switch(key, scenario.clone()));
    }
    spawn(sweeps(scenario.clone()));
    spawn(meddle(scenario.clone()));
}

/// Switches one key on and off, in calm times and in times of flapping, and leaves it as it is to stay.
async fn switch(key: String, scenario: Scenario) {
    while now() < scenario.quiet_from {
        let is_calm = with_random(|random| random.u8(..10) < 7);
        let until = now() + with_random(|random| random.i64(HOUR..5 * HOUR));
        while now() < until.min(scenario.quiet_from) {
            let pause = match is_calm {
                true => with_random(|random| random.i64(20 * MINUTE..4 * HOUR)),
                false => with_random(|random| random.i64(5 * SECOND..20 * MINUTE)),
            };
            sleep(pause.min(scenario.quiet_from - now())).await;
            if now() < scenario.quiet_from {
                turn(&key);
            }
        }
    }
    let stays_on = with_random(|random| random.u8(..10) < 8);
    if with(|world| world.keys[&key].is_on()) != stays_on {
        turn(&key);
    }
}

/// Turns a key, and lets the rule know, more or less.
fn turn(key: &str) {
    let calls = with(|world| {
        let pending = world.random.u8(..8) == 0;
        let key_now = world.keys.get_mut(key)?;
        let (state, calls): (_, &[&str]) = match (key_now.state, pending) {
            ("Enabled", false) => ("Disabled", &["DisableKey"]),
            ("Enabled", true) => ("PendingDeletion", &["ScheduleKeyDeletion"]),
            ("PendingDeletion", _) => ("Enabled", &["CancelKeyDeletion", "EnableKey"]),
            _ => ("Enabled", &["EnableKey"]),
        };
        key_now.turn(state, now());
        world.note(|| format!("{key} is {state}"));
        Some(calls)
    });
    for call in calls.unwrap_or_default() {
        let event = event(key, call);
        let (lost, doubled, late) = with(|world| {
            let mut roll = |fault| world.roll(&[fault]).is_some();
            (roll(Fault::EventLost), roll(Fault::EventDoubled), roll(Fault::EventLate))
        });
        if !lost {
            deliver(event.clone(), late);
        }
        if doubled {
            deliver(event, late);
        }
    }
}

/// CloudTrail takes seconds to minutes; EventBridge tries twice more.
fn deliver(event: Value, is_late: bool) {
    let longest = if is_late { 2 * HOUR } else { 90 * SECOND };
    let after = with_random(|random| random.i64(SECOND..longest));
    spawn(async move {
        sleep(after).await;
        invoke_by_event(Function::ReceiveKeyEvent, event, 2).await;
    });
}

fn event(key: &str, call: &str) -> Value {
    json!({
        "source": "aws.kms",
        "detail-type": "AWS API Call via CloudTrail",
        "account": "111122223333",
        "region": "eu-west-1",
        "time": timestamp(now()).to_string(),
        "detail": {
            "eventSource": "kms.amazonaws.com",
            "eventName": call,
            "eventID": format!("{}", now()),
            "awsRegion": "eu-west-1",
            "responseElements": { "keyId": key },
        },
    })
}

async fn sweeps(scenario: Scenario) {
    loop {
        sleep(scenario.sweep_every).await;
        if with(|world| world.mutant == Some(Mutant::SweepDisabled)) {
            continue;
        }
        let fault = with(|world| world.roll(&[Fault::SweepMissed, Fault::SweepDoubled]));
        let times = match fault {
            Some(Fault::SweepMissed) => 0,
            Some(Fault::SweepDoubled) => 2,
            _ => 1,
        };
        for _ in 0..times {
            spawn(sweep());
        }
    }
}

pub async fn sweep() {
    let _ = invoke(Function::SweepKeys, json!({}), None).await;
}

/// Every half hour or so: somebody stops or starts a server, an agent goes offline, an execution is aborted.
async fn meddle(scenario: Scenario) {
    while now() < scenario.quiet_from {
        sleep(with_random(|random| random.i64(15 * MINUTE..45 * MINUTE))).await;
        if with(|world| world.roll(&[Fault::UserStopsServer]).is_some()) {
            with(|world| {
                let id = any_server(world);
                world.note(|| format!("a user stops {id}"));
                fleet::stop(world, &id, Actor::User);
            });
        }
        if with(|world| world.roll(&[Fault::UserStartsServer]).is_some()) {
            with(|world| {
                let id = any_server(world);
                world.note(|| format!("a user starts {id}"));
                let _ = fleet::start(world, &id, Actor::User);
            });
        }
        if with(|world| world.roll(&[Fault::UserTerminatesServer]).is_some()) {
            with(|world| {
                let id = any_server(world);
                world.note(|| format!("a user terminates {id}"));
                fleet::terminate(world, &id);
            });
        }
        if with(|world| world.roll(&[Fault::AgentOffline]).is_some()) {
            spawn(agent_offline(with(any_server)));
        }
        if with(|world| world.roll(&[Fault::OperatorPauses]).is_some()) {
            spawn(pause(scenario.quiet_from));
        }
        let running: Vec<String> = with(|world| world.executions.running().cloned().collect());
        if !running.is_empty() && with(|world| world.roll(&[Fault::ExecutionAborted]).is_some()) {
            executions::stop(&running[with_random(|random| random.usize(..running.len()))]);
        }
    }
}

fn any_server(world: &mut crate::world::World) -> String {
    let index = world.random.usize(..world.fleet.len());
    world.fleet.keys().nth(index).cloned().unwrap_or_default()
}

/// An operator pauses a key, and resumes it before the quiet time.
async fn pause(quiet_from: Millis) {
    let key = with(|world| {
        let index = world.random.usize(..world.keys.len());
        world.keys.keys().nth(index).cloned().unwrap_or_default()
    });
    ask_enrol("pause_key", &key).await;
    let lasts = with_random(|random| random.i64(MINUTE..2 * HOUR));
    sleep(lasts.min(quiet_from - now())).await;
    ask_enrol("resume_key", &key).await;
}

/// An operator asks until it is done.
async fn ask_enrol(action: &str, key: &str) {
    while invoke(Function::Enrol, json!({ "action": action, "key": key }), None).await.is_err() {
        sleep(5 * SECOND).await;
    }
}

/// An agent that loses its connection for a while, on a server that stays up.
async fn agent_offline(id: String) {
    set_online(&id, false);
    let lasts: Millis = with_random(|random| random.i64(MINUTE..30 * MINUTE));
    sleep(lasts).await;
    set_online(&id, true);
}

fn set_online(id: &str, is_online: bool) {
    with(|world| {
        world.note(|| format!("the agent of {id} is online: {is_online}"));
        if let Some(server) = world.fleet.get_mut(id).filter(|server| server.state == State::Running) {
            server.set_online(is_online, now());
        }
    });
}
