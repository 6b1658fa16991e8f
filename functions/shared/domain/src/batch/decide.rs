//! What a step does with each resource of its batch, right before the call.

use jiff::Timestamp;

use super::{Step, StuckPolicy};
use crate::hold::{Hold, HoldSeed, Own};
use crate::plan::{Outcome, PlannedResource, Treatment};
use crate::resource::State;
use crate::run::RunRef;

/// What a step does with one resource of its batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Write this hold, then make the call for it.
    Call(Hold),
    /// Make no call, but look at it until it has settled.
    Watch,
    /// Nothing is left to do; write this hold if there is one, and this outcome.
    Settle(Option<Hold>, Outcome),
    /// Settled before; nothing to write.
    Skip,
}

/// Decides for one resource; `hold` is what the ledger has of it.
pub fn decide(
    step: Step,
    resource: &PlannedResource,
    hold: Option<&Hold>,
    run: &RunRef,
    policy: StuckPolicy,
    now: Timestamp,
) -> Act {
    let done = if step.is_about_units() { &resource.services } else { &resource.outcome };
    if done.is_some() || matches!(resource.treatment, Treatment::Leave { .. } | Treatment::Doubt { .. }) {
        return Act::Skip;
    }
    // Asked and refused for good: what it is now settles it.
    if resource.refused.is_some() && !step.is_about_units() {
        return Act::Watch;
    }
    match step {
        Step::StopServices => stop_services(resource, hold, run, now),
        Step::Stop(_) => stop(resource, hold, run, policy, now),
        Step::Start(_) => start(resource, hold, run),
        Step::StartServices => start_services(resource, hold, run),
    }
}

/// The hold that a stop would write: what the ledger has, or a new one; empty for what belongs to no app.
pub(crate) fn held(resource: &PlannedResource, hold: Option<&Hold>, run: &RunRef, now: Timestamp) -> Option<Hold> {
    let hold = match hold {
        Some(hold) => hold.clone(),
        None => {
            let app = resource.app.clone()?;
            let (id, name, units) = (resource.id.clone(), resource.name.clone(), resource.units.clone());
            let (guard, settings) = (resource.guard.clone(), resource.settings.clone());
            let seed = HoldSeed { id, name, app, units, tier: resource.tier, guard, state: resource.state, settings };
            Hold::open(&seed, &run.key, &run.run, now)
        }
    };
    Some(hold.joined_by(&run.key))
}

fn stop_services(resource: &PlannedResource, hold: Option<&Hold>, run: &RunRef, now: Timestamp) -> Act {
    if resource.units.is_empty() {
        return Act::Skip;
    }
    match held(resource, hold, run, now) {
        Some(hold) if resource.state == State::Stopped => Act::Settle(Some(hold), Outcome::Done),
        Some(hold) => Act::Call(hold),
        None => Act::Skip,
    }
}

fn stop(resource: &PlannedResource, hold: Option<&Hold>, run: &RunRef, policy: StuckPolicy, now: Timestamp) -> Act {
    let Some(mut hold) = held(resource, hold, run, now) else { return Act::Skip };
    if resource.treatment == Treatment::Join || resource.state.is_down() {
        return Act::Settle(Some(hold), Outcome::Done);
    }
    match &resource.services {
        None if !resource.units.is_empty() => {
            return Act::Settle(None, Outcome::not_done("its services were not seen stopped"));
        }
        Some(Outcome::NotDone { reason }) if policy == StuckPolicy::Hold => {
            return Act::Settle(
                None,
                Outcome::not_done(format!("left running because a service did not stop: {reason}")),
            );
        }
        _ => {}
    }
    if hold.own == Own::Stopped && hold.run == run.run {
        return Act::Watch;
    }
    hold.intend_to_stop(&run.run, now);
    Act::Call(hold)
}

fn start(resource: &PlannedResource, hold: Option<&Hold>, run: &RunRef) -> Act {
    let Some(hold) = hold else { return Act::Settle(None, Outcome::not_done("no hold proves that we stopped it")) };
    if let Treatment::Release { reason } = &resource.treatment {
        let released = hold.clone().released_by(&run.key);
        // A server that another key holds down is not what the key's owner expects: it makes the run incomplete.
        let outcome = if released.keys.is_empty() { Outcome::Done } else { Outcome::not_done(reason) };
        return Act::Settle(Some(released), outcome);
    }
    if hold.is_held_by_another_than(&run.key) {
        return Act::Settle(None, Outcome::not_done("another key holds it down"));
    }
    match hold.own {
        Own::Services => Act::Watch,
        _ if hold.is_ours_to_start() => Act::Call(Hold { own: Own::Starting, run: run.run.clone(), ..hold.clone() }),
        _ => Act::Settle(None, Outcome::not_done("it is not proven that we stopped it while it was running")),
    }
}

fn start_services(resource: &PlannedResource, hold: Option<&Hold>, run: &RunRef) -> Act {
    if matches!(resource.treatment, Treatment::Release { .. }) {
        return Act::Skip;
    }
    match (&resource.outcome, hold) {
        // It went off after the server was started; its own shutdown is about to stop the units.
        (Some(Outcome::Done), Some(hold)) if hold.is_held_by_another_than(&run.key) => {
            Act::Settle(None, Outcome::not_done("another key holds its server down"))
        }
        (Some(Outcome::Done), Some(hold)) if !resource.units.is_empty() => Act::Call(hold.clone()),
        (Some(Outcome::Done), _) => Act::Skip,
        _ => Act::Settle(None, Outcome::not_done("its server is not up")),
    }
}
