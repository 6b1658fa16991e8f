//! What is measured of a run that has ended.

use super::{Measured, Metric, settled};
use crate::plan::PlannedResource;
use crate::report::{counts, times};
use crate::run::{Direction, Ending, RunRecord};

pub fn of_ended(record: &RunRecord, ending: Ending, resources: &[PlannedResource]) -> Vec<Measured> {
    let times = times(record, resources);
    let (services, servers) = match record.direction {
        Direction::Shutdown => (Metric::SecondsToServicesDown, Some(Metric::SecondsToServersDown)),
        Direction::Startup => (Metric::SecondsToServicesUp, None),
    };
    let mut measured = vec![(Metric::RunsEnded(ending), 1)];
    measured.extend(ending.is_incomplete().then_some((Metric::RunsIncomplete, 1)));
    measured.extend(times.services_s.map(|seconds| (services, seconds)));
    measured.extend(servers.and_then(|servers| Some((servers, times.servers_s?))));
    measured.extend(times.is_late.then_some((Metric::BudgetExceeded, 1)));
    measured.extend(settled(counts(resources)));
    measured
}
