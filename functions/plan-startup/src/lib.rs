//! Finds what the key holds down, and puts it into batches.

use jiff::SignedDuration;
use lockstep_aws::clock;
use lockstep_aws::configuration::SdkConfig;
use lockstep_aws::error::Failure;
use lockstep_aws::lambda;
use lockstep_aws::ledger::Ledger;
use lockstep_domain::batch::{BatchRef, Step};
use lockstep_domain::plan::{plan_startup, server_batches, service_batches};
use lockstep_domain::run::{Before, Direction, Ending, RunName, RunRef, before_startup};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A shutdown that was acting gets this long to let go before we go on without it.
const LET_GO: SignedDuration = SignedDuration::from_mins(20);

pub struct World {
    ledger: Ledger,
}

impl World {
    pub fn new(sdk: &SdkConfig) -> Result<Self, Failure> {
        Ok(Self { ledger: Ledger::new(sdk)? })
    }
}

/// `wait`: the shutdown before is still acting. `go`: here are the batches.
#[derive(Debug, Serialize)]
pub struct Answer {
    pub verdict: &'static str,
    /// The shutdown that this startup cancelled in its grace, if it did; its admins are told.
    pub cancelled: Vec<RunRef>,
    pub services: Vec<BatchRef>,
    pub servers: Vec<BatchRef>,
}

#[derive(Debug, Deserialize)]
struct Input {
    run: RunRef,
}

pub async fn handle(world: &World, input: Value) -> Result<Answer, Failure> {
    let Input { run } = lambda::read(input)?;
    let mut answer = Answer { verdict: "go", cancelled: Vec::new(), services: Vec::new(), servers: Vec::new() };
    let now = clock::now();
    let name = RunName::new(&run.key, run.epoch.saturating_sub(1), Direction::Shutdown, 1);
    let own = world.ledger.record(&run.run, "planning").await?;
    match before_startup(world.ledger.run(&name).await?.as_ref(), &own, now, LET_GO) {
        Before::InGrace => {
            world.ledger.end_run(&name, Ending::ShutdownCancelled, now).await?;
            answer.cancelled.push(RunRef { run: name, key: run.key.clone(), epoch: run.epoch - 1 });
        }
        Before::Acting => answer.verdict = "wait",
        Before::LetGo => {}
    }
    if answer.verdict == "go" {
        let holds = world.ledger.holds_of_key(&run.key).await?;
        let planned: Vec<_> = holds.iter().map(|hold| plan_startup(hold, &run.key)).collect();
        world.ledger.put_servers(&run.run, &planned).await?;
        let services = world.ledger.put_batches(&run.run, "services", &service_batches(&planned)).await?;
        let servers = world.ledger.put_batches(&run.run, "servers", &server_batches(&planned)).await?;
        answer.services = BatchRef::all(&run, Step::StartServices, services);
        answer.servers = BatchRef::all(&run, Step::StartServers, servers);
    }
    tracing::info!(decision = answer.verdict, batches = answer.servers.len(), run.name = %run.run, "startup planned");
    Ok(answer)
}
