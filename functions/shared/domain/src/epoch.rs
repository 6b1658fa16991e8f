//! The life of a watched key: when a look at its state opens a new epoch.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::key::{KeyArn, KeyLook};
use crate::run::{Direction, Ending, RunName, RunRecord};

/// Startups of one key in an hour; more are put off, so that flapping does not wear out the servers.
pub const STARTUPS_PER_HOUR: usize = 4;
const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// An attempt that died is followed by the next after the first, doubled for each attempt, at most the second.
const AFTER_DEATH: (SignedDuration, SignedDuration) = (SignedDuration::from_mins(1), HOUR);
/// Likewise an attempt that ended without bringing everything about.
const AFTER_INCOMPLETE: (SignedDuration, SignedDuration) =
    (SignedDuration::from_mins(5), SignedDuration::from_hours(6));

/// The ledger's record of a watched key (`KEY#<arn>` / `KEY`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KeyRecord {
    pub key: KeyArn,
    /// Counts the accepted changes of the key; 0 means that it has not changed since it was enrolled.
    pub epoch: u64,
    /// What the newest epoch asks for.
    pub direction: Direction,
    /// Which try at the newest epoch is the newest.
    pub attempt: u32,
    /// When we first saw the newest epoch; the grace counts from here, whatever an event's own time says.
    pub noticed_at: Timestamp,
    /// When the grace of the newest epoch ends; equal to `noticed_at` for a startup.
    pub grace_ends_at: Timestamp,
    /// When the newest attempt was opened.
    pub tried_at: Timestamp,
    /// When the startups of the last hour began, oldest first; the newest epoch's too, which may lie ahead.
    #[serde(default)]
    pub startups: Vec<Timestamp>,
    /// The newest run of the epoch before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<RunName>,
    /// An operator has asked for nothing more to be changed because of this key.
    #[serde(default)]
    pub paused: bool,
    /// When an operator last let it go on. What the key did meanwhile does not count, and is not known either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed_at: Option<Timestamp>,
}

impl KeyRecord {
    pub fn enrolled(key: KeyArn, now: Timestamp) -> Self {
        Self {
            key,
            epoch: 0,
            direction: Direction::Startup,
            attempt: 1,
            noticed_at: now,
            grace_ends_at: now,
            tried_at: now,
            startups: Vec::new(),
            before: None,
            paused: false,
            resumed_at: None,
        }
    }

    /// The epoch is older than a pause: its runs act no more, and a new one begins.
    pub fn was_paused_since(&self) -> bool {
        self.resumed_at.is_some_and(|at| at > self.noticed_at)
    }

    /// The name of the newest run of this key.
    pub fn run(&self) -> RunName {
        RunName::new(&self.key, self.epoch, self.direction, self.attempt)
    }

    /// The record with which the newest run begins.
    pub fn open_run(&self) -> RunRecord {
        RunRecord {
            run: self.run(),
            key: self.key.clone(),
            epoch: self.epoch,
            direction: self.direction,
            noticed_at: self.noticed_at,
            grace_ends_at: self.grace_ends_at,
            starts_from: self.starts_from(),
            let_go_at: None,
            before: self.before.clone(),
            flapping: self.is_flapping(),
            acting_since: None,
            worth_another_try: false,
            look_again_at: None,
            ending: None,
            ended_at: None,
        }
    }

    fn starts_from(&self) -> Timestamp {
        let newest = self.startups.last().filter(|_| self.direction == Direction::Startup);
        newest.copied().unwrap_or(self.noticed_at)
    }

    pub fn is_flapping(&self) -> bool {
        self.startups.len() >= STARTUPS_PER_HOUR
    }

    /// The same epoch with its next attempt; times and deadlines stay.
    fn next_attempt(&self, now: Timestamp) -> Self {
        Self { attempt: self.attempt + 1, tried_at: now, ..self.clone() }
    }
}

/// What to do about a key after a look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyDecision {
    pub action: KeyAction,
    /// Goes to the log unchanged.
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyAction {
    /// Write this record (on the condition that the one before is still there), then start its run.
    OpenEpoch(KeyRecord),
    /// The epoch is open already; make sure that its run is under way or done ([`continue_run`]).
    EnsureRun,
    Nothing,
}

/// Decides from the ledger's record and one fresh look; the event that made us look has no say.
pub fn decide(record: &KeyRecord, look: &KeyLook, grace: SignedDuration, now: Timestamp) -> KeyDecision {
    let (action, reason) = match (look, record.direction) {
        _ if record.paused => (KeyAction::Nothing, "an operator has paused this key".to_owned()),
        (KeyLook::Unknown { reason }, _) => (KeyAction::Nothing, format!("unknown is not disabled: {reason}")),
        (KeyLook::Off { state }, Direction::Startup) => {
            let next = next_epoch(record, Direction::Shutdown, now, now + grace);
            (KeyAction::OpenEpoch(next), format!("the key is {state} and was on before"))
        }
        (KeyLook::On, Direction::Shutdown) => {
            let next = next_epoch(record, Direction::Startup, now, now);
            (KeyAction::OpenEpoch(next), "the key is enabled and was off before".to_owned())
        }
        (KeyLook::Off { state }, Direction::Shutdown) => {
            (KeyAction::EnsureRun, format!("the key is {state} and its shutdown is already under way or done"))
        }
        (KeyLook::On, Direction::Startup) if record.epoch > 0 => {
            (KeyAction::EnsureRun, "the key is enabled and its startup is already under way or done".to_owned())
        }
        (KeyLook::On, Direction::Startup) => {
            (KeyAction::Nothing, "the key is enabled and has not changed since it was enrolled".to_owned())
        }
    };
    KeyDecision { action, reason }
}

fn next_epoch(record: &KeyRecord, direction: Direction, now: Timestamp, grace_ends_at: Timestamp) -> KeyRecord {
    // A startup that was put off and never began has worn nothing out.
    let counts = |at: &Timestamp| *at <= now && now.duration_since(*at) < HOUR;
    let mut startups: Vec<Timestamp> = record.startups.iter().copied().filter(counts).collect();
    if direction == Direction::Startup {
        startups.push(next_start(&startups, now));
    }
    KeyRecord {
        key: record.key.clone(),
        epoch: record.epoch + 1,
        direction,
        attempt: 1,
        noticed_at: now,
        grace_ends_at,
        tried_at: now,
        startups,
        before: (record.epoch > 0).then(|| record.run()),
        paused: record.paused,
        resumed_at: None,
    }
}

/// At most [`STARTUPS_PER_HOUR`] startups begin in any hour; the next waits until the oldest of them is an hour old.
fn next_start(startups: &[Timestamp], now: Timestamp) -> Timestamp {
    let oldest = startups.len().checked_sub(STARTUPS_PER_HOUR).and_then(|index| startups.get(index));
    oldest.map_or(now, |oldest| (*oldest + HOUR).max(now))
}

/// What Step Functions says of the execution of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Execution {
    NotStarted,
    Running,
    /// It is over, however it ended.
    Closed,
}

/// What to do about the newest run of a key whose state is what its epoch asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunAction {
    Start,
    /// Write this record (on the condition that the one before is still there), then start its run.
    Open(KeyRecord),
    Nothing,
}

/// Decides whether the newest run is started, left alone or tried once more; returns the reason, too.
pub fn continue_run(
    record: &KeyRecord,
    run: Option<&RunRecord>,
    execution: Execution,
    grace: SignedDuration,
    now: Timestamp,
) -> (RunAction, &'static str) {
    let since_try = now.duration_since(record.tried_at);
    let again = || RunAction::Open(record.next_attempt(now));
    let let_go = run.is_some_and(|run| run.let_go_at.is_some()) || record.was_paused_since();
    let superseded = (let_go && execution != Execution::Running).then_some(record.direction.superseded());
    match (run.and_then(|run| run.ending).or(superseded), execution) {
        // The run saw the key change and back again: what was seen counts, so this is another epoch.
        (Some(Ending::ShutdownCancelled | Ending::ShutdownSuperseded), _) => {
            let next = next_epoch(record, Direction::Shutdown, now, now + grace);
            (RunAction::Open(next), "its run stopped acting, and the key is off: a new grace begins")
        }
        (Some(Ending::StartupSuperseded), _) => {
            let next = next_epoch(record, Direction::Startup, now, now);
            (RunAction::Open(next), "its run stopped acting, and the key is on")
        }
        (Some(_), _) if run.is_some_and(|run| run.look_again_at.is_some_and(|at| at <= now)) => {
            (again(), "AWS may have started what its run has stopped")
        }
        (Some(_), _) if !run.is_some_and(|run| run.worth_another_try) => (RunAction::Nothing, "its run has ended"),
        (Some(_), _) if since_try < rest(AFTER_INCOMPLETE, record.attempt) => {
            (RunAction::Nothing, "its run has ended incomplete and rests before the next attempt")
        }
        (Some(_), _) => (again(), "its run has ended incomplete and is tried again"),
        (None, Execution::Running) => (RunAction::Nothing, "its run is under way"),
        (None, Execution::NotStarted) => (RunAction::Start, "its run was not started yet"),
        (None, Execution::Closed) if since_try < rest(AFTER_DEATH, record.attempt) => {
            (RunAction::Nothing, "its run died and rests before the next attempt")
        }
        (None, Execution::Closed) => (again(), "its run died without an ending"),
    }
}

fn rest((first, longest): (SignedDuration, SignedDuration), attempt: u32) -> SignedDuration {
    let doubled = first * 2_i32.pow(attempt.saturating_sub(1).min(8));
    doubled.min(longest)
}

#[cfg(test)]
mod tests;
