//! What a person is told of a key besides its runs: that nobody can tell its state, and that it is to be deleted.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::key::{KeyLook, PENDING_DELETION};

/// What was last seen of a watched key (`KEY#<arn>` / `SEEN`). Written when it changes, not at every look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenKey {
    pub seen: KeyLook,
    pub since: Timestamp,
    /// What is still to be told of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untold: Option<Notice>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// Nobody can tell whether the key is on; nothing is done because of it.
    KeyUnknown,
    /// Its state can be read again.
    KeyKnownAgain,
    /// Everything is down already, and the key is now to be deleted.
    DeletionScheduled,
    /// The key is kept, and still disabled.
    DeletionCancelled,
}

impl Notice {
    /// Part of the id of a mail in the ledger.
    pub fn name(self) -> &'static str {
        match self {
            Self::KeyUnknown => "key_unknown",
            Self::KeyKnownAgain => "key_known_again",
            Self::DeletionScheduled => "deletion_scheduled",
            Self::DeletionCancelled => "deletion_cancelled",
        }
    }

    /// The admins of what is down should know, too; the rest is for the operator to mend.
    pub fn is_for_admins(self) -> bool {
        matches!(self, Self::DeletionScheduled | Self::DeletionCancelled)
    }
}

/// What to write after a look at a key; `None` if it is as it was.
pub fn see(before: Option<&SeenKey>, look: &KeyLook, now: Timestamp) -> Option<SeenKey> {
    if before.is_some_and(|before| before.seen == *look) {
        return None;
    }
    Some(SeenKey { seen: look.clone(), since: now, untold: notice(before.map(|before| &before.seen), look) })
}

/// What a run tells by itself is not told twice: the mails of a key that goes off or on carry its deletion.
fn notice(before: Option<&KeyLook>, look: &KeyLook) -> Option<Notice> {
    match (before, look) {
        (Some(KeyLook::Off { state: was }), KeyLook::Off { state: is }) if was != is => {
            Some(if is == PENDING_DELETION { Notice::DeletionScheduled } else { Notice::DeletionCancelled })
        }
        (_, KeyLook::Unknown { .. }) => Some(Notice::KeyUnknown),
        (Some(KeyLook::Unknown { .. }), _) => Some(Notice::KeyKnownAgain),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn off(state: &str) -> KeyLook {
        KeyLook::Off { state: state.to_owned() }
    }

    fn unknown(reason: &str) -> KeyLook {
        KeyLook::Unknown { reason: reason.to_owned() }
    }

    fn told(looks: &[KeyLook]) -> Vec<Option<Notice>> {
        let mut before: Option<SeenKey> = None;
        let mut told = Vec::new();
        for look in looks {
            let next = see(before.as_ref(), look, Timestamp::UNIX_EPOCH);
            told.push(next.as_ref().and_then(|next| next.untold));
            before = next.or(before);
        }
        told
    }

    #[test]
    fn a_key_that_goes_off_and_on_is_told_of_by_its_runs() {
        assert_eq!(told(&[KeyLook::On, off("Disabled"), KeyLook::On, off(PENDING_DELETION), KeyLook::On]), [None; 5]);
    }

    #[test]
    fn a_deletion_is_told_when_everything_is_down_already_and_so_is_its_end() {
        let looks = [off("Disabled"), off(PENDING_DELETION), off(PENDING_DELETION), off("Disabled")];
        let expected = [None, Some(Notice::DeletionScheduled), None, Some(Notice::DeletionCancelled)];
        assert_eq!(told(&looks), expected);
    }

    #[test]
    fn a_key_that_nobody_can_read_is_told_of_once_for_each_reason_and_so_is_its_return() {
        let looks = [unknown("denied"), unknown("denied"), unknown("gone"), KeyLook::On, off("Disabled")];
        let (lost, back) = (Some(Notice::KeyUnknown), Some(Notice::KeyKnownAgain));
        assert_eq!(told(&looks), [lost, None, lost, back, None]);
    }
}
