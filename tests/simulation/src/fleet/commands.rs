//! Run Command: a command waits for its agent, works through the units one by one, and reports at its end.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::executor::{Millis, SECOND, now, sleep, spawn};
use crate::faults::Fault;
use crate::fleet::units::INACTIVE;
use crate::mutants::Mutant;
use crate::world::{World, with, with_random};

/// `TimeoutSeconds` of the document's step.
const EXECUTION_LIMIT: Millis = 240 * SECOND;
/// When a command that was not taken is shown as delayed.
const DELAYED_AFTER: Millis = 30 * SECOND;

/// Whether the document of template.yaml lets the commands of one server wait for each other.
fn takes_turns() -> bool {
    static TAKES_TURNS: OnceLock<bool> = OnceLock::new();
    *TAKES_TURNS.get_or_init(|| include_str!("../../../../template.yaml").contains("flock"))
}

/// A command on one server.
#[derive(Debug, Clone)]
pub struct Invocation {
    pub server: String,
    /// `StatusDetails`.
    pub status: &'static str,
    pub output: String,
    /// When it was over.
    pub ended: Option<Millis>,
}

/// Commands by their number, each with its invocations by server.
#[derive(Debug, Default)]
pub struct Commands(pub BTreeMap<u64, Vec<Invocation>>);

/// What is asked of the servers of a command.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `stop` or `start`.
    pub verb: String,
    pub units: Vec<String>,
    /// How long a command may wait for its agent.
    pub delivery_limit: Millis,
}

/// Sends a command; returns its number.
pub fn send(world: &mut World, servers: &[String], asked: &Asked) -> u64 {
    let command = world.commands.0.len() as u64 + 1;
    let pending =
        |server: &String| Invocation { server: server.clone(), status: "Pending", output: String::new(), ended: None };
    world.commands.0.insert(command, servers.iter().map(pending).collect());
    for (index, server) in servers.iter().enumerate() {
        let (server, asked) = (server.clone(), asked.clone());
        spawn(async move {
            let (status, output) = carry_out(command, index, &server, &asked).await;
            with(|world| {
                world.note(|| format!("{} on {server} ended {status}: {output:?}", asked.verb));
                let invocation = Invocation::of(world, command, index);
                (invocation.status, invocation.output, invocation.ended) = (status, output, Some(now()));
            });
        });
    }
    command
}

impl Invocation {
    fn of(world: &mut World, command: u64, index: usize) -> &mut Self {
        let invocations = world.commands.0.get_mut(&command).expect("a command that was sent");
        &mut invocations[index]
    }
}

async fn carry_out(command: u64, index: usize, server: &str, asked: &Asked) -> (&'static str, String) {
    let sent = now();
    sleep(SECOND).await;
    while !is_online(server) {
        if now() - sent >= asked.delivery_limit {
            return ("Delivery Timed Out", String::new());
        }
        if now() - sent >= DELAYED_AFTER {
            with(|world| Invocation::of(world, command, index).status = "Delayed");
        }
        sleep(5 * SECOND).await;
    }
    with(|world| Invocation::of(world, command, index).status = "InProgress");
    while takes_turns() && with(|world| world.fleet.get(server).is_some_and(|server| server.is_commanded)) {
        sleep(500).await;
    }
    set_commanded(server, true);
    let done = work_through(server, asked).await;
    set_commanded(server, false);
    done
}

fn set_commanded(server: &str, is_commanded: bool) {
    with(|world| world.fleet.get_mut(server).map(|server| server.is_commanded = is_commanded));
}

async fn work_through(server: &str, asked: &Asked) -> (&'static str, String) {
    let (began, mut output, mut failed) = (now(), String::new(), false);
    for name in &asked.units {
        sleep(with_random(|random| random.i64(500..8_000))).await;
        if !is_online(server) {
            // Its server went away: it is not heard of again until its time is up.
            sleep(EXECUTION_LIMIT - (now() - began)).await;
            return ("Execution Timed Out", String::new());
        }
        let line = with(|world| act(world, server, name, &asked.verb, failed));
        failed |= !line.reached;
        output.push_str(&line.text);
    }
    (if failed { "Failed" } else { "Success" }, output)
}

struct Line {
    text: String,
    reached: bool,
}

/// One unit of a command; units come in start order, and what follows one that did not start may need it.
fn act(world: &mut World, server: &str, name: &str, verb: &str, has_failed: bool) -> Line {
    let kind = if verb == "stop" { Fault::UnitWillNotStop } else { Fault::UnitWillNotStart };
    let is_stubborn = world.roll(&[kind]).is_some();
    let unit = world.fleet.get_mut(server).and_then(|server| server.units.get_mut(name));
    let Some(unit) = unit else { return Line { text: format!("{name} unknown unknown\n"), reached: false } };
    let is_passed_over = has_failed && verb == "start";
    let (before, mut after) = if is_passed_over { unit.pass_over() } else { unit.carry_out(verb, is_stubborn) };
    if verb == "stop" && world.mutant == Some(Mutant::UnitsLie) {
        after = INACTIVE;
    }
    Line { text: format!("{name} {before} {after}\n"), reached: unit.is_active == (verb == "start") }
}

fn is_online(server: &str) -> bool {
    with(|world| world.fleet.get(server).is_some_and(|server| server.is_online))
}
