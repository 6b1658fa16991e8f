//! What is still to be mailed, should the workflow that began it have given up.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A workflow tries its mails again within a minute, so after that long nobody does any more.
const ABANDONED_AFTER: SignedDuration = SignedDuration::from_mins(6);
/// News that is a day old is not mailed: the ledger and the alarm have it.
pub const NEWS_FOR: SignedDuration = SignedDuration::from_hours(24);

/// One call of the mailing function, written before its first mail and deleted after its last
/// (`OUTBOX` / `UNSENT#<id>`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsent {
    /// The run and what of it is told, or the key, the notice and since when it is so.
    pub id: String,
    /// What the function was given, and is to be given again.
    pub input: Value,
    pub tried_at: Timestamp,
    /// Until when it is news.
    pub until: Timestamp,
}

impl Unsent {
    /// What the execution that sends it again is called: sweeps that come soon after each other start one, and one that
    /// died before its first mail keeps the next from nothing.
    pub fn next_try(&self, now: Timestamp) -> String {
        format!("{}-{}", self.id, now.as_second() / ABANDONED_AFTER.as_secs())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnsentAction {
    Leave,
    SendAgain,
    GiveUp,
}

/// What the sweep does with it, and why.
pub fn decide_unsent(unsent: &Unsent, now: Timestamp) -> (UnsentAction, &'static str) {
    if now.duration_since(unsent.tried_at) < ABANDONED_AFTER {
        return (UnsentAction::Leave, "its workflow may still try");
    }
    if now >= unsent.until {
        return (UnsentAction::GiveUp, "what it tells is no news any more");
    }
    (UnsentAction::SendAgain, "its workflow tries no more")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        "2026-11-26T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
    }

    #[test]
    fn a_mail_is_sent_again_once_its_workflow_has_given_up_and_while_it_is_news() {
        let unsent = Unsent { id: "run-ended".to_owned(), input: Value::Null, tried_at: at(0), until: at(10) };
        assert_eq!(decide_unsent(&unsent, at(5)).0, UnsentAction::Leave);
        assert_eq!(decide_unsent(&unsent, at(6)).0, UnsentAction::SendAgain);
        assert_eq!(decide_unsent(&unsent, at(10)).0, UnsentAction::GiveUp);
    }

    #[test]
    fn sweeps_that_come_soon_after_each_other_start_one_try_and_a_later_one_starts_the_next() {
        let unsent = Unsent { id: "run-ended".to_owned(), input: Value::Null, tried_at: at(0), until: at(60) };
        assert_eq!(unsent.next_try(at(6)), unsent.next_try(at(11)));
        assert_ne!(unsent.next_try(at(11)), unsent.next_try(at(12)));
        assert!(unsent.next_try(at(6)).starts_with("run-ended-"));
    }

    #[test]
    fn a_mail_that_is_being_sent_is_not_given_up_although_it_is_no_news_any_more() {
        let unsent = Unsent { id: "run-grace".to_owned(), input: Value::Null, tried_at: at(9), until: at(10) };
        assert_eq!(decide_unsent(&unsent, at(12)).0, UnsentAction::Leave);
    }
}
