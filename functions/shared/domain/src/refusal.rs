//! What a failed call of AWS means: whether it was carried out, and whether asking again can help.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::text::shortened;

/// Longest time that a batch is asked again and again and nothing of it is accepted; the key is read anew each time.
pub const PATIENCE: SignedDuration = SignedDuration::from_mins(10);
/// How the outcome of what AWS has no capacity for begins; what AWS said follows.
pub const WAITS_FOR_CAPACITY: &str = "it waits for capacity and is tried again: ";
/// What a workflow says of a call that was not made because the look before it failed.
const NOT_LOOKED: &str = "Lockstep.NotLooked";
/// Seconds before a batch is asked again, at least and at most: EC2's bucket of requests gives way in seconds, its bucket of
/// servers in minutes. In between it rests for half as long as it has been refused.
const RESTS_S: (i64, i64) = (3, 30);
/// From then on a throttled call is made in halves: others may empty the bucket, so that it never has room for all.
const HALVED_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// `Error` and `Cause` as a workflow catches them from an SDK integration.
///
/// EC2 models no exceptions, so all of its refusals are `Ec2.Ec2Exception`; the cause ends in
/// `(Service: Ec2, Status Code: 400, Request ID: …)`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CallRefusal {
    pub error: String,
    #[serde(default)]
    pub cause: String,
}

/// What is known after a call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Not carried out, and can be in a moment: throttled.
    Passing,
    /// Not carried out, for the type and zone of some server has no capacity right now; that may take hours.
    NoCapacity,
    /// Not carried out, and will not be.
    Refused,
    /// Not carried out, for the database is in a state from which it is not: perhaps the one that was asked for. What
    /// it is tells.
    WrongState,
    /// Perhaps carried out: it timed out, or broke down on the way back.
    AnswerLost,
}

impl Meaning {
    /// One of the resources that the call names may be the reason, and the others may be fine.
    pub fn is_of_one(self) -> bool {
        matches!(self, Self::Refused | Self::WrongState | Self::NoCapacity)
    }
}

impl CallRefusal {
    pub fn meaning(&self) -> Meaning {
        let passing =
            [NOT_LOOKED, "RequestLimitExceeded", "Request limit exceeded", "Throttl", "Rate exceeded", "RateExceeded"];
        let said = |words: &[&str]| words.iter().any(|word| self.cause.contains(word) || self.error.contains(word));
        if said(&passing) {
            return Meaning::Passing;
        }
        // EC2 names the type between the words: *do not have sufficient t3.micro capacity*.
        if said(&["InsufficientInstanceCapacity", "sufficient capacity"])
            || (said(&["do not have sufficient"]) && said(&["capacity"]))
        {
            return Meaning::NoCapacity;
        }
        // RDS: the call was carried out before, or something else is being done to the database.
        if said(&["InvalidDbInstanceState", "InvalidDbClusterState"]) {
            return Meaning::WrongState;
        }
        match self.status_code() {
            Some(429) => Meaning::Passing,
            Some(400..=499) => Meaning::Refused,
            _ => Meaning::AnswerLost,
        }
    }

    /// A permission is missing: of ours, or of whoever owns what was called for.
    pub fn is_denied(&self) -> bool {
        is_denied(&self.error) || is_denied(&self.cause)
    }

    fn status_code(&self) -> Option<u16> {
        let (_, rest) = self.cause.rsplit_once("Status Code: ")?;
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    }

    /// The part of the cause that a reader wants.
    pub fn said(&self) -> String {
        let message = self.cause.split(" (Service:").next().unwrap_or_default();
        let message = if message.trim().is_empty() { &self.error } else { message };
        shortened(message, 300)
    }
}

/// Whether EC2 says of servers that it does not know them (`InvalidInstanceID.NotFound`, an hour after they were
/// terminated): *The instance IDs 'i-1, i-2' do not exist*. A look at databases leaves out those that are gone.
pub fn names_missing_servers(cause: &str) -> bool {
    ["does not exist", "do not exist"].iter().any(|words| cause.contains(words))
}

/// Whether AWS says that a permission is missing. EC2 says *You are not authorized to perform this operation*, IAM for
/// most others *User … is not authorized to perform*; their codes are `UnauthorizedOperation` and `AccessDenied…`.
pub fn is_denied(said: &str) -> bool {
    ["AccessDenied", "UnauthorizedOperation", "not authorized to perform"].iter().any(|words| said.contains(words))
}

/// What a workflow does after a call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextTry {
    /// Rest for so many seconds, confirm the batch anew, ask again.
    Again {
        rest_s: i64,
    },
    GiveUp,
}

/// `since` is when the batch was refused first, or last in part.
pub fn next_try(since: Timestamp, now: Timestamp) -> NextTry {
    let refused = now.duration_since(since);
    if refused >= PATIENCE {
        return NextTry::GiveUp;
    }
    let (shortest, longest) = RESTS_S;
    NextTry::Again { rest_s: (refused.as_secs() / 2).clamp(shortest, longest) }
}

/// Whether a batch that is throttled since then asks for less at once.
pub fn is_starved(since: Timestamp, now: Timestamp) -> bool {
    now.duration_since(since) >= HALVED_AFTER
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(error: &str, cause: &str) -> CallRefusal {
        CallRefusal { error: error.into(), cause: cause.into() }
    }

    #[test]
    fn a_throttled_call_was_not_carried_out_and_can_be_later() {
        let throttled = "Request limit exceeded. (Service: Ec2, Status Code: 503, Request ID: 1)";
        assert_eq!(refusal("Ec2.Ec2Exception", throttled).meaning(), Meaning::Passing);
    }

    #[test]
    fn a_start_without_capacity_was_not_carried_out_although_the_service_is_to_blame() {
        let full = "We currently do not have sufficient t3.micro capacity (Service: Ec2, Status Code: 500)";
        assert_eq!(refusal("Ec2.Ec2Exception", full).meaning(), Meaning::NoCapacity);
    }

    #[test]
    fn a_database_in_another_state_tells_itself_whether_it_is_where_it_should_be() {
        let stopping = "Instance orders is not in available state. (Service: Rds, Status Code: 400, Request ID: 1)";
        assert_eq!(refusal("Rds.InvalidDbInstanceStateException", stopping).meaning(), Meaning::WrongState);
        assert_eq!(refusal("Rds.InvalidDbClusterStateException", "").meaning(), Meaning::WrongState);
        let replica = "Cannot stop a replica (Service: Rds, Status Code: 400, Request ID: 1)";
        assert_eq!(refusal("Rds.RdsException", replica).meaning(), Meaning::Refused);
    }

    #[test]
    fn a_refused_call_was_not_carried_out_and_will_not_be() {
        let missing = "The instance ID 'i-1' does not exist (Service: Ec2, Status Code: 400, Request ID: 1)";
        assert_eq!(refusal("Ec2.Ec2Exception", missing).meaning(), Meaning::Refused);
        assert_eq!(refusal("Ec2.Ec2Exception", missing).said(), "The instance ID 'i-1' does not exist");
    }

    #[test]
    fn a_call_without_an_answer_may_have_been_carried_out() {
        assert_eq!(refusal("States.Timeout", "").meaning(), Meaning::AnswerLost);
        assert_eq!(refusal("Ec2.SdkClientException", "Unable to execute HTTP request").meaning(), Meaning::AnswerLost);
        let broken = "An internal error has occurred (Service: Ec2, Status Code: 500, Request ID: 1)";
        assert_eq!(refusal("Ec2.Ec2Exception", broken).meaning(), Meaning::AnswerLost);
    }

    #[test]
    fn rests_grow_and_patience_has_an_end() {
        let then = Timestamp::UNIX_EPOCH;
        let after = |seconds| next_try(then, then + SignedDuration::from_secs(seconds));
        let rests = [(0, 3), (7, 3), (20, 10), (60, 30), (599, 30)];
        for (refused_s, rest_s) in rests {
            assert_eq!(after(refused_s), NextTry::Again { rest_s });
        }
        assert_eq!(after(600), NextTry::GiveUp);
    }
}
