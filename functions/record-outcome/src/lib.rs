//! Reads what AWS answered about a batch, writes what it proves, and says whether to look again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use lockstep_aws::clock;
use lockstep_aws::configuration::SdkConfig;
use lockstep_aws::error::Failure;
use lockstep_aws::lambda;
use lockstep_aws::ledger::Ledger;
use lockstep_domain::batch::Step;
use lockstep_domain::evidence::{Evidence, Proof, prove};
use lockstep_domain::hold::Hold;
use lockstep_domain::outcome::next_look;
use lockstep_domain::run::RunRef;
use lockstep_domain::server::ServerId;
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
    #[serde(flatten)]
    run: RunRef,
    batch: String,
    step: Step,
    asked_at: Timestamp,
    /// Servers that the call was made for, or that are looked at without one.
    watched: BTreeSet<ServerId>,
    #[serde(flatten)]
    evidence: Evidence,
}

/// `waiting`: look again after `wait_s` seconds. `settled`: every server has its outcome.
#[derive(Debug, Serialize)]
pub struct Answer {
    pub verdict: &'static str,
    pub wait_s: i64,
    /// Servers that are still waited for.
    pub watched: Vec<ServerId>,
}

pub async fn handle(world: &World, input: Value) -> Result<Answer, Failure> {
    let Input { run, batch, step, asked_at, watched, evidence } = lambda::read(input)?;
    let waited = clock::now().duration_since(asked_at);
    let ids: Vec<ServerId> = watched.into_iter().collect();
    let servers = world.ledger.servers_of(&run.run, &ids).await?;
    let mut holds: BTreeMap<ServerId, Hold> =
        world.ledger.holds(&ids).await?.into_iter().map(|hold| (hold.server.clone(), hold)).collect();
    let (mut settled, mut changed, mut closed, mut waiting) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for server in servers {
        let hold = holds.remove(&server.server);
        let Proof { hold, close, outcome } = prove(step, &server, hold, &evidence, waited);
        changed.extend(hold);
        closed.extend(close.then(|| server.server.clone()));
        match outcome {
            Some(outcome) => settled.push(server.settled(step, outcome)),
            None => waiting.push(server.server),
        }
    }
    world.ledger.note_evidence(&changed).await?;
    world.ledger.close_holds(&run, &closed).await?;
    world.ledger.put_servers(&run.run, &settled).await?;
    let verdict = if waiting.is_empty() { "settled" } else { "waiting" };
    tracing::info!(decision = verdict, settled = settled.len(), run.name = %run.run, batch, "outcome recorded");
    Ok(Answer { verdict, wait_s: next_look(waited), watched: waiting })
}
