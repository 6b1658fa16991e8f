//! The plan of a run: which servers and units, in which batches, and what is left alone and why.

use serde::{Deserialize, Serialize};

use crate::app::AppName;
use crate::batch::Step;
use crate::hold::{Hold, Own};
use crate::key::KeyArn;
use crate::server::{Opted, SeenServer, ServerId, ServerState, opted};
use crate::text::shortened;
use crate::unit::UnitName;

mod batches;

pub use batches::{BATCH_SIZE, Batch, server_batches, service_batches};

/// A server in the plan of a run (`RUN#<run>` / `SERVER#<id>`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedServer {
    pub server: ServerId,
    /// The `Name` tag, cleaned; empty if there is none.
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub app: Option<AppName>,
    #[serde(default)]
    pub units: Vec<UnitName>,
    /// In a startup: units that are not started, for nothing tells what they were before; the report names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untold: Vec<UnitName>,
    #[serde(default)]
    pub tier: i32,
    pub state: ServerState,
    pub treatment: Treatment,
    /// The round in which it was last seen to use the key.
    pub seen_in: Round,
    /// How the units ended; empty until they were acted on.
    #[serde(default)]
    pub services: Option<Outcome>,
    /// What AWS said when it refused the call for the server; what the server is then settles it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// How the server ended; empty until it was acted on.
    #[serde(default)]
    pub outcome: Option<Outcome>,
}

impl PlannedServer {
    /// The server with the outcome of a step; an outcome is written once.
    pub fn settled(mut self, step: Step, outcome: Outcome) -> Self {
        let slot = if step.is_about_services() { &mut self.services } else { &mut self.outcome };
        slot.get_or_insert(outcome);
        self
    }
}

/// A shutdown looks for dependents twice: to warn, and again when the grace is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Round {
    Warning,
    Shutdown,
}

/// What the run will do with a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Treatment {
    /// Stop its services, then the server (or start them, in a startup).
    Act,
    /// Already down because of another key; this key is added to the hold.
    Join,
    /// Not touched; the key lets go of it, in a startup. The reason goes to the report unchanged.
    Release { reason: String },
    /// Not touched. The reason goes to the report unchanged.
    Leave { reason: Leave },
    /// Not touched, and somebody should look at it.
    Doubt { reason: String },
}

/// Why a server is left alone although it uses the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leave {
    NotManaged,
    Excluded,
    AlreadyStopped,
    Gone,
}

/// What came of an action on a server or its units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Outcome {
    /// It reached the state that was asked for, and was seen in it.
    Done,
    /// It did not, and will not in this run.
    NotDone { reason: String },
}

impl Outcome {
    pub fn not_done(reason: impl Into<String>) -> Self {
        Self::NotDone { reason: shortened(&reason.into(), 500) }
    }
}

/// Decides what a shutdown for `key` does with a server that uses it.
pub fn plan_server(seen: &SeenServer, hold: Option<&Hold>, key: &KeyArn, round: Round) -> PlannedServer {
    let mut planned = PlannedServer {
        server: seen.server.clone(),
        name: shortened(seen.tags.get("Name").map_or("", String::as_str), 64),
        app: None,
        units: Vec::new(),
        untold: Vec::new(),
        tier: 0,
        state: seen_state(seen, hold),
        treatment: Treatment::Leave { reason: Leave::NotManaged },
        seen_in: round,
        services: None,
        refused: None,
        outcome: None,
    };
    match opted(&seen.tags) {
        Opted::Out => {}
        Opted::Excluded => planned.treatment = Treatment::Leave { reason: Leave::Excluded },
        Opted::Unreadable(refusal) => {
            planned.app = seen.tags.get("lockstep:app").and_then(|app| AppName::parse(app).ok());
            planned.treatment = Treatment::Doubt { reason: refusal.to_string() };
        }
        Opted::In { app, units, tier } => {
            planned.app = Some(app);
            planned.units = units;
            planned.tier = tier;
            planned.treatment = treat(planned.state, hold, key);
        }
    }
    planned
}

/// A server that we have asked to start is on its way up, even while EC2 still shows it as stopped.
fn seen_state(seen: &SeenServer, hold: Option<&Hold>) -> ServerState {
    let is_starting = hold.is_some_and(|hold| hold.own == Own::Starting);
    if is_starting && seen.state == ServerState::Stopped { ServerState::Pending } else { seen.state }
}

/// What the search tells a server's hold, if anything.
///
/// What another key holds down already must not start while `key` is off, in the grace either: the hold is joined. A
/// server that we have started and that is seen up is down from then on only if somebody else stops it.
pub fn noted(planned: &PlannedServer, hold: Option<&Hold>, key: &KeyArn) -> Option<Hold> {
    let hold = hold?;
    match planned.treatment {
        Treatment::Join | Treatment::Doubt { .. } => Some(hold.clone().joined_by(key)),
        Treatment::Act if planned.state == ServerState::Running && hold.own == Own::Starting => {
            Some(Hold { own: Own::Services, ..hold.clone() })
        }
        Treatment::Act | Treatment::Release { .. } | Treatment::Leave { .. } => None,
    }
}

fn treat(state: ServerState, hold: Option<&Hold>, key: &KeyArn) -> Treatment {
    match (state, hold) {
        (ServerState::ShuttingDown | ServerState::Terminated, _) => Treatment::Leave { reason: Leave::Gone },
        (ServerState::Stopped, Some(hold)) if hold.is_in_doubt() => Treatment::Doubt {
            reason: "it is stopped, and the answer that would prove that we stopped it was lost".to_owned(),
        },
        (ServerState::Stopped, Some(hold)) if hold.keys.contains(key) => Treatment::Act,
        (ServerState::Stopped, Some(_)) => Treatment::Join,
        (ServerState::Stopped, None) => Treatment::Leave { reason: Leave::AlreadyStopped },
        (ServerState::Pending | ServerState::Running | ServerState::Stopping, _) => Treatment::Act,
    }
}

/// Ends a round: servers that were warned about and no longer use the key are let off, and a plan
/// larger than the cap (0: none) is not carried out. Returns the plan and the rows that changed.
pub fn close_round(
    mut servers: Vec<PlannedServer>,
    round: Round,
    cap: usize,
) -> (Vec<PlannedServer>, Vec<PlannedServer>) {
    let before = servers.clone();
    for server in servers.iter_mut().filter(|server| server.seen_in != round) {
        server.treatment = Treatment::Leave { reason: Leave::Gone };
    }
    let acted_on = servers.iter().filter(|server| is_acted_on(server)).count();
    if cap > 0 && acted_on > cap {
        let reason =
            format!("the plan has {acted_on} servers and MaxServersPerRun is {cap}; raise it to carry the plan out");
        for server in servers.iter_mut().filter(|server| is_acted_on(server)) {
            server.treatment = Treatment::Doubt { reason: reason.clone() };
        }
    }
    let changed = servers.iter().filter(|server| !before.contains(server)).cloned().collect();
    (servers, changed)
}

/// A server that was to be let go because another key held it is planned anew: that key may have let go since.
pub fn replanned(server: PlannedServer, hold: Option<&Hold>, key: &KeyArn) -> PlannedServer {
    match hold {
        Some(hold) if matches!(server.treatment, Treatment::Release { .. }) && server.outcome.is_none() => {
            plan_startup(hold, key)
        }
        _ => server,
    }
}

/// Decides what a startup for `key` does with a server that the key holds down.
pub fn plan_startup(hold: &Hold, key: &KeyArn) -> PlannedServer {
    let others: Vec<&KeyArn> = hold.keys.iter().filter(|other| *other != key).collect();
    let treatment = if !others.is_empty() {
        let ids: Vec<&str> = others.iter().map(|other| other.id()).collect();
        Treatment::Release { reason: format!("it stays down: key {} still holds it", ids.join(", ")) }
    } else if hold.own == Own::NotOurs {
        Treatment::Release { reason: "somebody else had stopped it".to_owned() }
    } else if hold.is_in_doubt() {
        let reason = "the answer that would prove that we stopped it was lost; start it by hand if it should run";
        Treatment::Doubt { reason: reason.to_owned() }
    } else {
        Treatment::Act
    };
    let untold = if treatment == Treatment::Act { hold.units_untold() } else { Vec::new() };
    PlannedServer {
        server: hold.server.clone(),
        name: hold.name.clone(),
        app: Some(hold.app.clone()),
        units: hold.units_to_start(),
        untold,
        tier: hold.tier,
        state: hold.prior,
        treatment,
        seen_in: Round::Shutdown,
        services: None,
        refused: None,
        outcome: None,
    }
}

fn is_acted_on(server: &PlannedServer) -> bool {
    matches!(server.treatment, Treatment::Act | Treatment::Join | Treatment::Release { .. })
}

#[cfg(test)]
mod tests;
