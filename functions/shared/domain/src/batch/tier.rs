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
    /// Batches with their names, in the order in which the step goes through the tiers: up from the lowest, down from
    /// the highest.
    pub fn in_order(run: &RunRef, step: Step, batches: &[Batch], names: Vec<String>) -> Vec<Self> {
        let mut by_tier: BTreeMap<i32, Vec<String>> = BTreeMap::new();
        for (batch, name) in batches.iter().zip(names) {
            by_tier.entry(batch.tier).or_default().push(name);
        }
        let tiers = by_tier.into_iter().map(|(tier, names)| Self { tier, services: BatchRef::all(run, step, names) });
        match step.direction() {
            Direction::Startup => tiers.collect(),
            Direction::Shutdown => tiers.rev().collect(),
        }
    }
}
