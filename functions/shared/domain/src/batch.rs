//! What may be done to a batch right now: asked again before every call that changes something.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::epoch::KeyRecord;
use crate::hold::{Hold, HoldSeed, Own};
use crate::key::KeyLook;
use crate::plan::{Outcome, PlannedServer, Treatment};
use crate::run::{Direction, RunRef};
use crate::server::ServerState;
use crate::unit::UnitName;

mod tier;

pub use tier::Tier;

/// The four things that a workflow does to a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    StopServices,
    StopServers,
    StartServers,
    StartServices,
}

impl Step {
    pub fn direction(self) -> Direction {
        match self {
            Self::StopServices | Self::StopServers => Direction::Shutdown,
            Self::StartServers | Self::StartServices => Direction::Startup,
        }
    }

    /// `units` (in start order) in the order in which this step acts, separated by spaces.
    pub fn units_in_order(self, units: &[UnitName]) -> String {
        let names = units.iter().map(UnitName::as_str);
        let ordered: Vec<&str> = match self.direction() {
            Direction::Shutdown => names.rev().collect(),
            Direction::Startup => names.collect(),
        };
        ordered.join(" ")
    }

    pub fn is_about_services(self) -> bool {
        matches!(self, Self::StopServices | Self::StartServices)
    }
}

/// `WhenAServiceWillNotStop`: whether its server is stopped all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StuckPolicy {
    Proceed,
    Hold,
}

/// One batch of a run and what is done to it; the batch's members are in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchRef {
    #[serde(flatten)]
    pub of: RunRef,
    pub batch: String,
    pub step: Step,
}

impl BatchRef {
    pub fn all(run: &RunRef, step: Step, batches: Vec<String>) -> Vec<Self> {
        batches.into_iter().map(|batch| Self { of: run.clone(), batch, step }).collect()
    }
}

/// Whether a run may act at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmation {
    Go,
    /// Another change of the key came after the one this run is for: it stops acting at once.
    Superseded {
        reason: String,
    },
    /// The key's state could not be learned: neither a reason to act nor to give up yet.
    Unknown {
        reason: String,
    },
}

/// Why a run may act no more, whatever the key is now.
pub fn overtaken(run: &RunRef, record: Option<&KeyRecord>) -> Option<String> {
    match record {
        None => Some("the key is no longer watched".to_owned()),
        Some(record) if record.run() != run.run => Some(format!("run {} has begun", record.run())),
        Some(record) if record.paused => Some("an operator has paused the key".to_owned()),
        Some(record) if record.was_paused_since() => Some("an operator had paused the key".to_owned()),
        Some(_) => None,
    }
}

/// Compares the run with the newest epoch and a fresh look at the key.
pub fn confirm(direction: Direction, run: &RunRef, record: Option<&KeyRecord>, look: &KeyLook) -> Confirmation {
    let superseded = |reason: String| Confirmation::Superseded { reason };
    if let Some(reason) = overtaken(run, record) {
        return superseded(reason);
    }
    match (direction, look) {
        (_, KeyLook::Unknown { reason }) => Confirmation::Unknown { reason: reason.clone() },
        (Direction::Shutdown, KeyLook::Off { .. }) | (Direction::Startup, KeyLook::On) => Confirmation::Go,
        (Direction::Shutdown, KeyLook::On) => superseded("the key is enabled again".to_owned()),
        (Direction::Startup, KeyLook::Off { state }) => superseded(format!("the key is {state} again")),
    }
}

/// What a step does with one server of its batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Write this hold, then make the call for this server.
    Call(Hold),
    /// Make no call, but look at it until it has settled.
    Watch,
    /// Nothing is left to do; write this hold if there is one, and this outcome.
    Settle(Option<Hold>, Outcome),
    /// Settled before; nothing to write.
    Skip,
}

/// Decides for one server; `hold` is what the ledger has of it.
pub fn decide(
    step: Step,
    server: &PlannedServer,
    hold: Option<&Hold>,
    run: &RunRef,
    policy: StuckPolicy,
    now: Timestamp,
) -> Act {
    let done = if step.is_about_services() { &server.services } else { &server.outcome };
    if done.is_some() || matches!(server.treatment, Treatment::Leave { .. } | Treatment::Doubt { .. }) {
        return Act::Skip;
    }
    // Asked and refused for good: what it is now settles it.
    if server.refused.is_some() && !step.is_about_services() {
        return Act::Watch;
    }
    match step {
        Step::StopServices => stop_services(server, hold, run, now),
        Step::StopServers => stop_server(server, hold, run, policy, now),
        Step::StartServers => start_server(server, hold, run),
        Step::StartServices => start_services(server, hold, run),
    }
}

fn held(server: &PlannedServer, hold: Option<&Hold>, run: &RunRef, now: Timestamp) -> Option<Hold> {
    let hold = match hold {
        Some(hold) => hold.clone(),
        None => {
            let app = server.app.clone()?;
            let (id, name, units) = (server.server.clone(), server.name.clone(), server.units.clone());
            let seed = HoldSeed { server: id, name, app, units, tier: server.tier, state: server.state };
            Hold::open(&seed, &run.key, &run.run, now)
        }
    };
    Some(hold.joined_by(&run.key))
}

fn stop_services(server: &PlannedServer, hold: Option<&Hold>, run: &RunRef, now: Timestamp) -> Act {
    if server.units.is_empty() {
        return Act::Skip;
    }
    match held(server, hold, run, now) {
        Some(hold) if server.state == ServerState::Stopped => Act::Settle(Some(hold), Outcome::Done),
        Some(hold) => Act::Call(hold),
        None => Act::Skip,
    }
}

fn stop_server(server: &PlannedServer, hold: Option<&Hold>, run: &RunRef, policy: StuckPolicy, now: Timestamp) -> Act {
    let Some(mut hold) = held(server, hold, run, now) else { return Act::Skip };
    if server.treatment == Treatment::Join || server.state == ServerState::Stopped {
        return Act::Settle(Some(hold), Outcome::Done);
    }
    match &server.services {
        None if !server.units.is_empty() => {
            return Act::Settle(None, Outcome::not_done("its services were not seen stopped"));
        }
        Some(Outcome::NotDone { reason }) if policy == StuckPolicy::Hold => {
            return Act::Settle(
                None,
                Outcome::not_done(format!("left running because a service did not stop: {reason}")),
            );
        }
        _ => {}
    }
    if hold.own == Own::Stopped && hold.run == run.run {
        return Act::Watch;
    }
    hold.intend_to_stop(&run.run);
    Act::Call(hold)
}

fn start_server(server: &PlannedServer, hold: Option<&Hold>, run: &RunRef) -> Act {
    let Some(hold) = hold else { return Act::Settle(None, Outcome::not_done("no hold proves that we stopped it")) };
    if let Treatment::Release { reason } = &server.treatment {
        let released = hold.clone().released_by(&run.key);
        // A server that another key holds down is not what the key's owner expects: it makes the run incomplete.
        let outcome = if released.keys.is_empty() { Outcome::Done } else { Outcome::not_done(reason) };
        return Act::Settle(Some(released), outcome);
    }
    if hold.is_held_by_another_than(&run.key) {
        return Act::Settle(None, Outcome::not_done("another key holds it down"));
    }
    match hold.own {
        Own::Services => Act::Watch,
        _ if hold.is_ours_to_start() => Act::Call(Hold { own: Own::Starting, run: run.run.clone(), ..hold.clone() }),
        _ => Act::Settle(None, Outcome::not_done("it is not proven that we stopped it while it was running")),
    }
}

fn start_services(server: &PlannedServer, hold: Option<&Hold>, run: &RunRef) -> Act {
    if matches!(server.treatment, Treatment::Release { .. }) {
        return Act::Skip;
    }
    match (&server.outcome, hold) {
        // It went off after the server was started; its own shutdown is about to stop the units.
        (Some(Outcome::Done), Some(hold)) if hold.is_held_by_another_than(&run.key) => {
            Act::Settle(None, Outcome::not_done("another key holds its server down"))
        }
        (Some(Outcome::Done), Some(hold)) if !server.units.is_empty() => Act::Call(hold.clone()),
        (Some(Outcome::Done), _) => Act::Skip,
        _ => Act::Settle(None, Outcome::not_done("its server is not up")),
    }
}

#[cfg(test)]
mod tests;
