//! What a run did, resource by resource, and how it ended.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::app::AppName;
use crate::plan::{Leave, Outcome, PlannedServer, Treatment};
use crate::run::{Direction, Ending};
use crate::unit::UnitName;

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

/// Decides the ending; *incomplete* never hides behind *complete*.
pub fn ending(direction: Direction, came_to: CameTo, servers: &[PlannedServer]) -> Ending {
    let acted = servers.iter().any(|server| !matches!(server.treatment, Treatment::Leave { .. }));
    let all_done = servers.iter().all(is_settled_well);
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
pub fn worth_another_try(direction: Direction, came_to: CameTo, servers: &[PlannedServer]) -> bool {
    let is_left = |server: &PlannedServer| match server.treatment {
        // A service that would not stop is down with its server; asking again would only hide it.
        Treatment::Act if direction == Direction::Shutdown => server.outcome != Some(Outcome::Done),
        Treatment::Act => !is_done(server),
        Treatment::Join | Treatment::Release { .. } => server.outcome.is_none(),
        Treatment::Leave { .. } | Treatment::Doubt { .. } => false,
    };
    match came_to {
        CameTo::Failure => true,
        CameTo::TheEnd => servers.iter().any(is_left),
        CameTo::CancelledInGrace | CameTo::Superseded => false,
    }
}

fn is_settled_well(server: &PlannedServer) -> bool {
    match &server.treatment {
        Treatment::Leave { .. } => true,
        Treatment::Release { .. } => server.outcome == Some(Outcome::Done),
        Treatment::Doubt { .. } => false,
        Treatment::Act | Treatment::Join => is_done(server) && server.untold.is_empty(),
    }
}

fn is_done(server: &PlannedServer) -> bool {
    server.outcome == Some(Outcome::Done) && (server.units.is_empty() || server.services == Some(Outcome::Done))
}

/// A plan by app; what belongs to no app is apart.
#[derive(Debug, Default)]
pub struct ByApp<'a> {
    pub apps: BTreeMap<AppName, Vec<&'a PlannedServer>>,
    pub unmanaged: Vec<&'a PlannedServer>,
}

pub fn by_app(servers: &[PlannedServer]) -> ByApp<'_> {
    let mut report = ByApp::default();
    for server in servers {
        match &server.app {
            Some(app) => report.apps.entry(app.clone()).or_default().push(server),
            None => report.unmanaged.push(server),
        }
    }
    report
}

/// One line of a report: a server and what there is to say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub server: String,
    pub name: String,
    pub units: Vec<String>,
    pub said: Said,
}

/// What a report says of a server; a mail puts it into the reader's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    WillStop,
    Stopped,
    Started,
    NotManaged,
    Excluded,
    WasStoppedBefore,
    Gone,
    /// Not started, and rightly so.
    LeftDown(String),
    Problem(String),
    NotReached,
}

/// The line for a server after a run, or (`before`) in the warning.
pub fn line(server: &PlannedServer, direction: Direction, before: bool) -> Line {
    let problems = problems(server);
    let said = match (&server.treatment, &server.outcome) {
        (Treatment::Leave { reason }, _) => match reason {
            Leave::NotManaged => Said::NotManaged,
            Leave::Excluded => Said::Excluded,
            Leave::AlreadyStopped => Said::WasStoppedBefore,
            Leave::Gone => Said::Gone,
        },
        (Treatment::Doubt { reason }, _) => Said::Problem(reason.clone()),
        (Treatment::Release { reason }, _) => Said::LeftDown(reason.clone()),
        _ if before => Said::WillStop,
        _ if !problems.is_empty() => Said::Problem(problems.join("; ")),
        (_, None) => Said::NotReached,
        (_, Some(_)) if direction == Direction::Shutdown => Said::Stopped,
        (_, Some(_)) => Said::Started,
    };
    Line {
        server: server.server.as_str().to_owned(),
        name: server.name.clone(),
        units: server.units.iter().map(|unit| unit.as_str().to_owned()).collect(),
        said,
    }
}

/// Whether the run has let a server go whose units nobody knows: no later run can name them.
pub fn has_left_untold(servers: &[PlannedServer]) -> bool {
    servers.iter().any(|server| server.outcome == Some(Outcome::Done) && !server.untold.is_empty())
}

fn problems(server: &PlannedServer) -> Vec<String> {
    let outcomes = [&server.services, &server.outcome].into_iter().flatten();
    let reasons = outcomes.filter_map(|outcome| match outcome {
        Outcome::NotDone { reason } => Some(reason.clone()),
        Outcome::Done => None,
    });
    let names: Vec<&str> = server.untold.iter().map(UnitName::as_str).collect();
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
