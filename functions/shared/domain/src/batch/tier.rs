//! Tiers: services in the order in which they depend on one another.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{BatchRef, Step};
use crate::plan::Batch;
use crate::run::{Direction, RunRef};

/// The services of one tier; a tier begins when the one before it has settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    pub tier: i32,
    pub services: Vec<BatchRef>,
}

impl Tier {
    /// Batches with their names, in the order in which a run goes through the tiers: up from the lowest, down from the
    /// highest.
    pub fn in_order(run: &RunRef, direction: Direction, batches: &[Batch], names: Vec<String>) -> Vec<Self> {
        let mut by_tier: BTreeMap<i32, Vec<BatchRef>> = BTreeMap::new();
        for (batch, name) in batches.iter().zip(names) {
            let step = Step::on_services(direction, batch.kind());
            by_tier.entry(batch.tier).or_default().push(BatchRef { of: run.clone(), batch: name, step });
        }
        let tiers = by_tier.into_iter().map(|(tier, services)| Self { tier, services });
        match direction {
            Direction::Startup => tiers.collect(),
            Direction::Shutdown => tiers.rev().collect(),
        }
    }
}
