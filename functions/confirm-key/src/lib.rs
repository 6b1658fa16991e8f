//! After the grace: is it over, is the key still off, and is this run still the newest?

use lockstep_aws::clock;
use lockstep_aws::configuration::SdkConfig;
use lockstep_aws::error::Failure;
use lockstep_aws::fence::confirm_run;
use lockstep_aws::keys::Keys;
use lockstep_aws::lambda;
use lockstep_aws::ledger::Ledger;
use lockstep_domain::batch::Confirmation;
use lockstep_domain::run::RunRef;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub struct World {
    keys: Keys,
    ledger: Ledger,
}

impl World {
    pub fn new(sdk: &SdkConfig) -> Result<Self, Failure> {
        Ok(Self { keys: Keys::new(sdk), ledger: Ledger::new(sdk)? })
    }
}

#[derive(Debug, Deserialize)]
struct Input {
    run: RunRef,
}

/// `go`: act. `superseded`: the key changed. `early`: the grace is not over, whatever woke us.
#[derive(Debug, Serialize)]
pub struct Answer {
    pub verdict: &'static str,
    pub reason: String,
}

pub async fn handle(world: &World, input: Value) -> Result<Answer, Failure> {
    let Input { run } = lambda::read(input)?;
    let record = world.ledger.record(&run.run, "confirming").await?;
    let answer = match confirm_run(&world.ledger, &world.keys, record.direction, &run).await? {
        Confirmation::Superseded { reason } => Answer { verdict: "superseded", reason },
        Confirmation::Unknown { reason } => {
            return Err(Failure::retryable(format!("confirming run {}: {reason}", run.run)));
        }
        Confirmation::Go if clock::now() < record.grace_ends_at => {
            Answer { verdict: "early", reason: format!("the grace ends at {}", record.grace_ends_at) }
        }
        // From here on a startup waits for this run instead of cancelling it.
        Confirmation::Go if world.ledger.begin_acting(&run.run, clock::now()).await? => {
            Answer { verdict: "go", reason: "the grace is over and the key is still off".to_owned() }
        }
        Confirmation::Go => Answer { verdict: "superseded", reason: "the run was cancelled".to_owned() },
    };
    tracing::info!(decision = answer.verdict, reason = answer.reason, run.name = %run.run, "key confirmed");
    Ok(answer)
}
