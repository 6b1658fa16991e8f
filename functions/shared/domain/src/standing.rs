//! How a watched key stands when a sweep has looked at it: what the operator is shown, and what wakes them.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::epoch::{Execution, KeyRecord};
use crate::key::KeyLook;
use crate::run::RunRecord;

/// A run that may act and has not ended for so long is stuck. The slowest thing that a run waits for is a database: two
/// hours.
pub const LONGEST_RUN: SignedDuration = SignedDuration::from_hours(3);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    pub is_off: bool,
    /// Nobody can tell.
    pub is_unknown: bool,
    pub is_paused: bool,
    /// Its newest run is under way for longer than any should.
    pub is_stuck: bool,
}

impl Standing {
    pub fn of(record: &KeyRecord, look: &KeyLook) -> Self {
        Self {
            is_off: matches!(look, KeyLook::Off { .. }),
            is_unknown: matches!(look, KeyLook::Unknown { .. }),
            is_paused: record.paused,
            is_stuck: false,
        }
    }
}

/// The ledger's record of the newest sweep, whatever came of it (`SWEEP` / `LAST`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastSweep {
    pub at: Timestamp,
    /// How many keys are watched.
    pub keys: usize,
    /// How many of them could not be followed.
    pub failed: usize,
}

/// Whether the newest run of a key is stuck. What an execution does after the run's ending holds nothing up: it mails.
pub fn is_stuck(record: &KeyRecord, run: Option<&RunRecord>, execution: Execution, now: Timestamp) -> bool {
    let starts_from = run.map_or(record.noticed_at, |run| run.starts_from);
    let may_act_from = record.tried_at.max(record.grace_ends_at).max(starts_from);
    let has_ended = run.is_some_and(|run| run.ending.is_some());
    execution == Execution::Running && !has_ended && now.duration_since(may_act_from) > LONGEST_RUN
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Direction, Ending};
    use crate::samples::key;

    fn at(hours: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours)
    }

    #[test]
    fn a_run_is_stuck_three_hours_after_its_grace_and_not_while_it_waits_for_its_grace() {
        let enrolled = KeyRecord::enrolled(key("k1"), at(0));
        let record = KeyRecord { direction: Direction::Shutdown, grace_ends_at: at(24), ..enrolled };
        let stuck = |execution, hours| is_stuck(&record, Some(&record.open_run()), execution, at(hours));
        assert!(!stuck(Execution::Running, 26));
        assert!(stuck(Execution::Running, 28));
        assert!(!stuck(Execution::Closed, 28), "a run that died is tried again");
    }

    #[test]
    fn a_run_that_has_ended_and_still_mails_is_not_stuck() {
        let record = KeyRecord::enrolled(key("k1"), at(0));
        let ended = RunRecord { ending: Some(Ending::StartupComplete), ..record.open_run() };
        assert!(is_stuck(&record, None, Execution::Running, at(4)));
        assert!(!is_stuck(&record, Some(&ended), Execution::Running, at(4)));
    }
}
