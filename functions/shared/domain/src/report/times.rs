//! How long a run took until everything was where it should be, and whether that was too long.

use jiff::{SignedDuration, Timestamp};

use crate::kind::Kind;
use crate::plan::{Outcome, PlannedResource, Treatment};
use crate::run::{Direction, RunRecord};

/// Services are down 20 minutes after the notice, 10 of which are the grace, unless another one was chosen.
const SHUTDOWN_TAKES: SignedDuration = SignedDuration::from_mins(10);
const STARTUP_TAKES: SignedDuration = SignedDuration::from_mins(5);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Times {
    /// Seconds until the last service was where it should be: a server's units, a database or an ECS service.
    pub services_s: Option<i64>,
    /// Seconds until the last server was.
    pub servers_s: Option<i64>,
    /// A service was not settled in its time, whatever came of it.
    pub is_late: bool,
}

/// Counted from the notice of the key's change; a startup that was put off, from when it may begin.
///
/// What a key held down before the run was timed by the run that stopped it.
pub fn times(record: &RunRecord, resources: &[PlannedResource]) -> Times {
    let (began, budget_ends) = match record.direction {
        Direction::Shutdown => (record.noticed_at, record.grace_ends_at + SHUTDOWN_TAKES),
        Direction::Startup => (record.starts_from, record.starts_from + STARTUP_TAKES),
    };
    let mut times = Times::default();
    for resource in resources.iter().filter(|r| r.treatment == Treatment::Act && r.held_since.is_none()) {
        let kind = resource.id.kind();
        if kind.is_guard() {
            continue;
        }
        let own = (&resource.outcome, resource.settled_at.outcome);
        let is_server = kind == Kind::Server;
        let service = if is_server { (&resource.services, resource.settled_at.services) } else { own };
        times.is_late |= service.1.is_some_and(|at| at > budget_ends);
        times.services_s = times.services_s.max(seconds(service, began));
        times.servers_s = times.servers_s.max(seconds(own, began).filter(|_| is_server));
    }
    times
}

fn seconds((outcome, at): (&Option<Outcome>, Option<Timestamp>), began: Timestamp) -> Option<i64> {
    at.filter(|_| *outcome == Some(Outcome::Done)).map(|at| at.duration_since(began).as_secs().max(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::epoch::KeyRecord;
    use crate::plan::SettledAt;
    use crate::resource::ResourceId;
    use crate::samples::{key, planned};

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    fn record(direction: Direction) -> RunRecord {
        let grace_ends_at = if direction == Direction::Shutdown { at(10) } else { at(0) };
        KeyRecord { direction, grace_ends_at, ..KeyRecord::enrolled(key("k1"), at(0)) }.open_run()
    }

    /// A server whose units and which itself were where they should be after so many minutes.
    fn server(number: usize, services: i64, outcome: i64) -> PlannedResource {
        PlannedResource {
            services: Some(Outcome::Done),
            outcome: Some(Outcome::Done),
            settled_at: SettledAt { services: Some(at(services)), outcome: Some(at(outcome)) },
            ..planned(number)
        }
    }

    #[test]
    fn a_run_took_as_long_as_its_slowest_service_and_the_grace_counts() {
        let times = times(&record(Direction::Shutdown), &[server(1, 12, 14), server(2, 15, 16)]);
        assert_eq!(times, Times { services_s: Some(15 * 60), servers_s: Some(16 * 60), is_late: false });
    }

    #[test]
    fn services_are_late_ten_minutes_after_the_grace_and_five_after_the_key_is_on() {
        let is_late = |direction, services| times(&record(direction), &[server(1, services, 3)]).is_late;
        assert_eq!([20, 21].map(|minutes| is_late(Direction::Shutdown, minutes)), [false, true]);
        assert_eq!([5, 6].map(|minutes| is_late(Direction::Startup, minutes)), [false, true]);
    }

    #[test]
    fn a_database_is_a_service_and_what_failed_is_late_but_takes_no_time() {
        let database = PlannedResource {
            id: ResourceId::parse("db:orders").unwrap(),
            units: Vec::new(),
            services: None,
            outcome: Some(Outcome::not_done("still available")),
            ..server(1, 85, 85)
        };
        let times = times(&record(Direction::Shutdown), &[database]);
        assert_eq!(times, Times { services_s: None, servers_s: None, is_late: true });
    }

    #[test]
    fn what_was_held_down_before_was_timed_before() {
        let held = PlannedResource { held_since: Some(at(-60 * 24 * 7)), ..server(1, 60, 60) };
        assert_eq!(times(&record(Direction::Shutdown), &[held]), Times::default());
    }
}
