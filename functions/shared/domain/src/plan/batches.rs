//! The plan in batches: what one call can take.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{PlannedResource, is_acted_on};
use crate::batch::Step;
use crate::kind::Kind;
use crate::resource::ResourceId;
use crate::run::Direction;
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
    /// What is called for next, in the parts in which the calls are made, if a call was refused; empty: all at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Vec<ResourceId>>,
    /// When a call for it was refused first, or last while others for it were accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_since: Option<Timestamp>,
}

impl Batch {
    /// All of its resources are of one kind.
    pub fn kind(&self) -> Kind {
        self.resources.first().map_or(Kind::Server, ResourceId::kind)
    }

    /// A batch of one kind whose calls name all at once, as far as AWS takes them.
    fn of(resources: &[&PlannedResource]) -> Self {
        let resources = resources.iter().map(|resource| resource.id.clone()).collect();
        Self { resources, units: Vec::new(), tier: 0, parts: Vec::new(), refused_since: None }
    }

    /// Whether no call for it was accepted yet. One that was is not made again: it would take room from the others.
    pub fn is_due(&self, id: &ResourceId) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|part| part.contains(id))
    }

    /// What is due, in the parts in which the calls are made.
    pub fn in_parts<'a>(&self, called: &'a [ResourceId]) -> Vec<Vec<&'a ResourceId>> {
        let part_of = |id: &ResourceId| self.parts.iter().position(|part| part.contains(id));
        let mut by_part: BTreeMap<Option<usize>, Vec<&ResourceId>> = BTreeMap::new();
        for id in called {
            by_part.entry(part_of(id)).or_default().push(id);
        }
        let at_once = self.kind().facts().at_once;
        by_part.into_values().flat_map(|part| part.chunks(at_once).map(<[_]>::to_vec).collect::<Vec<_>>()).collect()
    }
}

/// Batches of services of one kind and tier. Servers whose units are the same are together, so that one command serves
/// a batch.
pub fn service_batches(direction: Direction, resources: &[PlannedResource]) -> Vec<Batch> {
    let is_service = |resource: &PlannedResource| match resource.id.kind() {
        Kind::Server => !resource.units.is_empty(),
        kind => !kind.is_guard(),
    };
    let mut services: Vec<&PlannedResource> =
        resources.iter().filter(|resource| is_acted_on(resource) && is_service(resource)).collect();
    services.sort_by_key(|service| (together(service), &service.id));
    services
        .chunk_by(|a, b| together(a) == together(b))
        .flat_map(|same| same.chunks(Step::on_services(direction, same[0].id.kind()).batch()))
        .map(|batch| Batch { units: batch[0].units.clone(), tier: batch[0].tier, ..Batch::of(batch) })
        .collect()
}

/// A look at ECS services names one cluster.
fn together(service: &PlannedResource) -> (i32, Kind, &str, &[UnitName]) {
    let kind = service.id.kind();
    let cluster = service.id.name().split('/').next().filter(|_| kind == Kind::ContainerService);
    (service.tier, kind, cluster.unwrap_or_default(), &service.units)
}

/// Batches of a step whose order does not matter: of servers, to stop or start, or of guards.
pub fn batches_of(step: Step, resources: &[PlannedResource]) -> Vec<Batch> {
    let is_of_kind = |resource: &&PlannedResource| is_acted_on(resource) && resource.id.kind() == step.kind();
    let mut members: Vec<&PlannedResource> = resources.iter().filter(is_of_kind).collect();
    members.sort_by_key(|member| &member.id);
    members.chunks(step.batch()).map(Batch::of).collect()
}
