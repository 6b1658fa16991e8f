//! What one round of answers proves about a server: its outcome, and what its hold must remember.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde::Deserialize;

use crate::batch::{BatchRef, Step};
use crate::hold::{Hold, Own};
use crate::outcome::{Invocation, LONGEST_WAIT, Wanted, settle_services, settle_start, settle_stop};
use crate::plan::{Outcome, PlannedServer};
use crate::refusal::{CallRefusal, Meaning, names_missing_servers};
use crate::run::RunRef;
use crate::server::{ServerId, ServerState, StatusRow};
use crate::unit::parse_output;

/// The answers that a workflow hands on, each in the fields that matter.
#[derive(Debug, Default, Deserialize)]
pub struct Evidence {
    /// What `StopInstances` or `StartInstances` answered for each server.
    #[serde(default)]
    pub answers: Vec<CallAnswer>,
    /// Rows of `ec2:DescribeInstanceStatus`; absent if it was not asked.
    #[serde(default)]
    pub states: Option<Vec<StatusRow>>,
    /// Servers whose SSM agent is online; absent if it was not asked.
    #[serde(default)]
    pub agents: Option<BTreeSet<ServerId>>,
    /// Servers that a command was sent to.
    #[serde(default)]
    pub commanded: BTreeSet<ServerId>,
    /// Rows of `ssm:ListCommandInvocations`; absent if it was not asked.
    #[serde(default)]
    pub invocations: Option<Vec<Invocation>>,
    /// How the call failed for the whole batch.
    #[serde(default)]
    pub refused: Option<CallRefusal>,
    /// Why the batch is given up.
    #[serde(default)]
    pub gave_up: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct CallAnswer {
    pub server: ServerId,
    #[serde(default)]
    pub before: Option<ServerState>,
    /// When the call for this one server failed.
    #[serde(default)]
    pub refused: Option<CallRefusal>,
}

/// What is now known of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The hold, if it must remember more than before.
    pub hold: Option<Hold>,
    /// The server is up again, or gone: the hold after it was let go; without keys, it is deleted.
    pub release: Option<Hold>,
    /// `None`: look again.
    pub outcome: Option<Outcome>,
    /// The call for this server can be made again.
    pub again: bool,
    /// What AWS said when it refused the call for this server for good.
    pub refused: Option<String>,
}

impl Proof {
    fn outcome(outcome: Option<Outcome>) -> Self {
        Self { hold: None, release: None, outcome, again: false, refused: None }
    }
}

pub fn prove(
    batch: &BatchRef,
    server: &PlannedServer,
    hold: Option<Hold>,
    evidence: &Evidence,
    waited: SignedDuration,
) -> Proof {
    if let Some(reason) = &evidence.gave_up {
        return gave_up(server, hold, reason, waited);
    }
    if let Some(refusal) = &evidence.refused {
        // A batch that was refused for good is followed by single calls: their intent must stay in the ledger.
        let noted = match refusal.meaning() {
            Meaning::Refused | Meaning::NoCapacity => None,
            _ => after_refusal(batch.step, hold, refusal),
        };
        return Proof { hold: noted, ..Proof::outcome(None) };
    }
    let key = &batch.of.key;
    match batch.step {
        Step::StopServices => services(server, hold, evidence, Wanted::Down, waited),
        Step::StartServices => {
            let proof = services(server, None, evidence, Wanted::Up, waited);
            let is_up = proof.outcome == Some(Outcome::Done);
            Proof { release: hold.filter(|_| is_up).map(|hold| hold.released_by(key)), ..proof }
        }
        Step::StopServers => stop(server, hold, evidence, waited),
        Step::StartServers => start(server, hold, &batch.of, evidence, waited),
    }
}

fn services(
    server: &PlannedServer,
    hold: Option<Hold>,
    evidence: &Evidence,
    wanted: Wanted,
    waited: SignedDuration,
) -> Proof {
    let invocations = evidence.invocations.as_deref().unwrap_or_default();
    let invocation = invocations.iter().find(|invocation| invocation.server == server.server);
    let was_asked = evidence.commanded.contains(&server.server);
    let outcome = settle_services(&server.units, invocation, was_asked, wanted, waited);
    let mut noted = None;
    if let (Wanted::Down, Some(invocation), Some(mut hold)) = (wanted, invocation, hold) {
        let before = hold.unit_priors.clone();
        for line in parse_output(&invocation.output) {
            hold.note_prior(&line.unit, line.before);
        }
        noted = (hold.unit_priors != before).then_some(hold);
    }
    Proof { hold: noted, ..Proof::outcome(outcome) }
}

/// A look that failed. EC2 fails it for the whole batch if it has forgotten one of the servers, and names that one:
/// it is gone, and the others are looked at again.
fn gave_up(server: &PlannedServer, hold: Option<Hold>, reason: &str, waited: SignedDuration) -> Proof {
    if !names_missing_servers(reason) || waited >= LONGEST_WAIT {
        return Proof::outcome(Some(Outcome::not_done(reason)));
    }
    if !reason.contains(server.server.as_str()) {
        return Proof::outcome(None);
    }
    let gone = Outcome::not_done("it no longer exists");
    Proof { release: hold.map(Hold::of_gone), ..Proof::outcome(Some(gone)) }
}

/// Only a stop leaves anything in doubt; a start is asked again until it is seen.
fn after_refusal(step: Step, hold: Option<Hold>, refusal: &CallRefusal) -> Option<Hold> {
    let mut hold = hold.filter(|hold| step == Step::StopServers && hold.own == Own::Intent)?;
    hold.note_refusal(refusal.meaning());
    Some(hold)
}

/// A call for one server that failed: asked again, looked at if it was refused for good, or left to the next attempt.
fn refused(step: Step, hold: Option<Hold>, refusal: &CallRefusal, call: &str) -> Proof {
    let mut proof = Proof { hold: after_refusal(step, hold, refusal), ..Proof::outcome(None) };
    match refusal.meaning() {
        Meaning::Passing | Meaning::AnswerLost => proof.again = true,
        Meaning::Refused => proof.refused = Some(format!("{call} was refused: {}", refusal.said())),
        // It may take hours, and the others of the batch shall not wait for it.
        Meaning::NoCapacity => {
            let reason = format!("it waits for capacity and is tried again: {}", refusal.said());
            proof.outcome = Some(Outcome::not_done(reason));
        }
    }
    proof
}

fn answer_for<'a>(server: &PlannedServer, evidence: &'a Evidence) -> Option<&'a CallAnswer> {
    evidence.answers.iter().find(|answer| answer.server == server.server)
}

fn row_of<'a>(server: &PlannedServer, evidence: &'a Evidence) -> Option<Option<&'a StatusRow>> {
    let rows = evidence.states.as_deref()?;
    Some(rows.iter().find(|row| row.server == server.server))
}

fn stop(server: &PlannedServer, hold: Option<Hold>, evidence: &Evidence, waited: SignedDuration) -> Proof {
    let answer = answer_for(server, evidence);
    if let Some(refusal) = answer.and_then(|answer| answer.refused.as_ref()) {
        return refused(Step::StopServers, hold, refusal, "StopInstances");
    }
    let owned = hold.clone().filter(|hold| hold.own == Own::Intent).and_then(|mut hold| {
        hold.note_answer(answer?.before?);
        Some(hold)
    });
    let row = row_of(server, evidence);
    let gone = row.is_some_and(|row| row.is_none_or(|row| row.state.is_gone()));
    let outcome = row.and_then(|row| settle_stop(row, server.refused.as_deref(), waited));
    let release = hold.filter(|_| gone).map(Hold::of_gone);
    Proof { hold: owned.filter(|_| !gone), release, ..Proof::outcome(outcome) }
}

fn start(
    server: &PlannedServer,
    hold: Option<Hold>,
    run: &RunRef,
    evidence: &Evidence,
    waited: SignedDuration,
) -> Proof {
    if let Some(refusal) = answer_for(server, evidence).and_then(|answer| answer.refused.as_ref()) {
        return refused(Step::StartServers, hold, refusal, "StartInstances");
    }
    let row = row_of(server, evidence);
    let state = row.flatten().map(|row| row.state);
    let agents = evidence.agents.as_ref().filter(|_| !server.units.is_empty());
    let agent = agents.map(|online| online.contains(&server.server));
    let mut proof = Proof::outcome(row.and_then(|row| settle_start(row, server.refused.as_deref(), agent, waited)));
    let Some(mut hold) = hold.filter(|_| row.is_some()) else { return proof };
    let is_up = proof.outcome == Some(Outcome::Done);
    match state {
        None => proof.release = Some(hold.of_gone()),
        Some(state) if state.is_gone() => proof.release = Some(hold.of_gone()),
        Some(ServerState::Running) if is_up && server.units.is_empty() => {
            proof.release = Some(hold.released_by(&run.key));
        }
        // From here on it is down only if somebody else stops it.
        Some(ServerState::Running) if hold.own == Own::Starting && hold.run == run.run => {
            hold.own = Own::Services;
            proof.hold = Some(hold);
        }
        Some(ServerState::Stopped) if hold.own == Own::Services && proof.outcome.is_some() => {
            proof.outcome = Some(Outcome::not_done("somebody else has stopped it"));
            proof.release = Some(hold.released_by(&run.key));
        }
        _ => {}
    }
    proof
}

#[cfg(test)]
mod tests;
