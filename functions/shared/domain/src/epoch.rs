//! The life of a watched key: when a look at its state opens a new epoch.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::key::{KeyArn, KeyLook};
use crate::run::{Direction, RunName};

/// The ledger's record of a watched key (`KEY#<arn>` / `KEY`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
}

impl KeyRecord {
    pub fn enrolled(key: KeyArn, now: Timestamp) -> Self {
        Self { key, epoch: 0, direction: Direction::Startup, attempt: 1, noticed_at: now, grace_ends_at: now }
    }

    /// The name of the newest run of this key.
    pub fn run(&self) -> RunName {
        RunName::new(&self.key, self.epoch, self.direction, self.attempt)
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
    /// Write this record (on the condition that the epoch is still the one before), then start its run.
    OpenEpoch(KeyRecord),
    /// The epoch is open already; make sure that its run was started. Starting it twice is harmless.
    EnsureRun,
    Nothing,
}

/// Decides from the ledger's record and one fresh look; the event that made us look has no say.
pub fn decide(record: &KeyRecord, look: &KeyLook, grace: SignedDuration, now: Timestamp) -> KeyDecision {
    let (action, reason) = match (look, record.direction) {
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
    KeyRecord {
        key: record.key.clone(),
        epoch: record.epoch + 1,
        direction,
        attempt: 1,
        noticed_at: now,
        grace_ends_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: SignedDuration = SignedDuration::from_mins(10);

    fn now() -> Timestamp {
        "2026-11-01T03:00:00Z".parse().unwrap()
    }

    fn record(epoch: u64, direction: Direction) -> KeyRecord {
        let key = KeyArn::parse("arn:aws:kms:eu-west-1:111122223333:key/1234").unwrap();
        KeyRecord { epoch, direction, ..KeyRecord::enrolled(key, now()) }
    }

    fn off() -> KeyLook {
        KeyLook::Off { state: "Disabled".into() }
    }

    #[test]
    fn a_key_seen_off_opens_an_epoch_with_a_full_grace_from_now() {
        let decision = decide(&record(4, Direction::Startup), &off(), GRACE, now());
        let KeyAction::OpenEpoch(next) = decision.action else { panic!("{decision:?}") };
        assert_eq!((next.epoch, next.direction), (5, Direction::Shutdown));
        assert_eq!(next.grace_ends_at, now() + GRACE);
        assert_eq!(next.run().as_str(), "1234-5-shutdown-1");
    }

    #[test]
    fn a_key_seen_on_after_off_opens_a_startup_without_grace() {
        let decision = decide(&record(5, Direction::Shutdown), &KeyLook::On, GRACE, now());
        let KeyAction::OpenEpoch(next) = decision.action else { panic!("{decision:?}") };
        assert_eq!((next.epoch, next.direction, next.grace_ends_at), (6, Direction::Startup, now()));
    }

    #[test]
    fn a_second_notice_of_the_same_change_opens_nothing() {
        assert_eq!(decide(&record(5, Direction::Shutdown), &off(), GRACE, now()).action, KeyAction::EnsureRun);
        assert_eq!(decide(&record(6, Direction::Startup), &KeyLook::On, GRACE, now()).action, KeyAction::EnsureRun);
        assert_eq!(decide(&record(0, Direction::Startup), &KeyLook::On, GRACE, now()).action, KeyAction::Nothing);
    }

    #[test]
    fn unknown_neither_stops_nor_starts() {
        let unknown = KeyLook::Unknown { reason: "DescribeKey was denied".into() };
        for direction in [Direction::Startup, Direction::Shutdown] {
            let decision = decide(&record(3, direction), &unknown, GRACE, now());
            assert_eq!(decision.action, KeyAction::Nothing);
            assert!(decision.reason.contains("denied"));
        }
    }
}
