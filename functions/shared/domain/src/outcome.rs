//! What the answers of AWS prove about a resource or its units, and when we stop waiting.

use jiff::SignedDuration;
use serde::Deserialize;

use crate::batch::Step;
use crate::kind::Kind;
use crate::plan::{LOST, Outcome};
use crate::resource::{State, StatusRow};
use crate::run::Direction;
use crate::unit::{UnitName, UnitState, parse_output};

/// Longest wait for the units of one server to stop or start.
pub const SERVICES_DEADLINE: SignedDuration = SignedDuration::from_mins(5);
/// For so long a look that fails because a server is missing is made again without it.
pub const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(30);
/// A `stopped` seen sooner after a start may be an old answer.
const STALE: SignedDuration = SignedDuration::from_secs(90);

/// The fields of one row of `ssm:ListCommandInvocations` that the workflow hands on.
#[derive(Debug, Clone, Deserialize)]
pub struct Invocation {
    /// The server's id.
    pub name: String,
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

/// Decides on a resource that was asked to stop; `refused` is what AWS said if it refused for good.
pub fn settle_stop(
    kind: Kind,
    row: Option<&StatusRow>,
    refused: Option<&str>,
    waited: SignedDuration,
) -> Option<Outcome> {
    let deadline = kind.facts().stops_within;
    match row.map(|row| row.state) {
        None => Some(Outcome::not_done(GONE)),
        Some(state) if state.is_gone() => Some(Outcome::not_done(deleted(kind))),
        Some(state) if state.is_down() => Some(Outcome::Done),
        Some(State::Lost) => Some(Outcome::not_done(LOST)),
        Some(state) if state.is_up() && refused.is_some() => refused.map(Outcome::not_done),
        Some(state) => (waited >= deadline).then(|| Outcome::not_done(still(state, deadline))),
    }
}

/// Decides on a resource that was asked to start; `agent` is whether its SSM agent is online, where it needs one, and
/// `refused` is what AWS said if it refused for good.
pub fn settle_start(
    kind: Kind,
    row: Option<&StatusRow>,
    refused: Option<&str>,
    agent: Option<bool>,
    waited: SignedDuration,
) -> Option<Outcome> {
    let Some(row) = row else { return Some(Outcome::not_done(GONE)) };
    let deadline = kind.facts().starts_within;
    let late = waited >= deadline;
    let ok = |check: &Option<String>| kind != Kind::Server || check.as_deref() == Some("ok");
    match row.state {
        state if state.is_gone() => Some(Outcome::not_done(format!("{} while it was down", deleted(kind)))),
        State::Lost => Some(Outcome::not_done(LOST)),
        state if state.is_down() && refused.is_some() => refused.map(Outcome::not_done),
        State::Stopped if waited >= STALE => {
            Some(Outcome::not_done("the start was accepted, but it went back to stopped"))
        }
        State::Inaccessible if waited >= STALE => {
            Some(Outcome::not_done("the start was accepted, but RDS could not use its key; it is tried again"))
        }
        State::Running if ok(&row.system) && ok(&row.instance) => match agent {
            Some(false) if late => {
                Some(Outcome::not_done("it runs, but its SSM agent did not come online in 15 minutes"))
            }
            Some(false) => None,
            _ => Some(Outcome::Done),
        },
        State::Running if late => Some(Outcome::not_done("it runs, but did not pass its status checks in 15 minutes")),
        state if late => Some(Outcome::not_done(still(state, deadline))),
        _ => None,
    }
}

/// Seconds until the next look: a unit takes seconds, a server half a minute at least, a database minutes.
///
/// What comes up is waited for, so it is looked at twice as often as what goes down.
pub fn next_look(step: Step, waited: SignedDuration) -> i64 {
    let (first, longest) = step.looks_s();
    let part = match step.direction() {
        Direction::Shutdown => 2,
        Direction::Startup => 4,
    };
    if waited.as_secs() < first { first } else { (waited.as_secs() / part).clamp(10, longest) }
}

const GONE: &str = "it no longer exists";

fn deleted(kind: Kind) -> &'static str {
    if kind == Kind::Server { "it was terminated" } else { "it was deleted" }
}

fn still(state: State, deadline: SignedDuration) -> String {
    format!("it was still {} after {} minutes", format!("{state:?}").to_lowercase(), deadline.as_mins())
}

#[cfg(test)]
mod tests;
