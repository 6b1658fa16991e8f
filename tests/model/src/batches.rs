//! A batch: look, commit the intent, call, record the answer, look until settled.

use jiff::SignedDuration;
use lockstep_domain::batch::{Act, BatchRef, Confirmation, StuckPolicy, decide};
use lockstep_domain::evidence::{Evidence, Proof, prove};
use lockstep_domain::hold::Own;
use lockstep_domain::kind::Kind;
use lockstep_domain::plan::{Outcome, replanned};
use lockstep_domain::resource::StatusRow;

use crate::answers::evidence;
use crate::calls::call;
use crate::laws::{Law, Mutant};
use crate::names::{BOTH, GRACE_TICKS, NOW, TICK, bit, key, server};
use crate::rows::agents;
use crate::rules::Rules;
use crate::workflow::{Fault, at_look, goto, look};
use crate::world::{Answer, At, BatchStep, End, Exec, Line, Pc, Power, RunId, World};

/// Goes to the first batch of a step, or past the step if it has none.
pub fn begin(world: &mut World, index: usize, step: BatchStep) {
    next(world, index, step, 0);
}

/// Goes to the first batch of the step from server `from` on, else to what follows the step.
fn next(world: &mut World, index: usize, step: BatchStep, from: usize) {
    let run = world.runs[index];
    let of_services = matches!(step, BatchStep::StopServices | BatchStep::StartServices);
    let is_batch = |s: &usize| run.lines[*s].is_some_and(|line| line.is_acted_on() && (line.has_unit || !of_services));
    if let Some(s) = (from..BOTH.len()).find(is_batch) {
        return goto(world, index, at_look(step, s));
    }
    match step {
        _ if run.superseded => goto(world, index, Pc::End(End::Superseded)),
        BatchStep::StopServices => next(world, index, BatchStep::StopServers, 0),
        BatchStep::StartServers => next(world, index, BatchStep::StartServices, 0),
        BatchStep::StopServers | BatchStep::StartServices => goto(world, index, Pc::End(End::TheEnd)),
    }
}

pub fn step(rules: &Rules, world: &mut World, index: usize, (step, s, at): (BatchStep, usize, At), fault: Fault) {
    let id = world.runs[index].id;
    let here = |at| Pc::Batch { step, server: u8::try_from(s).unwrap_or(0), at };
    match at {
        At::Look => match look(rules, world, id, fault) {
            Confirmation::Go => goto(world, index, here(At::Commit)),
            Confirmation::Unknown { .. } => {}
            Confirmation::Superseded { .. } => {
                world.runs[index].superseded = true;
                next(world, index, step, s + 1);
            }
        },
        // One call of another key is on its way: the window that EC2 leaves (R2) is not searched between keys.
        At::Commit if is_overtaking(world, id, s) => {}
        At::Commit => match commit(rules, world, index, step, s) {
            Some(at) => goto(world, index, here(at)),
            None => next(world, index, step, s + 1),
        },
        At::Call => {
            let answer = call(rules, world, index, (step, s), fault);
            goto(world, index, here(At::Record(answer)));
        }
        At::Record(answer) => {
            let evidence = evidence(s, step, answer);
            let outcome = prove_and_write(rules, world, index, (step, s), &evidence, TICK);
            if answer == Answer::Lost {
                goto(world, index, here(At::Look));
            } else if outcome.is_some() {
                next(world, index, step, s + 1);
            } else if rules.breaks(Mutant::MailBeforeVerification) {
                settle_line(world, index, (step, s), true);
                next(world, index, step, s + 1);
            } else {
                goto(world, index, here(At::Settle));
            }
        }
        At::Settle => {
            let power = world.servers[s].power;
            let is_stop = step == BatchStep::StopServers;
            // A server that neither comes nor goes is given up at the deadline.
            let waited = if is_stop && power == Power::Running { Kind::Server.facts().stops_within } else { TICK };
            let row = StatusRow {
                name: server(s).name().to_owned(),
                state: power.into(),
                system: Some("ok".to_owned()),
                instance: Some("ok".to_owned()),
            };
            let agents = (!is_stop).then(|| agents(s, power));
            let evidence = Evidence { states: Some(vec![row]), agents, ..Evidence::default() };
            match prove_and_write(rules, world, index, (step, s), &evidence, waited) {
                Some(Outcome::NotDone { .. }) if rules.breaks(Mutant::BatchErrorAbortsTheRest) => {
                    goto(world, index, Pc::End(End::TheEnd));
                }
                Some(_) => next(world, index, step, s + 1),
                None => {}
            }
        }
    }
}

/// `confirm-batch` after its look: the intent and the newest run in one transaction.
/// Where the batch goes on, or `None` if it is done.
fn commit(rules: &Rules, world: &mut World, index: usize, step: BatchStep, s: usize) -> Option<At> {
    let run = world.runs[index];
    let k = usize::from(run.id.key);
    let is_start = run.id.startup;
    let unbound = rules.breaks(Mutant::NoRecheck) || rules.breaks(Mutant::RecheckByStateOnly);
    let may_write = unbound || world.may_act(run.id);
    let read = rules.hold_for(world, s, k, is_start);
    let mut line = Line::of(&replanned(run.lines[s]?.planned(s), read.as_ref(), key(k)));
    world.runs[index].lines[s] = Some(line);
    if rules.breaks(Mutant::StartOrderInverted) && step == BatchStep::StartServices {
        line.outcome = Some(true);
    }
    let act = decide(step.into(), &line.planned(s), read.as_ref(), &run.id.reference(), StuckPolicy::Proceed, NOW);
    match act {
        Act::Skip => None,
        Act::Watch => Some(At::Settle),
        Act::Call(_) | Act::Settle(Some(_), _) if !may_write => {
            world.runs[index].superseded = true;
            None
        }
        Act::Call(mut hold) => {
            require_confirmed(world, run.id, s);
            if rules.breaks(Mutant::OverwritesPrior) && !is_start {
                hold.prior = line.power.into();
            }
            if !rules.breaks(Mutant::OwnershipAfterTheCall) {
                world.write_hold(s, &hold);
            }
            Some(At::Call)
        }
        Act::Settle(hold, outcome) => {
            if let Some(hold) = hold {
                world.write_hold(s, &hold);
            }
            settle_line(world, index, (step, s), outcome == Outcome::Done);
            None
        }
    }
}

/// A run of another key has confirmed the opposite for this server and not made its call yet.
fn is_overtaking(world: &World, id: RunId, s: usize) -> bool {
    world.runs.iter().any(|run| {
        let calls =
            matches!(run.exec, Exec::Running(Pc::Batch { server, at: At::Call, .. }) if usize::from(server) == s);
        calls && run.id.key != id.key && run.id.startup != id.startup
    })
}

/// What must be true at the moment in which a call is confirmed.
fn require_confirmed(world: &mut World, id: RunId, s: usize) {
    let k = usize::from(id.key);
    if id.startup {
        let free = BOTH.into_iter().all(|other| other == k || world.ghost.down_for[other] & bit(s) == 0);
        world.require(free, Law::AllKeys);
    } else {
        world.require(world.ghost.off_for[k] >= GRACE_TICKS, Law::FullGrace);
        world.require(!world.ghost.seen_on[k], Law::EnableEndsEpoch);
    }
}

/// `record-outcome`: what the answers prove is written; the outcome, if there is one.
fn prove_and_write(
    rules: &Rules,
    world: &mut World,
    index: usize,
    (step, s): (BatchStep, usize),
    evidence: &Evidence,
    waited: SignedDuration,
) -> Option<Outcome> {
    let run = world.runs[index];
    let is_bool = rules.breaks(Mutant::HoldIsABool);
    let hold = rules.hold_for(world, s, run.id.key.into(), run.id.startup && is_bool);
    let batch = BatchRef { of: run.id.reference(), batch: format!("b{s}"), step: step.into() };
    let Proof { hold: noted, release, outcome, again: _, refused } =
        prove(&batch, &run.lines[s]?.planned(s), hold, evidence, waited);
    if let Some(hold) = noted {
        world.write_hold(s, &hold);
    }
    let (newest, may_act) = (world.is_newest(run.id), world.may_act(run.id));
    if let Some(release) = release.filter(|_| may_act || rules.breaks(Mutant::NoEpochConditionOnClose)) {
        world.require(newest, Law::NewestLetsGo);
        world.write_hold(s, &release);
    }
    if let Some(line) = world.runs[index].lines[s].as_mut() {
        line.refused |= refused.is_some();
    }
    if let Some(outcome) = &outcome {
        settle_line(world, index, (step, s), *outcome == Outcome::Done);
    }
    outcome
}

fn settle_line(world: &mut World, index: usize, (step, s): (BatchStep, usize), done: bool) {
    let id = world.runs[index].id;
    let newest = world.is_newest(id);
    let Some(line) = &mut world.runs[index].lines[s] else { return };
    match step {
        BatchStep::StopServices | BatchStep::StartServices => line.services = line.services.or(Some(done)),
        BatchStep::StopServers | BatchStep::StartServers => line.outcome = line.outcome.or(Some(done)),
    }
    if step == BatchStep::StopServers && done {
        world.require(world.servers[s].power == Power::Stopped, Law::Verified);
        if newest {
            world.ghost.down_for[usize::from(id.key)] |= bit(s);
        }
    }
}

/// What a hold must say before a server is stopped.
pub const STOP_IS_WRITTEN: [Own; 3] = [Own::Intent, Own::Stopped, Own::Starting];
