//! Right before a call that changes something: a fresh look at the key, the epoch, and the intent written.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use lockstep_aws::clock;
use lockstep_aws::configuration::{self, SdkConfig};
use lockstep_aws::error::Failure;
use lockstep_aws::fence::confirm_run;
use lockstep_aws::keys::Keys;
use lockstep_aws::lambda;
use lockstep_aws::ledger::Ledger;
use lockstep_domain::batch::{Act, BatchRef, Confirmation, Step, StuckPolicy, decide};
use lockstep_domain::plan::{Outcome, PlannedResource, held_back, replanned};
use lockstep_domain::resource::ResourceId;
use lockstep_domain::run::RunRef;
use lockstep_domain::scaling::{self, Members};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub struct World {
    keys: Keys,
    ledger: Ledger,
    policy: StuckPolicy,
}

impl World {
    pub fn new(sdk: &SdkConfig) -> Result<Self, Failure> {
        Ok(Self { keys: Keys::new(sdk), ledger: Ledger::new(sdk)?, policy: configuration::stuck_policy()? })
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    batch: BatchRef,
    /// What a group was just seen with that is to be resumed.
    #[serde(default)]
    members: Option<Members>,
}

/// `go`: call for `resources`. `look`: no call, but look. `nothing`: all settled. `superseded`: stop acting.
#[derive(Debug, Serialize)]
pub struct Answer {
    pub verdict: &'static str,
    /// What AWS calls them.
    pub resources: Vec<String>,
    /// The same in the parts in which the calls are made.
    pub parts: Vec<Vec<String>>,
    /// Every resource of the batch that is not settled yet.
    pub watched: Vec<String>,
    /// Unit names in the order in which to act, separated by spaces.
    pub units: String,
    /// What to suspend or to resume of a guard.
    pub scaling: Vec<&'static str>,
    /// How many tasks each ECS service is to have again.
    pub counts: BTreeMap<String, u32>,
    pub asked_at: Timestamp,
}

impl Answer {
    fn empty(verdict: &'static str, now: Timestamp) -> Self {
        Self {
            verdict,
            resources: Vec::new(),
            parts: Vec::new(),
            watched: Vec::new(),
            units: String::new(),
            scaling: Vec::new(),
            counts: BTreeMap::new(),
            asked_at: now,
        }
    }
}

pub async fn handle(world: &World, input: Value) -> Result<Answer, Failure> {
    let Input { batch: BatchRef { of: run, batch, step }, members: seen } = lambda::read(input)?;
    let confirmation = confirm_run(&world.ledger, &world.keys, step.direction(), &run).await?;
    let now = clock::now();
    match confirmation {
        Confirmation::Go => {}
        Confirmation::Unknown { reason } => {
            return Err(Failure::retryable(format!("confirming batch {batch} of run {}: {reason}", run.run)));
        }
        Confirmation::Superseded { reason } => {
            tracing::info!(decision = "superseded", reason, run.name = %run.run, batch.name = batch, "batch confirmed");
            return Ok(Answer::empty("superseded", now));
        }
    }
    let members = world.ledger.batch(&run.run, &batch).await?;
    let resources = world.ledger.resources_of(&run.run, &members.resources).await?;
    let holds = world.ledger.holds(&members.resources).await?;
    let around = around(&world.ledger, &run, step, &resources).await?;
    let mut answer = Answer::empty("nothing", now);
    let (mut called, mut intents, mut changed) = (Vec::new(), Vec::new(), Vec::new());
    for planned in resources {
        let hold = holds.get(&planned.id);
        let mut resource = replanned(planned.clone(), hold, &run.key);
        match decide(step, &resource, hold, &run, world.policy, now) {
            // A call for it was accepted.
            Act::Call(hold) if !members.is_due(&hold.id) => answer.watched.push(hold.id.name().to_owned()),
            Act::Call(hold) => {
                if let Some(reason) = held_back(step, &resource, &around, seen.as_ref()) {
                    changed.push(resource.settled(step, Outcome::not_done(reason), now));
                    continue;
                }
                answer.scaling = scaling::ours(hold.id.kind(), &hold.settings);
                answer.counts.extend(hold.settings.count.map(|count| (hold.id.name().to_owned(), count)));
                answer.watched.push(hold.id.name().to_owned());
                called.push(hold.id.clone());
                intents.push(hold);
            }
            Act::Watch => answer.watched.push(resource.id.name().to_owned()),
            Act::Settle(hold, outcome) => {
                intents.extend(hold);
                resource = resource.settled(step, outcome, now);
            }
            Act::Skip => {}
        }
        changed.extend((resource != planned).then_some(resource));
    }
    if !world.ledger.write_holds(&run, &intents).await? {
        let reason = "its intents were not taken: the run or a hold has changed meanwhile";
        tracing::info!(decision = "superseded", reason, run.name = %run.run, batch.name = batch, "batch confirmed");
        return Ok(Answer::empty("superseded", now));
    }
    world.ledger.put_resources(&run.run, &changed).await?;
    answer.resources = names(&called);
    answer.parts = members.in_parts(&called).into_iter().map(names).collect();
    if !called.is_empty() {
        answer.verdict = "go";
    } else if !answer.watched.is_empty() {
        answer.verdict = "look";
    }
    answer.units = step.units_in_order(&members.units);
    let reason = format!("{} of {} resources are called for", called.len(), members.resources.len());
    tracing::info!(decision = answer.verdict, reason, run.name = %run.run, batch.name = batch, "batch confirmed");
    Ok(answer)
}

/// What may hold a call back: the guards of what is to stop, or all that may be under a guard that is to start.
async fn around(
    ledger: &Ledger,
    run: &RunRef,
    step: Step,
    resources: &[PlannedResource],
) -> Result<Vec<PlannedResource>, Failure> {
    match step {
        Step::Start(kind) if kind.is_guard() => ledger.resources(&run.run).await,
        Step::StartServices | Step::Start(_) => Ok(Vec::new()),
        Step::StopServices | Step::Stop(_) => {
            let guards: BTreeSet<ResourceId> = resources.iter().filter_map(|resource| resource.guard.clone()).collect();
            ledger.resources_of(&run.run, &Vec::from_iter(guards)).await
        }
    }
}

/// What AWS calls them.
fn names<'a>(ids: impl IntoIterator<Item = &'a ResourceId>) -> Vec<String> {
    ids.into_iter().map(|id| id.name().to_owned()).collect()
}
