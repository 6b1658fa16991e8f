//! The plan in batches: what one call can take.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{PlannedServer, is_acted_on};
use crate::server::ServerId;
use crate::unit::UnitName;

/// At most this many servers to one call (SSM `SendCommand` takes 50 instance ids).
pub const BATCH_SIZE: usize = 50;

/// A batch of a run (`RUN#<run>` / `BATCH#<step>#<number>`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    pub servers: Vec<ServerId>,
    /// The units that all its servers have, in start order; empty in a batch of servers.
    #[serde(default)]
    pub units: Vec<UnitName>,
    /// The tier that all its services are in.
    #[serde(default)]
    pub tier: i32,
    /// When a call for it was refused first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_since: Option<Timestamp>,
}

/// Batches of servers whose units are the same, so that one command serves a batch.
pub fn service_batches(servers: &[PlannedServer]) -> Vec<Batch> {
    let mut with_units: Vec<&PlannedServer> =
        servers.iter().filter(|s| is_acted_on(s) && !s.units.is_empty()).collect();
    with_units.sort_by(|a, b| (a.tier, &a.units, &a.server).cmp(&(b.tier, &b.units, &b.server)));
    with_units
        .chunk_by(|a, b| (a.tier, &a.units) == (b.tier, &b.units))
        .flat_map(|same| same.chunks(BATCH_SIZE))
        .map(|batch| Batch {
            servers: ids(batch),
            units: batch[0].units.clone(),
            tier: batch[0].tier,
            refused_since: None,
        })
        .collect()
}

/// Batches of servers to stop or start.
pub fn server_batches(servers: &[PlannedServer]) -> Vec<Batch> {
    let mut acted_on: Vec<&PlannedServer> = servers.iter().filter(|s| is_acted_on(s)).collect();
    acted_on.sort_by(|a, b| a.server.cmp(&b.server));
    acted_on
        .chunks(BATCH_SIZE)
        .map(|batch| Batch { servers: ids(batch), units: Vec::new(), tier: 0, refused_since: None })
        .collect()
}

fn ids(batch: &[&PlannedServer]) -> Vec<ServerId> {
    batch.iter().map(|server| server.server.clone()).collect()
}
