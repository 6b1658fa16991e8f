//! What a startup does with what its key holds down.

use super::{PlannedResource, Round, SettledAt, Treatment};
use crate::hold::{Hold, Own};
use crate::key::KeyArn;

/// What was to be let go because another key held it is planned anew: that key may have let go since.
pub fn replanned(resource: PlannedResource, hold: Option<&Hold>, key: &KeyArn) -> PlannedResource {
    match hold {
        Some(hold) if matches!(resource.treatment, Treatment::Release { .. }) && resource.outcome.is_none() => {
            plan_startup(hold, key)
        }
        _ => resource,
    }
}

/// Decides what a startup for `key` does with a resource that the key holds down.
pub fn plan_startup(hold: &Hold, key: &KeyArn) -> PlannedResource {
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
    PlannedResource {
        id: hold.id.clone(),
        name: hold.name.clone(),
        app: Some(hold.app.clone()),
        units: hold.units_to_start(),
        untold,
        tier: hold.tier,
        guard: hold.guard.clone(),
        follows: None,
        state: hold.prior,
        settings: hold.settings.clone(),
        treatment,
        restarts_at: None,
        held_since: None,
        seen_in: Round::Shutdown,
        services: None,
        refused: None,
        outcome: None,
        settled_at: SettledAt::default(),
    }
}
