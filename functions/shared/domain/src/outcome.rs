//! What the answers of AWS prove about a server or its units, and when we stop waiting.

use jiff::SignedDuration;
use serde::Deserialize;

use crate::batch::Step;
use crate::plan::Outcome;
use crate::server::{ServerId, ServerState, StatusRow};
use crate::unit::{UnitName, UnitState, parse_output};

/// Longest wait for the units of one server to stop or start.
pub const SERVICES_DEADLINE: SignedDuration = SignedDuration::from_mins(5);
/// Longest wait for a server to be `stopped` (EC2 forces a shutdown "within a few minutes").
pub const STOP_DEADLINE: SignedDuration = SignedDuration::from_mins(10);
/// Longest wait for a server to run, pass both status checks and have its agent online.
pub const START_DEADLINE: SignedDuration = SignedDuration::from_mins(15);
/// No batch is looked at for longer, whatever keeps it.
pub const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(30);
/// A `stopped` seen sooner after a start may be an old answer of EC2.
const STALE: SignedDuration = SignedDuration::from_secs(90);

/// The fields of one row of `ssm:ListCommandInvocations` that the workflow hands on.
#[derive(Debug, Clone, Deserialize)]
pub struct Invocation {
    pub server: ServerId,
    /// `StatusDetails`, or `Status`; compared without spaces, for AWS spells them both ways.
    pub status: String,
    #[serde(default)]
    pub output: String,
}

/// Whether units should be up or down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Up,
    Down,
}

/// Decides on the units of one server; `None` means: look again later.
pub fn settle_services(
    units: &[UnitName],
    invocation: Option<&Invocation>,
    was_asked: bool,
    wanted: Wanted,
    waited: SignedDuration,
) -> Option<Outcome> {
    let Some(invocation) = invocation else {
        if !was_asked {
            return Some(Outcome::not_done("its SSM agent is offline, so its services could not be asked"));
        }
        return (waited >= SERVICES_DEADLINE).then(|| Outcome::not_done("the command gave no answer in 5 minutes"));
    };
    let status: String = invocation.status.split_whitespace().collect();
    match status.as_str() {
        "Pending" | "InProgress" | "Delayed" | "Cancelling" => (waited >= SERVICES_DEADLINE)
            .then(|| Outcome::not_done(format!("the command was still {status} after 5 minutes"))),
        _ => Some(read_lines(units, invocation, wanted, &status)),
    }
}

fn read_lines(units: &[UnitName], invocation: &Invocation, wanted: Wanted, status: &str) -> Outcome {
    let lines = parse_output(&invocation.output);
    let mut wrong = Vec::new();
    for unit in units {
        let after = lines.iter().rev().find(|line| line.unit == *unit).map(|line| line.after);
        let reached = match (wanted, after) {
            (Wanted::Up, Some(state)) => state == UnitState::Active,
            (Wanted::Down, Some(state)) => state.is_down(),
            (_, None) => false,
        };
        if !reached {
            wrong.push(match after {
                Some(UnitState::Unknown) => format!("{} is not known to systemd", unit.as_str()),
                Some(state) => format!("{} is {}", unit.as_str(), format!("{state:?}").to_lowercase()),
                None => format!("{} was not reached (command: {status})", unit.as_str()),
            });
        }
    }
    if wrong.is_empty() { Outcome::Done } else { Outcome::not_done(wrong.join("; ")) }
}

/// Decides on a server that was asked to stop; `refused` is what AWS said if it refused for good.
pub fn settle_stop(row: Option<&StatusRow>, refused: Option<&str>, waited: SignedDuration) -> Option<Outcome> {
    match row.map(|row| row.state) {
        None => Some(Outcome::not_done("it no longer exists")),
        Some(ServerState::Stopped) => Some(Outcome::Done),
        Some(state) if state.is_gone() => Some(Outcome::not_done("it was terminated")),
        Some(ServerState::Running | ServerState::Pending) if refused.is_some() => refused.map(Outcome::not_done),
        Some(state) => (waited >= STOP_DEADLINE)
            .then(|| Outcome::not_done(format!("it was still {} after 10 minutes", name(state)))),
    }
}

/// Decides on a server that was asked to start; `agent` is whether its SSM agent is online, where it needs one, and
/// `refused` is what AWS said if it refused for good.
pub fn settle_start(
    row: Option<&StatusRow>,
    refused: Option<&str>,
    agent: Option<bool>,
    waited: SignedDuration,
) -> Option<Outcome> {
    let Some(row) = row else { return Some(Outcome::not_done("it no longer exists")) };
    let late = waited >= START_DEADLINE;
    let ok = |check: &Option<String>| check.as_deref() == Some("ok");
    match row.state {
        state if state.is_gone() => Some(Outcome::not_done("it was terminated while it was down")),
        ServerState::Stopped if refused.is_some() => refused.map(Outcome::not_done),
        ServerState::Stopped if waited >= STALE => {
            Some(Outcome::not_done("the start was accepted, but it went back to stopped"))
        }
        ServerState::Running if ok(&row.system) && ok(&row.instance) => match agent {
            Some(false) if late => {
                Some(Outcome::not_done("it runs, but its SSM agent did not come online in 15 minutes"))
            }
            Some(false) => None,
            _ => Some(Outcome::Done),
        },
        ServerState::Running if late => {
            Some(Outcome::not_done("it runs, but did not pass its status checks in 15 minutes"))
        }
        state if late => Some(Outcome::not_done(format!("it was still {} after 15 minutes", name(state)))),
        _ => None,
    }
}

/// Seconds until the next look: a server takes half a minute at least, a unit seconds.
pub fn next_look(step: Step, waited: SignedDuration) -> i64 {
    let first = if step.is_about_services() { 10 } else { 30 };
    if waited.as_secs() < first { first } else { (waited.as_secs() / 4).clamp(10, 30) }
}

fn name(state: ServerState) -> String {
    format!("{state:?}").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(state: ServerState, check: &str) -> StatusRow {
        let check = Some(check.to_owned());
        StatusRow { server: ServerId::parse("i-1").unwrap(), state, system: check.clone(), instance: check }
    }

    fn invocation(status: &str, output: &str) -> Invocation {
        Invocation { server: ServerId::parse("i-1").unwrap(), status: status.into(), output: output.into() }
    }

    fn units() -> Vec<UnitName> {
        ["a.service", "b.service"].map(|unit| UnitName::parse(unit).unwrap()).to_vec()
    }

    fn reason(outcome: Option<Outcome>) -> String {
        match outcome {
            Some(Outcome::NotDone { reason }) => reason,
            other => panic!("{other:?}"),
        }
    }

    const SOON: SignedDuration = SignedDuration::from_secs(20);

    #[test]
    fn services_are_down_only_when_each_was_seen_down() {
        let down = invocation("Success", "b.service active inactive\na.service active inactive\n");
        assert_eq!(settle_services(&units(), Some(&down), true, Wanted::Down, SOON), Some(Outcome::Done));
        let half = invocation("Failed", "b.service active inactive\na.service active active\n");
        assert_eq!(reason(settle_services(&units(), Some(&half), true, Wanted::Down, SOON)), "a.service is active");
        let silent = invocation("Success", "");
        assert!(reason(settle_services(&units(), Some(&silent), true, Wanted::Down, SOON)).contains("was not reached"));
    }

    #[test]
    fn an_unfinished_command_is_waited_for_until_the_deadline() {
        let delayed = invocation("Delayed", "");
        assert_eq!(settle_services(&units(), Some(&delayed), true, Wanted::Down, SOON), None);
        assert!(
            reason(settle_services(&units(), Some(&delayed), true, Wanted::Down, SERVICES_DEADLINE))
                .contains("Delayed")
        );
        assert!(reason(settle_services(&units(), None, false, Wanted::Up, SOON)).contains("offline"));
    }

    #[test]
    fn an_unknown_unit_is_named() {
        let unknown = invocation("Failed", "a.service unknown unknown\nb.service active inactive");
        assert!(
            reason(settle_services(&units(), Some(&unknown), true, Wanted::Down, SOON))
                .contains("not known to systemd")
        );
    }

    #[test]
    fn accepted_is_not_stopped() {
        assert_eq!(settle_stop(Some(&row(ServerState::Stopping, "ok")), None, SOON), None);
        assert_eq!(settle_stop(Some(&row(ServerState::Stopped, "ok")), None, SOON), Some(Outcome::Done));
        assert!(
            reason(settle_stop(Some(&row(ServerState::Stopping, "ok")), None, STOP_DEADLINE)).contains("10 minutes")
        );
        assert!(reason(settle_stop(Some(&row(ServerState::Terminated, "ok")), None, SOON)).contains("terminated"));
        assert!(reason(settle_stop(None, None, SOON)).contains("no longer exists"));
    }

    #[test]
    fn running_is_not_ready() {
        assert_eq!(settle_start(Some(&row(ServerState::Running, "initializing")), None, Some(true), SOON), None);
        assert_eq!(settle_start(Some(&row(ServerState::Running, "ok")), None, Some(false), SOON), None);
        assert_eq!(settle_start(Some(&row(ServerState::Running, "ok")), None, Some(true), SOON), Some(Outcome::Done));
        assert_eq!(settle_start(Some(&row(ServerState::Running, "ok")), None, None, SOON), Some(Outcome::Done));
    }

    #[test]
    fn a_start_that_falls_back_to_stopped_is_a_failed_start() {
        let stopped = row(ServerState::Stopped, "ok");
        assert_eq!(settle_start(Some(&stopped), None, Some(false), SOON), None);
        assert!(reason(settle_start(Some(&stopped), None, Some(false), STALE)).contains("went back to stopped"));
    }
}
