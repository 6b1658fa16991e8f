//! What one round of answers proves about a server: its outcome, and what its hold must remember.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use serde::Deserialize;

use crate::batch::Step;
use crate::hold::{Hold, Own};
use crate::outcome::{Invocation, Wanted, settle_services, settle_start, settle_stop};
use crate::plan::{Outcome, PlannedServer};
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
    /// Why the call failed for the whole batch, and the batch was given up.
    #[serde(default)]
    pub gave_up: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct CallAnswer {
    pub server: ServerId,
    #[serde(default)]
    pub before: Option<ServerState>,
    /// What AWS said when the call for this one server failed.
    #[serde(default)]
    pub error: Option<String>,
}

/// What is now known of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The hold, if it must remember more than before.
    pub hold: Option<Hold>,
    /// The server is up again, or gone: the hold is let go.
    pub close: bool,
    /// `None`: look again.
    pub outcome: Option<Outcome>,
}

pub fn prove(
    step: Step,
    server: &PlannedServer,
    hold: Option<Hold>,
    evidence: &Evidence,
    waited: SignedDuration,
) -> Proof {
    if let Some(reason) = &evidence.gave_up {
        return Proof { hold: None, close: false, outcome: Some(Outcome::not_done(reason)) };
    }
    match step {
        Step::StopServices => services(server, hold, evidence, Wanted::Down, waited),
        Step::StartServices => {
            let mut proof = services(server, hold, evidence, Wanted::Up, waited);
            proof.close = proof.outcome == Some(Outcome::Done);
            proof
        }
        Step::StopServers => stop(server, hold, evidence, waited),
        Step::StartServers => start(server, hold, evidence, waited),
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
    Proof { hold: noted, close: false, outcome }
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
    let owned = hold.filter(|hold| hold.own == Own::Intent).and_then(|mut hold| {
        hold.own = match (answer?.before, &answer?.error) {
            (Some(ServerState::Running | ServerState::Pending), _) => Own::Stopped,
            (Some(_), _) => Own::NotOurs,
            (None, Some(_)) => Own::Services,
            (None, None) => return None,
        };
        Some(hold)
    });
    if let Some(error) = answer.and_then(|answer| answer.error.as_ref()) {
        let outcome = Some(Outcome::not_done(format!("StopInstances was refused: {error}")));
        return Proof { hold: owned, close: false, outcome };
    }
    let row = row_of(server, evidence);
    let gone = row.is_some_and(|row| row.is_none_or(|row| row.state.is_gone()));
    let outcome = row.and_then(|row| settle_stop(row, waited));
    Proof { hold: owned.filter(|_| !gone), close: gone, outcome }
}

fn start(server: &PlannedServer, hold: Option<Hold>, evidence: &Evidence, waited: SignedDuration) -> Proof {
    if let Some(error) = answer_for(server, evidence).and_then(|answer| answer.error.as_ref()) {
        let outcome = Some(Outcome::not_done(format!("StartInstances was refused: {error}")));
        return Proof { hold: None, close: false, outcome };
    }
    let row = row_of(server, evidence);
    let gone = row.is_some_and(|row| row.is_none_or(|row| row.state.is_gone()));
    let agents = evidence.agents.as_ref().filter(|_| !server.units.is_empty());
    let agent = agents.map(|online| online.contains(&server.server));
    let outcome = row.and_then(|row| settle_start(row, agent, waited));
    let nothing_more = outcome == Some(Outcome::Done) && server.units.is_empty();
    Proof { hold: None, close: hold.is_some() && (gone || nothing_more), outcome }
}

/// Holds by server, for the callers that join them with a plan.
pub fn by_server(holds: Vec<Hold>) -> BTreeMap<ServerId, Hold> {
    holds.into_iter().map(|hold| (hold.server.clone(), hold)).collect()
}
