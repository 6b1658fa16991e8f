//! The stages of a run: its batches, in the order in which its workflow goes through them.

use jiff::SignedDuration;
use serde::Serialize;

use crate::batch::{BatchRef, Step, Tier};
use crate::kind::Kind;
use crate::outcome::{SERVICES_DEADLINE, next_look};
use crate::plan::{Batch, PlannedResource, batches_of, service_batches};
use crate::resource::ResourceId;
use crate::run::{Direction, RunRef};
use crate::unit::UnitName;

/// `MaxConcurrency` of the maps over batches in both workflows.
pub const BATCHES_AT_ONCE: usize = 10;

/// One step of a workflow over all of its batches; the next begins when all of them have settled.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stage {
    /// The workflow's state.
    pub state: &'static str,
    /// Of services only.
    pub tier: Option<i32>,
    pub batches: Vec<Part>,
}

/// A batch of a stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    pub step: Step,
    /// The call that it makes, as AWS names it.
    pub call: &'static str,
    /// In the order in which they are asked.
    pub units: Vec<UnitName>,
    pub resources: Vec<ResourceId>,
}

/// The stages of a run over a plan, in the order of its workflow; those without a batch are left out.
pub fn stages(run: &RunRef, direction: Direction, plan: &[PlannedResource]) -> Vec<Stage> {
    let (scaling, services_state, servers_state) = match direction {
        Direction::Shutdown => ("Suspend the scaling", "Stop the services", "Stop the servers"),
        Direction::Startup => ("Resume the scaling", "Start the services", "Start the servers"),
    };
    let on = |kind| if direction == Direction::Shutdown { Step::Stop(kind) } else { Step::Start(kind) };
    let of_kind = |kind| batches_of(on(kind), plan).into_iter().map(move |batch| Part::of(on(kind), batch));
    let stage = |state, batches: Vec<Part>| Stage { state, tier: None, batches };

    let services = service_batches(direction, plan);
    let names: Vec<String> = (0..services.len()).map(|index| index.to_string()).collect();
    let tiers = Tier::in_order(run, direction, &services, names).into_iter().map(|tier| {
        let part = |named: BatchRef| {
            let batch = services.get(named.batch.parse::<usize>().ok()?)?;
            Some(Part::of(named.step, batch.clone()))
        };
        let batches = tier.services.into_iter().filter_map(part).collect();
        Stage { state: services_state, tier: Some(tier.tier), batches }
    });
    let guards = std::iter::once(stage(scaling, Kind::guards().flat_map(of_kind).collect()));
    let servers = std::iter::once(stage(servers_state, of_kind(Kind::Server).collect()));
    let all: Vec<Stage> = match direction {
        Direction::Shutdown => guards.chain(tiers).chain(servers).collect(),
        Direction::Startup => servers.chain(tiers).chain(guards).collect(),
    };
    all.into_iter().filter(|stage| !stage.batches.is_empty()).collect()
}

impl Part {
    fn of(step: Step, batch: Batch) -> Self {
        let mut units = if step.is_about_units() { batch.units } else { Vec::new() };
        if step.direction() == Direction::Shutdown {
            units.reverse();
        }
        Self { step, call: step.call(), units, resources: batch.resources }
    }
}

impl Stage {
    /// At most so many batches go on side by side.
    fn waves(&self) -> i32 {
        self.batches.len().div_ceil(BATCHES_AT_ONCE).try_into().unwrap_or(i32::MAX)
    }

    fn longest(&self, of: impl Fn(Step) -> SignedDuration) -> SignedDuration {
        let one = self.batches.iter().map(|batch| of(batch.step)).max().unwrap_or_default();
        one.saturating_mul(self.waves())
    }

    /// Nothing is seen down or up before the first look.
    pub fn at_least(&self) -> SignedDuration {
        self.longest(|step| SignedDuration::from_secs(next_look(step, SignedDuration::ZERO)))
    }

    /// What has not reached its state by then is given up and named, as long as AWS takes the calls.
    pub fn at_most(&self) -> SignedDuration {
        self.longest(|step| match step {
            Step::StopServices | Step::StartServices => SERVICES_DEADLINE,
            Step::Stop(kind) => kind.facts().stops_within,
            Step::Start(kind) => kind.facts().starts_within,
        })
    }

    pub fn resources(&self) -> impl Iterator<Item = &ResourceId> {
        self.batches.iter().flat_map(|batch| &batch.resources)
    }
}

/// How long the stages take together: at least, and at most.
pub fn takes(stages: &[Stage]) -> (SignedDuration, SignedDuration) {
    let sum = |of: fn(&Stage) -> SignedDuration| {
        stages.iter().map(of).fold(SignedDuration::ZERO, |sum, one| sum.saturating_add(one))
    };
    (sum(Stage::at_least), sum(Stage::at_most))
}
