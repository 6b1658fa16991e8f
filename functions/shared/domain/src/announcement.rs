//! What is said on the default event bus, for chat, paging and other tools; docs/events.md has its schema.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;

use crate::app::AppName;
use crate::key::KeyArn;
use crate::plan::{PlannedResource, Treatment};
use crate::report::{Counts, counts, times};
use crate::run::{Direction, Ending, RunName, RunRecord};

/// Raised when a field goes or changes its meaning; a new field raises nothing.
const VERSION: u32 = 1;
/// An event has at most 256 KB (Amazon EventBridge User Guide, quotas); so many names always fit.
const MOST_APPS: usize = 100;

/// The detail of `Lockstep Grace Started`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GraceStarted {
    #[serde(flatten)]
    run: Run,
    /// How many resources will be stopped or suspended, guards included.
    to_stop: usize,
}

/// The detail of `Lockstep Run Ended`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunEnded {
    #[serde(flatten)]
    run: Run,
    ending: Ending,
    ended_at: Timestamp,
    resources: Counts,
    /// Seconds from the notice until the last service was where it should be.
    services_s: Option<i64>,
    servers_s: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Run {
    version: u32,
    run: RunName,
    key: KeyArn,
    epoch: u64,
    direction: Direction,
    noticed_at: Timestamp,
    grace_ends_at: Timestamp,
    /// In the order of the alphabet.
    apps: Vec<AppName>,
    /// How many more there are than fit.
    apps_left_out: usize,
}

impl Run {
    fn of(record: &RunRecord, resources: &[PlannedResource]) -> Self {
        let apps: BTreeSet<&AppName> = resources.iter().filter_map(|resource| resource.app.as_ref()).collect();
        Self {
            version: VERSION,
            run: record.run.clone(),
            key: record.key.clone(),
            epoch: record.epoch,
            direction: record.direction,
            noticed_at: record.noticed_at,
            grace_ends_at: record.grace_ends_at,
            apps_left_out: apps.len().saturating_sub(MOST_APPS),
            apps: apps.into_iter().take(MOST_APPS).cloned().collect(),
        }
    }
}

impl GraceStarted {
    pub fn of(record: &RunRecord, resources: &[PlannedResource]) -> Self {
        let to_stop = resources.iter().filter(|resource| resource.treatment == Treatment::Act).count();
        Self { run: Run::of(record, resources), to_stop }
    }
}

impl RunEnded {
    pub fn of(record: &RunRecord, ending: Ending, ended_at: Timestamp, resources: &[PlannedResource]) -> Self {
        let times = times(record, resources);
        Self {
            run: Run::of(record, resources),
            ending,
            ended_at,
            resources: counts(resources),
            services_s: times.services_s,
            servers_s: times.servers_s,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::epoch::KeyRecord;
    use crate::samples::{key, planned};

    #[test]
    fn the_apps_of_a_run_always_fit_into_an_event() {
        let record = KeyRecord::enrolled(key("k1"), Timestamp::UNIX_EPOCH).open_run();
        let of = |number: usize| {
            let app = Some(AppName::parse(&format!("app-{number:03}")).unwrap());
            PlannedResource { app, ..planned(number) }
        };
        let resources: Vec<_> = (0..=MOST_APPS).flat_map(|number| [of(number), of(number)]).collect();
        let told = serde_json::to_value(GraceStarted::of(&record, &resources)).unwrap();
        assert_eq!((told["apps"].as_array().unwrap().len(), &told["apps_left_out"]), (MOST_APPS, &1.into()));
        assert_eq!(told["to_stop"], 2 * (MOST_APPS + 1));
    }
}
