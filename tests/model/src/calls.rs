//! The fleet: what a call does to it, and what it does by itself.

use lockstep_domain::hold::Own;

use crate::batches::STOP_IS_WRITTEN;
use crate::laws::{Law, Mutant};
use crate::names::{BOTH, uses};
use crate::rules::Rules;
use crate::workflow::Fault;
use crate::world::{Answer, BatchStep, By, Power, World};

/// Makes the call of a batch and returns what comes back; the laws of calls are watched here.
pub fn call(rules: &Rules, world: &mut World, index: usize, (step, s): (BatchStep, usize), fault: Fault) -> Answer {
    world.budget.refusals -= u8::from(fault == Fault::Refused);
    world.budget.lost_answers -= u8::from(fault == Fault::AnswerLost);
    if fault == Fault::Refused {
        return Answer::Refused;
    }
    let answer = match step {
        BatchStep::StopServices => stop_unit(world, index, s),
        BatchStep::StopServers => stop_server(world, index, s),
        BatchStep::StartServers => start_server(world, index, s),
        BatchStep::StartServices => start_unit(rules, world, s),
    };
    if fault == Fault::AnswerLost { Answer::Lost } else { answer }
}

fn stop_unit(world: &mut World, index: usize, s: usize) -> Answer {
    let id = world.runs[index].id;
    let k = usize::from(id.key);
    let any = [Own::Services, Own::Intent, Own::Stopped, Own::NotOurs, Own::Starting];
    world.require(world.has_intent(s, k, &any), Law::WriteAhead);
    let server = &mut world.servers[s];
    if server.power != Power::Running {
        return Answer::Offline;
    }
    let before = server.unit_active || server.kept == Some(true);
    server.kept = Some(before);
    server.unit_is_ours |= server.unit_active;
    server.unit_active = false;
    Answer::Unit { before, after: false }
}

fn stop_server(world: &mut World, index: usize, s: usize) -> Answer {
    let run = world.runs[index];
    world.require(world.has_intent(s, run.id.key.into(), &STOP_IS_WRITTEN), Law::WriteAhead);
    let is_reported = run.lines[s].is_some_and(|line| line.services == Some(false));
    let server = &mut world.servers[s];
    let before = server.power;
    if matches!(before, Power::Running | Power::Pending) {
        server.turn(Power::Stopping);
        server.stopped_by = By::Us;
        let in_order = !server.unit_active || is_reported;
        world.require(in_order, Law::OrderDown);
    }
    Answer::Before(before)
}

fn start_server(world: &mut World, index: usize, s: usize) -> Answer {
    let k = usize::from(world.runs[index].id.key);
    let is_written = world.has_intent(s, k, &[Own::Starting]);
    let server = &mut world.servers[s];
    let (before, stopped_by) = (server.power, server.stopped_by);
    match before {
        Power::Stopping => return Answer::Refused,
        Power::Stopped => {
            server.turn(Power::Pending);
            world.require(stopped_by == By::Us, Law::Ownership);
            // A call that changes nothing may come after a later run has written what it saw.
            world.require(is_written, Law::WriteAhead);
        }
        Power::Running | Power::Pending => {}
    }
    Answer::Before(before)
}

fn start_unit(rules: &Rules, world: &mut World, s: usize) -> Answer {
    let server = &mut world.servers[s];
    if server.power != Power::Running {
        // The agent is asked for first; only a run that does not ask sends a command to a server that is down.
        let asked_all_the_same = rules.breaks(Mutant::StartOrderInverted);
        world.require(!asked_all_the_same, Law::OrderUp);
        return Answer::Offline;
    }
    let before = server.unit_active;
    (server.unit_active, server.unit_is_ours) = (true, false);
    server.kept = None;
    Answer::Unit { before, after: true }
}

/// A server that is on its way arrives; one whose key is off cannot start and falls back.
pub fn arrive(world: &mut World, s: usize) {
    let keys_on = BOTH.into_iter().all(|k| !uses(s, k) || world.on[k]);
    let server = &mut world.servers[s];
    match server.power {
        Power::Pending if keys_on => {
            server.turn(Power::Running);
            server.stopped_by = By::Nobody;
        }
        Power::Pending | Power::Stopping => {
            server.turn(Power::Stopped);
            server.unit_active = false;
            server.kept = None;
        }
        Power::Running | Power::Stopped => {}
    }
}

/// Somebody else stops a server.
pub fn meddle(world: &mut World, s: usize) {
    world.budget.meddling -= 1;
    let server = &mut world.servers[s];
    server.turn(Power::Stopping);
    (server.stopped_by, server.unit_is_ours) = (By::Other, false);
}
