//! One execution of a workflow: its direction, its name, its record and its ending.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::key::KeyArn;

mod name;

pub use name::RunName;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Shutdown,
    Startup,
}

impl Direction {
    /// The ending of a run that stopped acting because the key had changed.
    pub fn superseded(self) -> Ending {
        match self {
            Self::Shutdown => Ending::ShutdownSuperseded,
            Self::Startup => Ending::StartupSuperseded,
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shutdown => "shutdown",
            Self::Startup => "startup",
        })
    }
}

/// What every step of a run is told; also the whole input of an execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRef {
    pub run: RunName,
    pub key: KeyArn,
    pub epoch: u64,
}

/// The ledger's record of a run (`RUN#<run>` / `RUN`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    pub run: RunName,
    pub key: KeyArn,
    pub epoch: u64,
    pub direction: Direction,
    pub noticed_at: Timestamp,
    pub grace_ends_at: Timestamp,
    /// A startup begins no earlier: later than `noticed_at` while the key is switched on and off again and again.
    pub starts_from: Timestamp,
    /// The newest run of the epoch before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<RunName>,
    /// The key is being switched on and off: one digest mail takes the place of many.
    #[serde(default)]
    pub flapping: bool,
    /// Since when it may act; as long as it is empty, the run has touched nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acting_since: Option<Timestamp>,
    /// Since when it may act no more: it was told that the key had changed. None of its later writes is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub let_go_at: Option<Timestamp>,
    /// It ended, but another attempt may bring it further.
    #[serde(default)]
    pub worth_another_try: bool,
    /// When what it has stopped may have been started by AWS, so that another attempt is to look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look_again_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// What a startup finds of a shutdown before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// It has touched nothing: it is cancelled.
    InGrace,
    /// It may still be acting.
    Acting,
    /// It has ended, or never was, or had `patience` to end.
    LetGo,
}

/// `next` is the run of the epoch after `before`, which has told it to let go.
pub fn before_startup(before: &RunRecord, next: &RunRecord, now: Timestamp, patience: SignedDuration) -> Before {
    match before {
        _ if before.direction == Direction::Startup || before.ending.is_some() => Before::LetGo,
        _ if before.acting_since.is_none() => Before::InGrace,
        _ if now < next.noticed_at + patience => Before::Acting,
        _ => Before::LetGo,
    }
}

/// What is written down when a run ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    pub ending: Ending,
    pub worth_another_try: bool,
    pub look_again_at: Option<Timestamp>,
    pub at: Timestamp,
}

/// How a run can end; also in its mail, metric and event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    ShutdownComplete,
    ShutdownCancelled,
    ShutdownSuperseded,
    ShutdownIncomplete,
    StartupComplete,
    StartupIncomplete,
    StartupSuperseded,
    NothingToDo,
}

impl Ending {
    /// As it is written everywhere: in the ledger, in ids of mails, in events, metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::ShutdownComplete => "shutdown_complete",
            Self::ShutdownCancelled => "shutdown_cancelled",
            Self::ShutdownSuperseded => "shutdown_superseded",
            Self::ShutdownIncomplete => "shutdown_incomplete",
            Self::StartupComplete => "startup_complete",
            Self::StartupIncomplete => "startup_incomplete",
            Self::StartupSuperseded => "startup_superseded",
            Self::NothingToDo => "nothing_to_do",
        }
    }

    pub fn is_incomplete(self) -> bool {
        matches!(self, Self::ShutdownIncomplete | Self::StartupIncomplete)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::epoch::KeyRecord;
    use crate::samples::key;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    fn shutdown(acting_since: Option<i64>, ending: Option<Ending>) -> RunRecord {
        let direction = Direction::Shutdown;
        let opened = KeyRecord { direction, ..KeyRecord::enrolled(key("k1"), at(0)) }.open_run();
        RunRecord { acting_since: acting_since.map(at), ending, ..opened }
    }

    const PATIENCE: SignedDuration = SignedDuration::from_mins(20);

    #[test]
    fn an_ending_has_one_name() {
        use Ending::*;
        let all = [
            ShutdownComplete,
            ShutdownCancelled,
            ShutdownSuperseded,
            ShutdownIncomplete,
            StartupComplete,
            StartupIncomplete,
            StartupSuperseded,
            NothingToDo,
        ];
        for ending in all {
            assert_eq!(serde_json::json!(ending), ending.name());
        }
    }

    #[test]
    fn a_shutdown_in_its_grace_is_cancelled_and_one_that_acts_is_waited_for() {
        let own = KeyRecord::enrolled(key("k1"), at(12)).open_run();
        let before = |acting, ending, now| before_startup(&shutdown(acting, ending), &own, at(now), PATIENCE);
        assert_eq!(before(None, None, 60), Before::InGrace);
        assert_eq!(before(Some(10), None, 13), Before::Acting);
        assert_eq!(before(Some(10), Some(Ending::ShutdownSuperseded), 13), Before::LetGo);
        assert_eq!(before(Some(10), None, 33), Before::LetGo);
        assert_eq!(before_startup(&own, &own, at(13), PATIENCE), Before::LetGo, "a startup is not waited for");
    }
}
