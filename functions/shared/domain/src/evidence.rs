//! What one round of answers proves about a resource: its outcome, and what its hold must remember.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde::Deserialize;

use crate::batch::{BatchRef, Step};
use crate::hold::{Hold, Own};
use crate::outcome::{Invocation, Wanted, settle_services, settle_start, settle_stop};
use crate::plan::{Outcome, PlannedResource, TAKEN_DOWN};
use crate::refusal::CallRefusal;
use crate::resource::{State, StatusRow};
use crate::unit::parse_output;

mod answers;
mod refused;

pub use answers::{CallAnswer, PartAnswer};
use refused::{gave_up, refused};

/// The answers that a workflow hands on, each in the fields that matter.
#[derive(Debug, Default, Deserialize)]
pub struct Evidence {
    /// What came of the call for each part of the batch.
    #[serde(default)]
    pub answers: Vec<PartAnswer>,
    /// Rows of the look, such as `ec2:DescribeInstanceStatus`; absent if it was not asked.
    #[serde(default)]
    pub states: Option<Vec<StatusRow>>,
    /// Servers whose SSM agent is online; absent if it was not asked.
    #[serde(default)]
    pub agents: Option<BTreeSet<String>>,
    /// Servers that a command was sent to.
    #[serde(default)]
    pub commanded: BTreeSet<String>,
    /// Rows of `ssm:ListCommandInvocations`; absent if it was not asked.
    #[serde(default)]
    pub invocations: Option<Vec<Invocation>>,
    /// How the command to the units of a batch failed.
    #[serde(default)]
    pub refused: Option<CallRefusal>,
    /// Why the batch is given up.
    #[serde(default)]
    pub gave_up: Option<String>,
}

impl Evidence {
    /// What AWS said first, if any call failed.
    pub fn refusal(&self) -> Option<&CallRefusal> {
        self.refused.iter().chain(self.answers.iter().filter_map(|part| part.refused.as_ref())).next()
    }

    /// The parts in which calls are made again; `is_starved` if there was no room for them for long.
    pub fn again(&self, is_starved: bool) -> Vec<Vec<String>> {
        let parts = self.answers.iter().flat_map(|part| part.again(is_starved));
        parts.map(<[String]>::to_vec).collect()
    }

    /// Some call was accepted.
    pub fn is_progress(&self) -> bool {
        self.answers.iter().any(|part| part.refused.is_none())
    }

    /// No call failed for lack of room, only for one among several.
    pub fn is_of_one_among_many(&self) -> bool {
        let mut failed = self.answers.iter().filter(|part| part.refused.is_some());
        self.refused.is_none() && failed.all(PartAnswer::is_of_one_among_many)
    }
}

/// What is now known of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The hold, if it must remember more than before: at once, or, with a `release`, if that may not be written.
    pub hold: Option<Hold>,
    /// It is up again, or gone: the hold after it was let go; without keys, it is deleted.
    pub release: Option<Hold>,
    /// `None`: look again.
    pub outcome: Option<Outcome>,
    /// The call for it can be made again.
    pub again: bool,
    /// What AWS said when it refused the call for it for good.
    pub refused: Option<String>,
}

impl Proof {
    fn outcome(outcome: Option<Outcome>) -> Self {
        Self { hold: None, release: None, outcome, again: false, refused: None }
    }
}

pub fn prove(
    batch: &BatchRef,
    resource: &PlannedResource,
    hold: Option<Hold>,
    evidence: &Evidence,
    waited: SignedDuration,
) -> Proof {
    if let Some(reason) = &evidence.gave_up {
        return gave_up(resource, hold, reason, waited);
    }
    if evidence.refused.is_some() {
        return Proof::outcome(None);
    }
    let key = &batch.of.key;
    match batch.step {
        Step::StopServices => services(resource, hold, evidence, Wanted::Down, waited),
        Step::StartServices => {
            let proof = services(resource, None, evidence, Wanted::Up, waited);
            let is_up = proof.outcome == Some(Outcome::Done);
            Proof { release: hold.filter(|_| is_up).map(|hold| hold.released_by(key)), ..proof }
        }
        Step::Stop(_) => stop(batch, resource, hold, evidence, waited),
        Step::Start(_) => start(batch, resource, hold, evidence, waited),
    }
}

fn services(
    resource: &PlannedResource,
    hold: Option<Hold>,
    evidence: &Evidence,
    wanted: Wanted,
    waited: SignedDuration,
) -> Proof {
    let invocations = evidence.invocations.as_deref().unwrap_or_default();
    let invocation = invocations.iter().find(|invocation| invocation.name == resource.id.name());
    let was_asked = evidence.commanded.contains(resource.id.name());
    let outcome = settle_services(&resource.units, invocation, was_asked, wanted, waited);
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

fn part_of<'a>(resource: &PlannedResource, evidence: &'a Evidence) -> Option<&'a PartAnswer> {
    evidence.answers.iter().find(|part| part.names.iter().any(|name| name == resource.id.name()))
}

fn row_of<'a>(resource: &PlannedResource, evidence: &'a Evidence) -> Option<Option<&'a StatusRow>> {
    let rows = evidence.states.as_deref()?;
    Some(rows.iter().find(|row| row.name == resource.id.name()))
}

fn stop(
    batch: &BatchRef,
    resource: &PlannedResource,
    hold: Option<Hold>,
    evidence: &Evidence,
    waited: SignedDuration,
) -> Proof {
    let part = part_of(resource, evidence);
    if let Some(proof) = part.and_then(|part| refused(batch.step, hold.as_ref(), part)) {
        return proof;
    }
    let mut answers = part.into_iter().flat_map(|part| &part.answers);
    let answer = answers.find(|answer| answer.name == resource.id.name());
    let row = row_of(resource, evidence);
    // Refused, and seen up: no call of ours was carried out.
    let stayed_up = resource.refused.is_some() && row.flatten().is_some_and(|row| row.state.is_up());
    let owned = hold.clone().filter(|hold| hold.own == Own::Intent).and_then(|mut hold| {
        match answer.and_then(CallAnswer::before) {
            Some(before) => {
                hold.note_answer(before);
                hold.note_count(answer.and_then(|answer| answer.count));
            }
            // An intent of another key's run is not ours to take back: it is about to call.
            None if stayed_up && hold.run == batch.of.run => hold.own = hold.was,
            None => return None,
        }
        Some(hold)
    });
    let gone = row.is_some_and(|row| row.is_none_or(|row| row.state.is_gone()));
    let outcome = row.and_then(|row| settle_stop(batch.step.kind(), row, resource.refused.as_deref(), waited));
    let release = hold.filter(|_| gone).map(Hold::of_gone);
    Proof { hold: owned.filter(|_| !gone), release, ..Proof::outcome(outcome) }
}

fn start(
    batch: &BatchRef,
    resource: &PlannedResource,
    hold: Option<Hold>,
    evidence: &Evidence,
    waited: SignedDuration,
) -> Proof {
    if let Some(proof) = part_of(resource, evidence).and_then(|part| refused(batch.step, hold.as_ref(), part)) {
        return proof;
    }
    let (run, row) = (&batch.of, row_of(resource, evidence));
    let state = row.flatten().map(|row| row.state);
    let agents = evidence.agents.as_ref().filter(|_| !resource.units.is_empty());
    let agent = agents.map(|online| online.contains(resource.id.name()));
    let mut proof = Proof::outcome(
        row.and_then(|row| settle_start(batch.step.kind(), row, resource.refused.as_deref(), agent, waited)),
    );
    let Some(mut hold) = hold.filter(|_| row.is_some()) else { return proof };
    let is_up = proof.outcome == Some(Outcome::Done);
    match state {
        None => proof.release = Some(hold.of_gone()),
        Some(state) if state.is_gone() => proof.release = Some(hold.of_gone()),
        Some(State::Running) => {
            let may_go = is_up && resource.units.is_empty();
            proof.release = may_go.then(|| hold.clone().released_by(&run.key));
            // From here on it is down only if somebody else stops it.
            if hold.own == Own::Starting && hold.run == run.run {
                hold.own = Own::Services;
                proof.hold = Some(hold);
            }
        }
        Some(State::Stopped) if hold.own == Own::Services && proof.outcome.is_some() => {
            proof.outcome = Some(Outcome::not_done("somebody else has stopped it"));
            proof.release = Some(hold.released_by(&run.key));
        }
        Some(State::Inaccessible) if hold.own == Own::Services && proof.outcome.is_some() => {
            proof.outcome = Some(Outcome::not_done(TAKEN_DOWN));
            proof.release = Some(hold.released_by(&run.key));
        }
        _ => {}
    }
    proof
}

#[cfg(test)]
mod tests;
