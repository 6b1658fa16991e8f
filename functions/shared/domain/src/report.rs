//! What a run did, resource by resource, and how it ended.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::app::AppName;
use crate::kind::Kind;
use crate::plan::{Leave, Outcome, PlannedResource, Treatment};
use crate::refusal::WAITS_FOR_CAPACITY;
use crate::run::{Direction, Ending};
use crate::unit::UnitName;

mod again;
mod counts;
mod times;

pub use again::{look_again_at, told_again_after};
pub use counts::{Counts, counts};
pub use times::{Times, times};

/// Where a workflow was when it came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CameTo {
    /// Every step was gone through.
    TheEnd,
    /// The key was on again before anything was touched.
    CancelledInGrace,
    /// The key changed while the run was acting.
    Superseded,
    /// A step failed and was given up.
    Failure,
}

impl CameTo {
    /// As the record of an execution has it.
    pub fn reason(self) -> &'static str {
        match self {
            Self::TheEnd => "every step was gone through",
            Self::CancelledInGrace => "the key was on again in time",
            Self::Superseded => "the key changed again",
            Self::Failure => "a step was given up",
        }
    }
}

/// Decides the ending; *incomplete* never hides behind *complete*.
pub fn ending(direction: Direction, came_to: CameTo, resources: &[PlannedResource]) -> Ending {
    let acted = resources.iter().any(|resource| !matches!(resource.treatment, Treatment::Leave { .. }));
    let all_done = resources.iter().all(is_settled_well);
    match (direction, came_to) {
        (Direction::Shutdown, CameTo::CancelledInGrace) => Ending::ShutdownCancelled,
        (Direction::Shutdown, CameTo::Superseded) => Ending::ShutdownSuperseded,
        (Direction::Startup, CameTo::Superseded | CameTo::CancelledInGrace) => Ending::StartupSuperseded,
        (Direction::Shutdown, CameTo::Failure) => Ending::ShutdownIncomplete,
        (Direction::Startup, CameTo::Failure) => Ending::StartupIncomplete,
        (_, CameTo::TheEnd) if !acted => Ending::NothingToDo,
        (Direction::Shutdown, CameTo::TheEnd) if all_done => Ending::ShutdownComplete,
        (Direction::Startup, CameTo::TheEnd) if all_done => Ending::StartupComplete,
        (Direction::Shutdown, CameTo::TheEnd) => Ending::ShutdownIncomplete,
        (Direction::Startup, CameTo::TheEnd) => Ending::StartupIncomplete,
    }
}

/// Whether another attempt may bring a run further: a step was given up, or a server is not where it should be.
pub fn worth_another_try(direction: Direction, came_to: CameTo, resources: &[PlannedResource]) -> bool {
    let is_left = |resource: &PlannedResource| match resource.treatment {
        // A service that would not stop is down with its server; asking again would only hide it.
        Treatment::Act if direction == Direction::Shutdown => resource.outcome != Some(Outcome::Done),
        Treatment::Act => !is_done(resource),
        Treatment::Join | Treatment::Release { .. } => resource.outcome.is_none(),
        Treatment::Leave { .. } | Treatment::Doubt { .. } => false,
    };
    match came_to {
        CameTo::Failure => true,
        CameTo::TheEnd => resources.iter().any(is_left),
        CameTo::CancelledInGrace | CameTo::Superseded => false,
    }
}

/// It is where its run wanted it, as far as that could be seen.
pub fn is_settled_well(resource: &PlannedResource) -> bool {
    match &resource.treatment {
        Treatment::Leave { .. } => true,
        Treatment::Release { .. } => resource.outcome == Some(Outcome::Done),
        Treatment::Doubt { .. } => false,
        Treatment::Act | Treatment::Join => is_done(resource) && resource.untold.is_empty(),
    }
}

fn is_done(resource: &PlannedResource) -> bool {
    resource.outcome == Some(Outcome::Done) && (resource.units.is_empty() || resource.services == Some(Outcome::Done))
}

/// A plan by app; what belongs to no app is apart.
#[derive(Debug, Default)]
pub struct ByApp<'a> {
    pub apps: BTreeMap<AppName, Vec<&'a PlannedResource>>,
    pub unmanaged: Vec<&'a PlannedResource>,
}

pub fn by_app(resources: &[PlannedResource]) -> ByApp<'_> {
    let mut report = ByApp::default();
    // A guard of nothing that stops is nobody's business, and a follower of nothing that uses the key.
    let is_told = |resource: &&PlannedResource| match resource.treatment {
        Treatment::Leave { reason } => reason != Leave::NotNeeded && !resource.id.kind().is_guard(),
        _ => true,
    };
    for resource in resources.iter().filter(is_told) {
        match &resource.app {
            Some(app) => report.apps.entry(app.clone()).or_default().push(resource),
            None => report.unmanaged.push(resource),
        }
    }
    report
}

/// One line of a report: a resource and what there is to say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub kind: Kind,
    /// What a person calls it.
    pub id: String,
    pub name: String,
    pub units: Vec<String>,
    pub said: Said,
}

/// What a report says of a resource; a mail puts it into the reader's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    WillStop,
    Stopped,
    /// AWS had started it; the days since it was stopped first.
    StoppedAgain(i64),
    /// RDS has taken it down, and keeps it for a while only.
    TakenDown,
    Started,
    /// Of a guard.
    WillSuspend,
    Suspended,
    Resumed,
    NotManaged,
    Excluded,
    WasStoppedBefore,
    Gone,
    /// It stops and starts with its cluster.
    PartOf,
    /// It stops and starts with its servers.
    Daemon,
    /// It follows what uses the key, on a key of its own.
    OnAnotherKey,
    /// Not started, and rightly so.
    LeftDown(String),
    Problem(String),
    /// Not started, for AWS has no capacity for it; what AWS said.
    WaitsForCapacity(String),
    NotReached,
}

/// The line for a resource after a run, or (`before`) in the warning.
pub fn line(resource: &PlannedResource, direction: Direction, before: bool, now: Timestamp) -> Line {
    let (problems, is_guard) = (problems(resource), resource.id.kind().is_guard());
    let said = match (&resource.treatment, &resource.outcome) {
        (Treatment::Leave { reason }, _) => match reason {
            Leave::NotManaged => Said::NotManaged,
            Leave::Excluded => Said::Excluded,
            Leave::AlreadyStopped => Said::WasStoppedBefore,
            Leave::Gone => Said::Gone,
            Leave::PartOf => Said::PartOf,
            Leave::Daemon => Said::Daemon,
            Leave::OnAnotherKey => Said::OnAnotherKey,
            Leave::NotNeeded => Said::NotReached,
        },
        (Treatment::Doubt { reason }, _) => Said::Problem(reason.clone()),
        (Treatment::Release { reason }, _) => Said::LeftDown(reason.clone()),
        _ if before && is_guard => Said::WillSuspend,
        _ if before => Said::WillStop,
        _ if !problems.is_empty() => said_of(&problems),
        (_, None) => Said::NotReached,
        (_, Some(_)) if is_guard && direction == Direction::Shutdown => Said::Suspended,
        (_, Some(_)) if is_guard => Said::Resumed,
        (_, Some(_)) if direction == Direction::Shutdown => again::said(resource, now),
        (_, Some(_)) => Said::Started,
    };
    Line {
        kind: resource.id.kind(),
        id: resource.id.shown().to_owned(),
        name: resource.name.clone(),
        units: resource.units.iter().map(|unit| unit.as_str().to_owned()).collect(),
        said,
    }
}

fn said_of(problems: &[String]) -> Said {
    match problems {
        [only] if only.starts_with(WAITS_FOR_CAPACITY) => {
            Said::WaitsForCapacity(only.trim_start_matches(WAITS_FOR_CAPACITY).to_owned())
        }
        several => Said::Problem(several.join("; ")),
    }
}

/// Whether the run has let a server go whose units nobody knows: no later run can name them.
pub fn has_left_untold(resources: &[PlannedResource]) -> bool {
    resources.iter().any(|resource| resource.outcome == Some(Outcome::Done) && !resource.untold.is_empty())
}

fn problems(resource: &PlannedResource) -> Vec<String> {
    let waits = |it: &Outcome| matches!(it, Outcome::NotDone { reason } if reason.starts_with(WAITS_FOR_CAPACITY));
    // Services cannot come up on a server that AWS has no room for: that is one problem, not two.
    let services = resource.services.as_ref().filter(|_| !resource.outcome.as_ref().is_some_and(waits));
    let outcomes = services.into_iter().chain(&resource.outcome);
    let reasons = outcomes.filter_map(|outcome| match outcome {
        Outcome::NotDone { reason } => Some(reason.clone()),
        Outcome::Done => None,
    });
    let names: Vec<&str> = resource.untold.iter().map(UnitName::as_str).collect();
    let untold = (!names.is_empty()).then(|| {
        format!(
            "no answer told whether {} ran before the shutdown, so it was not started; start it by hand if it should run",
            names.join(", ")
        )
    });
    reasons.chain(untold).collect()
}

#[cfg(test)]
mod tests;
