//! One step of an execution: the order that the state machines have, around the decisions of the domain.

use lockstep_domain::batch::{Confirmation, confirm};
use lockstep_domain::epoch::KeyRecord;
use lockstep_domain::plan::{Round, noted, plan_resource, plan_startup};
use lockstep_domain::report::{ending, worth_another_try};
use lockstep_domain::run::{Before, Ending, before_startup};

use crate::batches;
use crate::laws::{Law, Mutant};
use crate::names::{BOTH, LET_GO, NOW, bit, key, uses};
use crate::rows::seen;
use crate::rules::Rules;
use crate::world::{At, BatchStep, End, Exec, Line, Pc, Run, RunId, World};

/// What goes wrong in a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    None,
    /// `DescribeKey` gives no state.
    Unknown,
    /// The call is carried out and its answer lost.
    AnswerLost,
    /// The call is refused for good.
    Refused,
}

/// Takes the next step of the run; a step that cannot be taken changes nothing.
pub fn step(rules: &Rules, world: &mut World, index: usize, fault: Fault) {
    let run = world.runs[index];
    let Exec::Running(pc) = run.exec else { return };
    let k = usize::from(run.id.key);
    match pc {
        Pc::Warn => {
            find(world, index, Round::Warning);
            goto(world, index, Pc::Wait);
        }
        Pc::Wait if world.is_newest(run.id) && world.keys[k].grace > 0 => {}
        Pc::Wait => match look(rules, world, run.id, fault) {
            Confirmation::Unknown { .. } => {}
            Confirmation::Superseded { .. } => goto(world, index, Pc::End(End::Cancelled)),
            Confirmation::Go => goto(world, index, Pc::Begin),
        },
        Pc::Begin if run.ending.is_some() || run.let_go => goto(world, index, Pc::End(End::Cancelled)),
        Pc::Begin => {
            world.runs[index].acting = true;
            goto(world, index, Pc::Find);
        }
        Pc::Find => {
            find(world, index, Round::Shutdown);
            batches::begin(world, index, BatchStep::StopServices);
        }
        Pc::Plan => plan(rules, world, index),
        Pc::Batch { step, server, at } => batches::step(rules, world, index, (step, server.into(), at), fault),
        Pc::End(came_to) => end(world, index, came_to),
    }
}

pub fn goto(world: &mut World, index: usize, pc: Pc) {
    world.runs[index].exec = Exec::Running(pc);
}

/// The key's record and one look at the key, judged by the production function.
pub fn look(rules: &Rules, world: &mut World, id: RunId, fault: Fault) -> Confirmation {
    let k = usize::from(id.key);
    let unknown = fault == Fault::Unknown;
    world.budget.unknowns -= u8::from(unknown);
    let by_state_only = rules.breaks(Mutant::RecheckByStateOnly);
    let mut record: KeyRecord = world.keys[k].record(k);
    if by_state_only {
        (record.epoch, record.attempt, record.direction) = (id.epoch.into(), id.attempt.into(), id.direction());
    }
    let look = rules.look_at(world, k, unknown);
    let confirmation = match confirm(id.direction(), &id.reference(), Some(&record), &look) {
        _ if rules.breaks(Mutant::NoRecheck) => Confirmation::Go,
        confirmation => confirmation,
    };
    if confirmation == Confirmation::Go {
        world.require(!unknown, Law::UnknownIsNeither);
        world.require(unknown || world.on[k] == id.startup, Law::FreshLook);
    }
    let row = world.keys[k];
    if !unknown && world.on[k] && world.is_newest(id) && !row.startup {
        world.ghost.seen_on[k] = true;
    }
    if matches!(confirmation, Confirmation::Superseded { .. }) {
        for run in world.runs.iter_mut().filter(|run| run.id == id) {
            run.let_go = true;
        }
    }
    confirmation
}

/// `record-dependents` and `plan-shutdown`: every server that uses the key, and what the run does with it.
fn find(world: &mut World, index: usize, round: Round) {
    let id = world.runs[index].id;
    let k = usize::from(id.key);
    for s in BOTH.into_iter().filter(|s| uses(*s, k)) {
        let hold = world.holds[s].map(|hold| hold.hold(s));
        let planned = plan_resource(&seen(s, world.servers[s].power), hold.as_ref(), key(k), round);
        if let Some(noted) = noted(&planned, hold.as_ref(), key(k), NOW).filter(|_| world.may_act(id)) {
            world.write_hold(s, &noted);
        }
        if round == Round::Shutdown {
            world.runs[index].lines[s] = Some(Line::of(&planned));
        }
    }
}

/// `plan-startup`: cancels or waits for the shutdowns before, then plans what the key holds.
fn plan(rules: &Rules, world: &mut World, index: usize) {
    let run = world.runs[index];
    let k = usize::from(run.id.key);
    if !world.is_newest(run.id) {
        return goto(world, index, Pc::End(End::Superseded));
    }
    if !shutdowns_let_go(world, run) {
        return;
    }
    for s in BOTH.into_iter().filter(|s| world.holds[*s].is_some_and(|hold| hold.keys & bit(k) != 0)) {
        let planned = rules.hold_for(world, s, k, true).map(|hold| plan_startup(&hold, key(k)));
        let line = planned.as_ref().map(Line::of);
        world.servers[s].unit_is_ours &= !line.is_some_and(|line| line.untold);
        world.runs[index].lines[s] = line;
    }
    let inverted = rules.breaks(Mutant::StartOrderInverted);
    batches::begin(world, index, if inverted { BatchStep::StartServices } else { BatchStep::StartServers });
}

/// Cancels what is in its grace; whether no shutdown of an older epoch acts any more.
///
/// The world keeps one age, that of the newest epoch: an older shutdown is waited for longer than production would.
fn shutdowns_let_go(world: &mut World, own: Run) -> bool {
    let row = world.keys[usize::from(own.id.key)];
    let is_older = |run: &Run| run.id.key == own.id.key && run.id.epoch < own.id.epoch;
    for index in (0..world.runs.len()).rev() {
        let before = world.runs[index];
        if !is_older(&before) {
            continue;
        }
        match before_startup(&before.record(&row), &own.record(&row), NOW, LET_GO) {
            Before::Acting => return false,
            Before::InGrace => world.runs[index].ending = Some(Ending::ShutdownCancelled),
            Before::LetGo => {}
        }
    }
    true
}

/// `end-run`: the ending is decided from the lines and written once.
fn end(world: &mut World, index: usize, came_to: End) {
    let run = world.runs[index];
    let let_go = run.let_go && came_to != End::Cancelled;
    let is_superseded = let_go || (came_to == End::TheEnd && !world.is_newest(run.id));
    let came_to = if is_superseded { End::Superseded } else { came_to };
    let lines = run.lines.iter().flatten();
    let all_tried = lines.filter(|line| line.is_acted_on()).all(|line| line.outcome.is_some());
    world.require(came_to != End::TheEnd || all_tried, Law::Isolation);
    let servers = run.planned();
    let run = &mut world.runs[index];
    if run.ending.is_none() {
        run.ending = Some(ending(run.id.direction(), came_to.into(), &servers));
        run.again = worth_another_try(run.id.direction(), came_to.into(), &servers);
    }
    run.exec = Exec::Closed;
}

/// The batch's first step: a look at the key.
pub fn at_look(step: BatchStep, server: usize) -> Pc {
    Pc::Batch { step, server: u8::try_from(server).unwrap_or(0), at: At::Look }
}
