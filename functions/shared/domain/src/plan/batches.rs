//! The plan in batches: what one call can take.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{PlannedResource, is_acted_on};
use crate::kind::Kind;
use crate::resource::ResourceId;
use crate::unit::UnitName;

/// A batch of a run (`RUN#<run>` / `BATCH#<step>#<number>`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    pub resources: Vec<ResourceId>,
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

impl Batch {
    /// All of its resources are of one kind.
    pub fn kind(&self) -> Kind {
        self.resources.first().map_or(Kind::Server, ResourceId::kind)
    }
}

/// Batches of services of one kind and tier. Servers whose units are the same are together, so that one command serves
/// a batch.
pub fn service_batches(resources: &[PlannedResource]) -> Vec<Batch> {
    let is_service = |resource: &PlannedResource| resource.id.kind() != Kind::Server || !resource.units.is_empty();
    let mut services: Vec<&PlannedResource> =
        resources.iter().filter(|resource| is_acted_on(resource) && is_service(resource)).collect();
    services.sort_by_key(|service| (together(service), &service.id));
    services
        .chunk_by(|a, b| together(a) == together(b))
        .flat_map(|same| same.chunks(same[0].id.kind().facts().batch))
        .map(|batch| Batch {
            resources: ids(batch),
            units: batch[0].units.clone(),
            tier: batch[0].tier,
            refused_since: None,
        })
        .collect()
}

fn together(service: &PlannedResource) -> (i32, Kind, &[UnitName]) {
    (service.tier, service.id.kind(), &service.units)
}

/// Batches of servers to stop or start.
pub fn server_batches(resources: &[PlannedResource]) -> Vec<Batch> {
    let is_server = |resource: &PlannedResource| resource.id.kind() == Kind::Server;
    let mut servers: Vec<&PlannedResource> =
        resources.iter().filter(|resource| is_acted_on(resource) && is_server(resource)).collect();
    servers.sort_by_key(|server| &server.id);
    servers
        .chunks(Kind::Server.facts().batch)
        .map(|batch| Batch { resources: ids(batch), units: Vec::new(), tier: 0, refused_since: None })
        .collect()
}

fn ids(batch: &[&PlannedResource]) -> Vec<ResourceId> {
    batch.iter().map(|resource| resource.id.clone()).collect()
}
