//! Closes the search for dependents: puts them into batches, in order.

use lockstep_aws::configuration::{self, SdkConfig};
use lockstep_aws::error::Failure;
use lockstep_aws::lambda;
use lockstep_aws::ledger::Ledger;
use lockstep_domain::announcement::GraceStarted;
use lockstep_domain::batch::{BatchRef, GuardRef, Step, Tier};
use lockstep_domain::kind::Kind;
use lockstep_domain::plan::{Round, close_round, service_batches};
use lockstep_domain::run::{Direction, RunRef};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub struct World {
    ledger: Ledger,
    /// 0 means: no cap.
    max_servers: usize,
}

impl World {
    pub fn new(sdk: &SdkConfig) -> Result<Self, Failure> {
        Ok(Self { ledger: Ledger::new(sdk)?, max_servers: configuration::max_servers()? })
    }
}

#[derive(Debug, Deserialize)]
struct Input {
    run: RunRef,
    round: Round,
}

/// References to batches; the batches themselves stay in the ledger.
#[derive(Debug, Serialize)]
pub struct Answer {
    /// The highest tier first.
    pub tiers: Vec<Tier>,
    pub servers: Vec<BatchRef>,
    /// What would undo a stop.
    pub guards: Vec<GuardRef>,
    /// What the event bus is told of a grace that has begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub announcement: Option<GraceStarted>,
}

pub async fn handle(world: &World, input: Value) -> Result<Answer, Failure> {
    let Input { run, round } = lambda::read(input)?;
    let resources = world.ledger.resources(&run.run).await?;
    let (planned, changed) = close_round(resources, round, world.max_servers);
    world.ledger.put_resources(&run.run, &changed).await?;
    if round != Round::Shutdown {
        let reason = format!("{} resources in the plan", planned.len());
        tracing::info!(decision = "planned", reason, run.name = %run.run, round = ?round, "planned without batches");
        let announcement = match round {
            Round::Warning => Some(GraceStarted::of(&world.ledger.record(&run.run, "planning").await?, &planned)),
            Round::Preview | Round::Shutdown => None,
        };
        return Ok(Answer { tiers: Vec::new(), servers: Vec::new(), guards: Vec::new(), announcement });
    }
    let services = service_batches(Direction::Shutdown, &planned);
    let names = world.ledger.put_batches(&run.run, "services", &services).await?;
    let stop = Step::Stop(Kind::Server);
    let servers = world.ledger.put_batches_of(stop, &run.run, &planned).await?;
    let reason = format!("{} resources in the plan, {} batches of servers", planned.len(), servers.len());
    tracing::info!(decision = "planned", reason, run.name = %run.run, round = ?round, "shutdown planned");
    Ok(Answer {
        tiers: Tier::in_order(&run, Direction::Shutdown, &services, names),
        servers: BatchRef::all(&run, stop, servers),
        guards: world.ledger.put_guards(&run, &planned, Step::Stop).await?,
        announcement: None,
    })
}
