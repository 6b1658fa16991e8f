//! What AWS itself does to a database that is kept down: it starts it after a week, or takes it down for want of its key.

use jiff::{SignedDuration, Timestamp};

use super::Said;
use crate::plan::{Outcome, PlannedResource, Treatment};
use crate::resource::State;
use crate::run::Direction;

/// RDS starts what has been stopped for seven days (Amazon RDS User Guide, "Stopping an Amazon RDS DB instance
/// temporarily"); a database and a cluster alike.
const RESTARTS_AFTER: SignedDuration = SignedDuration::from_hours(7 * 24);
/// It takes a while to start what it starts, and may come late.
pub(super) const RESTART_TAKES: SignedDuration = SignedDuration::from_hours(1);
pub(super) const LOOKS_EVERY: SignedDuration = SignedDuration::from_hours(6);

/// When another attempt of a shutdown is to look whether AWS has started what is meant to be down.
pub fn look_again_at(direction: Direction, resources: &[PlannedResource], now: Timestamp) -> Option<Timestamp> {
    let is_kept_down = |resource: &&PlannedResource| {
        direction == Direction::Shutdown
            && resource.id.kind().is_database()
            && matches!(resource.treatment, Treatment::Act | Treatment::Join)
            && resource.outcome == Some(Outcome::Done)
    };
    let restarts_at = |resource: &PlannedResource| resource.restarts_at.unwrap_or(now + RESTARTS_AFTER);
    let first = resources.iter().filter(is_kept_down).map(restarts_at).min()? + RESTART_TAKES;
    Some(if first > now { first } else { now + LOOKS_EVERY })
}

/// After how many days there is something new to tell of what a shutdown keeps down, whatever was told before.
pub fn told_again_after(direction: Direction, resources: &[PlannedResource], now: Timestamp) -> Option<i64> {
    let is_news = |resource: &&PlannedResource| {
        direction == Direction::Shutdown && !matches!(said(resource, now), Said::Stopped) && resource.outcome.is_some()
    };
    resources.iter().filter(is_news).filter_map(|resource| held_for(resource, now)).max().map(days)
}

fn held_for(resource: &PlannedResource, now: Timestamp) -> Option<SignedDuration> {
    Some(now.duration_since(resource.held_since?))
}

fn days(time: SignedDuration) -> i64 {
    time.as_hours() / 24
}

/// What a report says of something that is down.
pub(super) fn said(resource: &PlannedResource, now: Timestamp) -> Said {
    let is_database_up = resource.id.kind().is_database() && resource.state.is_up();
    match held_for(resource, now) {
        _ if resource.state == State::Inaccessible => Said::TakenDown,
        Some(time) if is_database_up && time >= RESTARTS_AFTER => Said::StoppedAgain(days(time)),
        _ => Said::Stopped,
    }
}
