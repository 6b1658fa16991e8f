//! Decides how a run ended, once, and writes it down.

use lockstep_aws::clock;
use lockstep_aws::configuration::SdkConfig;
use lockstep_aws::error::Failure;
use lockstep_aws::lambda;
use lockstep_aws::ledger::Ledger;
use lockstep_domain::report::{CameTo, ending};
use lockstep_domain::run::{Ending, RunName, RunRef};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub struct World {
    ledger: Ledger,
}

impl World {
    pub fn new(sdk: &SdkConfig) -> Result<Self, Failure> {
        Ok(Self { ledger: Ledger::new(sdk)? })
    }
}

#[derive(Debug, Deserialize)]
struct Input {
    run: RunRef,
    came_to: CameTo,
}

#[derive(Debug, Serialize)]
pub struct Answer {
    pub run: RunName,
    pub ending: Ending,
    pub reason: String,
}

pub async fn handle(world: &World, input: Value) -> Result<Answer, Failure> {
    let Input { run, mut came_to } = lambda::read(input)?;
    let record = world.ledger.run(&run.run).await?;
    let record = record.ok_or_else(|| Failure::terminal(format!("ending run {}: it has no record", run.run)))?;
    let newest = world.ledger.key(&run.key).await?;
    if came_to == CameTo::TheEnd && newest.is_none_or(|newest| newest.epoch != run.epoch) {
        came_to = CameTo::Superseded;
    }
    let servers = world.ledger.servers(&run.run).await?;
    let ending = ending(record.direction, came_to, &servers);
    let ending = world.ledger.end_run(&run.run, ending, clock::now()).await?;
    let reason = format!("the workflow came to {came_to:?} with {} servers in its plan", servers.len());
    tracing::info!(decision = ?ending, reason, run.name = %run.run, key.arn = %run.key, "run ended");
    Ok(Answer { run: run.run, ending, reason })
}
