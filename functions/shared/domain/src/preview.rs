//! What a shutdown would do if its key were disabled now, and the startup after it.
//!
//! It is put together from the plan of the shutdown's own search by what puts the shutdown together, so that the two
//! cannot differ: the same batches, tiers, holds and lines of the report.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::app::AppName;
use crate::batch::held;
use crate::hold::Hold;
use crate::kind::Kind;
use crate::plan::{PlannedResource, Treatment, is_acted_on, plan_startup};
use crate::report::{Said, by_app, line};
use crate::resource::{ResourceId, State};
use crate::run::{Direction, RunRef};
use crate::unit::UnitState;

mod stages;

pub use stages::{BATCHES_AT_ONCE, Part, Stage, stages, takes};

/// Both walks, in order, and what is left alone.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Preview {
    pub shutdown: Vec<Stage>,
    pub startup: Vec<Stage>,
    /// What a startup would not start although the key holds it: another key does, or nothing proves that we stopped it.
    pub left_down: Vec<Group>,
    pub groups: Vec<Group>,
    pub counts: Counts,
}

/// Resources of one app, kind and tier that share a fate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// None of what has no `lockstep:app` tag.
    pub app: Option<AppName>,
    pub fate: Fate,
    pub kind: Kind,
    pub tier: i32,
    pub reason: Option<String>,
    pub members: Vec<Member>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Member {
    pub id: ResourceId,
    pub name: String,
}

/// What becomes of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// A guard.
    Suspended,
    Stopped,
    /// It is down already because of another key, and this key joins its hold.
    Joined,
    /// Somebody should look at it: it cannot be stopped, or nobody knows whose stop it was.
    InDoubt,
    NotManaged,
    Excluded,
    OnAnotherKey,
    AlreadyStopped,
    /// It goes down and up with its cluster or its servers.
    Follows,
    LeftDown,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub servers: usize,
    /// Units, databases, clusters and ECS services.
    pub services: usize,
    pub guards: usize,
    pub joined: usize,
    pub in_doubt: usize,
    pub not_managed: usize,
    pub excluded: usize,
    pub on_another_key: usize,
    pub already_stopped: usize,
}

/// `run` is the preview's; `holds` are those on what the plan names, and those of the key.
pub fn preview(run: &RunRef, plan: &[PlannedResource], holds: &[Hold], now: Timestamp) -> Preview {
    let held_now: BTreeMap<&ResourceId, &Hold> = holds.iter().map(|hold| (&hold.id, hold)).collect();
    let after = plan.iter().filter(|resource| is_acted_on(resource));
    let after = after.filter_map(|resource| after_stop(resource, held_now.get(&resource.id).copied(), run, now));
    let mut held_after: BTreeMap<ResourceId, Hold> =
        holds.iter().filter(|hold| hold.keys.contains(&run.key)).map(|hold| (hold.id.clone(), hold.clone())).collect();
    held_after.extend(after.map(|hold| (hold.id.clone(), hold)));
    let startup: Vec<PlannedResource> = held_after.values().map(|hold| plan_startup(hold, &run.key)).collect();
    let groups = groups(plan, Direction::Shutdown, now);
    Preview {
        shutdown: stages(run, Direction::Shutdown, plan),
        startup: stages(run, Direction::Startup, &startup),
        left_down: self::groups(&startup, Direction::Startup, now)
            .into_iter()
            .filter(|group| matches!(group.fate, Fate::LeftDown | Fate::InDoubt))
            .collect(),
        counts: counts(plan, &groups),
        groups,
    }
}

/// The hold on a resource once it is down: as its stop would write it, and as an answer that proves it would leave it.
fn after_stop(resource: &PlannedResource, hold: Option<&Hold>, run: &RunRef, now: Timestamp) -> Option<Hold> {
    let mut hold = held(resource, hold, run, now)?;
    if resource.treatment == Treatment::Act && !resource.state.is_down() {
        for unit in &resource.units {
            hold.note_prior(unit, UnitState::Active);
        }
        hold.intend_to_stop(&run.run, now);
        hold.note_answer(State::Running);
    }
    Some(hold)
}

/// What the warning of the shutdown, or the startup's report, would say, put together by app, fate, tier and kind.
fn groups(plan: &[PlannedResource], direction: Direction, now: Timestamp) -> Vec<Group> {
    let by_app = by_app(plan);
    let of_apps = by_app.apps.into_iter().flat_map(|(app, of)| of.into_iter().map(move |it| (Some(app.clone()), it)));
    let every = of_apps.chain(by_app.unmanaged.into_iter().map(|it| (None, it)));
    let mut groups: BTreeMap<_, Group> = BTreeMap::new();
    for (app, resource) in every {
        let Some((fate, reason)) = fate(resource, line(resource, direction, true, now).said) else { continue };
        let (kind, tier) = (resource.id.kind(), resource.tier);
        let key = (fate, app.clone(), std::cmp::Reverse(tier), kind, reason.clone());
        let empty = || Group { app, fate, kind, tier, reason, members: Vec::new() };
        let member = Member { id: resource.id.clone(), name: resource.name.clone() };
        groups.entry(key).or_insert_with(empty).members.push(member);
    }
    groups.into_values().collect()
}

fn fate(resource: &PlannedResource, said: Said) -> Option<(Fate, Option<String>)> {
    let fate = match said {
        Said::WillStop if resource.treatment == Treatment::Join => Fate::Joined,
        Said::WillStop => Fate::Stopped,
        Said::WillSuspend => Fate::Suspended,
        Said::NotManaged => Fate::NotManaged,
        Said::Excluded => Fate::Excluded,
        Said::OnAnotherKey => Fate::OnAnotherKey,
        Said::WasStoppedBefore => Fate::AlreadyStopped,
        Said::PartOf | Said::Daemon => Fate::Follows,
        Said::Problem(reason) => return Some((Fate::InDoubt, Some(reason))),
        Said::LeftDown(reason) => return Some((Fate::LeftDown, Some(reason))),
        _ => return None,
    };
    Some((fate, None))
}

fn counts(plan: &[PlannedResource], groups: &[Group]) -> Counts {
    let of = |fate| groups.iter().filter(|group| group.fate == fate).map(|group| group.members.len()).sum();
    let stopped = || plan.iter().filter(|resource| resource.treatment == Treatment::Act);
    let services = |resource: &PlannedResource| match resource.id.kind() {
        Kind::Server => resource.units.len(),
        kind => usize::from(!kind.is_guard()),
    };
    Counts {
        servers: stopped().filter(|resource| resource.id.kind() == Kind::Server).count(),
        services: stopped().map(services).sum(),
        guards: of(Fate::Suspended),
        joined: of(Fate::Joined),
        in_doubt: of(Fate::InDoubt),
        not_managed: of(Fate::NotManaged),
        excluded: of(Fate::Excluded),
        on_another_key: of(Fate::OnAnotherKey),
        already_stopped: of(Fate::AlreadyStopped),
    }
}

#[cfg(test)]
mod tests;
