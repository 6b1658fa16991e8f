//! Guards in a plan: what would undo a stop is suspended before it, or nothing under it stops.

use std::collections::{BTreeMap, BTreeSet};

use super::{Leave, Outcome, PlannedResource, Treatment, is_acted_on};
use crate::batch::Step;
use crate::kind::Kind;
use crate::resource::ResourceId;
use crate::scaling::Members;

/// Ends a round for guards: what has one that we may not suspend is not stopped, and one of nothing that stops is not
/// suspended.
pub(super) fn close(resources: &mut [PlannedResource]) {
    let by_id: BTreeMap<ResourceId, Treatment> = resources
        .iter()
        .filter(|resource| resource.id.kind().is_guard())
        .map(|guard| (guard.id.clone(), guard.treatment.clone()))
        .collect();
    for resource in resources.iter_mut().filter(|resource| is_acted_on(resource)) {
        let Some(guard) = &resource.guard else { continue };
        if let Some(why) = why_not_suspended(by_id.get(guard)) {
            resource.treatment = Treatment::Doubt { reason: format!("{} {why}", in_danger(guard)) };
        }
    }
    let needed: BTreeSet<ResourceId> =
        resources.iter().filter(|resource| is_acted_on(resource)).filter_map(|r| r.guard.clone()).collect();
    let is_idle = |resource: &&mut PlannedResource| {
        resource.id.kind().is_guard() && is_acted_on(resource) && !needed.contains(&resource.id)
    };
    for guard in resources.iter_mut().filter(is_idle) {
        guard.treatment = Treatment::Leave { reason: Leave::NotNeeded };
    }
}

fn why_not_suspended(guard: Option<&Treatment>) -> Option<String> {
    match guard {
        Some(Treatment::Act | Treatment::Join | Treatment::Release { .. }) => None,
        Some(Treatment::Leave { reason: Leave::AlreadyStopped | Leave::NotNeeded }) => None,
        Some(Treatment::Leave { reason: Leave::NotManaged }) => Some("has no lockstep:app tag".to_owned()),
        Some(Treatment::Leave { reason: Leave::Excluded }) => {
            Some("is excluded by its lockstep:exclude tag".to_owned())
        }
        Some(Treatment::Doubt { reason }) => Some(format!("cannot be suspended: {reason}")),
        Some(Treatment::Leave { reason: Leave::Gone | Leave::PartOf | Leave::Daemon | Leave::OnAnotherKey }) | None => {
            Some("could not be seen".to_owned())
        }
    }
}

fn in_danger(guard: &ResourceId) -> String {
    match guard.kind() {
        Kind::ScalableTarget => "its scaling would start its tasks again and".to_owned(),
        _ => format!("it belongs to Auto Scaling group {}, which would replace it and", guard.name()),
    }
}

fn called(guard: &ResourceId) -> String {
    match guard.kind() {
        Kind::ScalableTarget => "its scaling".to_owned(),
        _ => format!("Auto Scaling group {}", guard.name()),
    }
}

/// Why no call is made for a resource although it is its turn: what would undo its stop was not seen suspended, or a
/// guard would undo the start that it waited for.
///
/// `plan` has at least the guard of the resource, or everything that the resource guards; `members` is what a group
/// was just seen with.
pub fn held_back(
    step: Step,
    resource: &PlannedResource,
    plan: &[PlannedResource],
    members: Option<&Members>,
) -> Option<String> {
    match step {
        Step::StopServices | Step::Stop(_) => {
            let id = resource.guard.as_ref()?;
            let guard = plan.iter().find(|other| other.id == *id);
            let is_suspended = guard.is_some_and(|guard| match guard.treatment {
                Treatment::Leave { reason: Leave::AlreadyStopped } => true,
                _ => guard.outcome == Some(Outcome::Done),
            });
            (!is_suspended).then(|| format!("left running because {} could not be suspended", called(id)))
        }
        Step::Start(kind) if kind.is_guard() => {
            // What we do not start of a group is judged by what was just seen of it: it may be gone.
            let counts = |other: &PlannedResource| other.treatment == Treatment::Act || kind != Kind::Group;
            let is_down = |other: &&PlannedResource| {
                other.guard.as_ref() == Some(&resource.id) && counts(other) && !is_back(other)
            };
            let waits_for = plan.iter().find(is_down).map(|other| format!("{} is not back", other.id.name()));
            let reason = waits_for.or_else(|| match members {
                Some(members) => members.in_danger(),
                None if kind != Kind::Group => None,
                None => Some("nobody could tell how its members are".to_owned()),
            })?;
            Some(format!("still suspended: {reason}"))
        }
        Step::StartServices | Step::Start(_) => None,
    }
}

/// It runs, and so do its services.
fn is_back(resource: &PlannedResource) -> bool {
    let is_well = |outcome: &Option<Outcome>| outcome.is_none() || *outcome == Some(Outcome::Done);
    resource.outcome == Some(Outcome::Done) && is_well(&resource.services)
}

#[cfg(test)]
mod tests;
