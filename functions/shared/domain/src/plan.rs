//! The plan of a run: which resources, in which batches, and what is left alone and why.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::app::AppName;
use crate::hold::{Hold, Own};
use crate::key::KeyArn;
use crate::kind::Kind;
use crate::resource::{Opted, ResourceId, SeenResource, Settings, State, Unfit, opted};
use crate::text::shortened;
use crate::unit::UnitName;

mod batches;
mod followers;
mod guards;
mod outcome;
mod startup;

pub use batches::{Batch, batches_of, service_batches};
pub use guards::held_back;
pub use outcome::{Outcome, SettledAt};
pub use startup::{plan_startup, replanned};

/// A resource in the plan of a run (`RUN#<run>` / `RESOURCE#<id>`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedResource {
    pub id: ResourceId,
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
    /// What would undo a stop of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<ResourceId>,
    /// What it follows although its storage uses another key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<ResourceId>,
    pub state: State,
    #[serde(default)]
    pub settings: Settings,
    pub treatment: Treatment,
    /// When AWS starts it again by itself, as was seen when it was planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restarts_at: Option<Timestamp>,
    /// Since when a key has held it down, if one did when it was planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_since: Option<Timestamp>,
    /// The round in which it was last seen to use the key.
    pub seen_in: Round,
    /// How the units ended; empty until they were acted on.
    #[serde(default)]
    pub services: Option<Outcome>,
    /// What AWS said when it refused the call for it; what it is then settles it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// How the resource itself ended; empty until it was acted on.
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// When the two were written.
    #[serde(default, skip_serializing_if = "SettledAt::is_empty")]
    pub settled_at: SettledAt,
}

/// A shutdown looks for dependents twice: to warn, and again when the grace is over. A preview looks once, and nothing
/// follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Round {
    Preview,
    Warning,
    Shutdown,
}

/// What the run will do with a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Treatment {
    /// Stop it, a server after its services (or start it, in a startup).
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

/// Why a resource is left alone although it uses the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leave {
    NotManaged,
    Excluded,
    AlreadyStopped,
    Gone,
    /// It stops and starts with its cluster.
    PartOf,
    /// It stops and starts with its servers.
    Daemon,
    /// Its storage uses another key, and what it follows uses this one.
    OnAnotherKey,
    /// A guard of nothing that stops, or a follower of nothing that uses the key.
    NotNeeded,
}

/// Decides what a shutdown for `key` does with a resource that uses it.
pub fn plan_resource(seen: &SeenResource, hold: Option<&Hold>, key: &KeyArn, round: Round) -> PlannedResource {
    let mut planned = PlannedResource {
        id: seen.id.clone(),
        name: shortened(seen.tags.get("Name").map_or("", String::as_str), 64),
        app: None,
        units: Vec::new(),
        untold: Vec::new(),
        tier: 0,
        guard: seen.guard.clone(),
        follows: followers::leader(seen),
        state: seen_state(seen, hold),
        settings: seen.settings.clone(),
        treatment: Treatment::Leave { reason: Leave::NotManaged },
        restarts_at: seen.restarts_at,
        held_since: hold.filter(|hold| hold.own.is_proven()).map(|hold| hold.opened_at),
        seen_in: round,
        services: None,
        refused: None,
        outcome: None,
        settled_at: SettledAt::default(),
    };
    match opted(seen.id.kind(), &seen.tags) {
        Opted::In { app, .. } if planned.follows.is_some() => planned.app = Some(app),
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
            planned.treatment = match (treat(planned.state, hold, key), &seen.unfit) {
                (Treatment::Act, Some(Unfit::Cannot(reason))) => Treatment::Doubt { reason: reason.clone() },
                (_, Some(Unfit::PartOf)) => Treatment::Leave { reason: Leave::PartOf },
                (_, Some(Unfit::Daemon)) => Treatment::Leave { reason: Leave::Daemon },
                (treatment, _) => treatment,
            };
        }
    }
    planned
}

/// What we have asked to start is on its way up, even while AWS still shows it as stopped.
fn seen_state(seen: &SeenResource, hold: Option<&Hold>) -> State {
    let is_starting = hold.is_some_and(|hold| hold.own == Own::Starting);
    if is_starting && seen.state == State::Stopped { State::Pending } else { seen.state }
}

/// What the search tells a resource's hold, if anything.
///
/// What another key holds down already must not start while `key` is off, in the grace either: the hold is joined. A
/// resource that we have started and that is seen up is down from then on only if somebody else stops it.
pub fn noted(planned: &PlannedResource, hold: Option<&Hold>, key: &KeyArn, now: Timestamp) -> Option<Hold> {
    let hold = hold.filter(|_| planned.seen_in != Round::Preview)?;
    match planned.treatment {
        // A guard is joined when what it guards is about to stop, or it would stay suspended for nothing.
        Treatment::Join | Treatment::Doubt { .. } if !planned.id.kind().is_guard() => Some(hold.clone().joined_by(key)),
        Treatment::Act if planned.state == State::Running && hold.is_up_again(now) => {
            Some(Hold { own: Own::Services, ..hold.clone() })
        }
        _ => None,
    }
}

/// RDS's words for it: `inaccessible-encryption-credentials-recoverable`.
pub const TAKEN_DOWN: &str = "RDS has taken it down, for its key is off; start it by hand within 7 days of that, once the key is on, or only a backup brings it back";
/// RDS's words for it: `inaccessible-encryption-credentials`.
pub const LOST: &str = "RDS was without its key for too long and cannot start it again; restore it from a backup";

fn treat(state: State, hold: Option<&Hold>, key: &KeyArn) -> Treatment {
    match (state, hold) {
        (State::ShuttingDown | State::Terminated, _) => Treatment::Leave { reason: Leave::Gone },
        (State::Stopped, Some(hold)) if hold.is_in_doubt() => Treatment::Doubt {
            reason: "it is stopped, and the answer that would prove that we stopped it was lost".to_owned(),
        },
        (State::Stopped, Some(hold)) if hold.keys.contains(key) => Treatment::Act,
        (State::Stopped, Some(_)) => Treatment::Join,
        (State::Stopped, None) => Treatment::Leave { reason: Leave::AlreadyStopped },
        (State::Inaccessible, Some(hold)) if hold.own.is_proven() && hold.keys.contains(key) => Treatment::Act,
        (State::Inaccessible, _) => Treatment::Doubt { reason: TAKEN_DOWN.to_owned() },
        (State::Lost, _) => Treatment::Doubt { reason: LOST.to_owned() },
        (State::Pending | State::Running | State::Busy | State::Stopping, _) => Treatment::Act,
    }
}

/// Ends a round: what was warned about and no longer use the key are let off, and a plan
/// larger than the cap (0: none) is not carried out. Returns the plan and the rows that changed.
pub fn close_round(
    mut resources: Vec<PlannedResource>,
    round: Round,
    cap: usize,
) -> (Vec<PlannedResource>, Vec<PlannedResource>) {
    let before = resources.clone();
    for resource in resources.iter_mut().filter(|resource| resource.seen_in != round) {
        resource.treatment = Treatment::Leave { reason: Leave::Gone };
    }
    followers::close(&mut resources, round);
    guards::close(&mut resources);
    let counts = |resource: &&PlannedResource| resource.id.kind() == Kind::Server && is_acted_on(resource);
    let acted_on = resources.iter().filter(counts).count();
    if cap > 0 && acted_on > cap {
        let reason =
            format!("the plan has {acted_on} servers and MaxServersPerRun is {cap}; raise it to carry the plan out");
        for resource in resources.iter_mut().filter(|resource| is_acted_on(resource)) {
            resource.treatment = Treatment::Doubt { reason: reason.clone() };
        }
    }
    let changed = resources.iter().filter(|resource| !before.contains(resource)).cloned().collect();
    (resources, changed)
}

pub(crate) fn is_acted_on(resource: &PlannedResource) -> bool {
    matches!(resource.treatment, Treatment::Act | Treatment::Join | Treatment::Release { .. })
}

#[cfg(test)]
mod tests;
