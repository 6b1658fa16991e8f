//! Takes one page of servers that use the key and writes what the run will do with each.

use lockstep_aws::error::Failure;
use lockstep_aws::lambda;
use lockstep_aws::ledger::Ledger;
use lockstep_domain::hold::Hold;
use lockstep_domain::plan::{PlannedServer, Round, noted, plan_server};
use lockstep_domain::run::RunRef;
use lockstep_domain::server::{ServerId, StatusRow, TagRow, join};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Deserialize)]
struct Input {
    run: RunRef,
    round: Round,
    /// Rows of `ec2:DescribeInstanceStatus`.
    states: Vec<StatusRow>,
    /// Rows of `ec2:DescribeTags`.
    tags: Vec<TagRow>,
}

#[derive(Debug, Serialize)]
pub struct Answer {
    /// How many servers were recorded.
    pub recorded: usize,
}

pub async fn handle(ledger: &Ledger, input: Value) -> Result<Answer, Failure> {
    let input: Input = lambda::read(input)?;
    let seen = join(input.states, input.tags);
    let ids: Vec<ServerId> = seen.iter().map(|server| server.server.clone()).collect();
    let holds = ledger.holds(&ids).await?;
    let planned: Vec<PlannedServer> =
        seen.iter().map(|server| plan_server(server, holds.get(&server.server), &input.run.key, input.round)).collect();
    ledger.put_servers(&input.run.run, &planned).await?;
    let noted: Vec<Hold> =
        planned.iter().filter_map(|server| noted(server, holds.get(&server.server), &input.run.key)).collect();
    ledger.write_holds(&input.run, &noted).await?;
    tracing::info!(recorded = planned.len(), run.name = %input.run.run, "dependents recorded");
    Ok(Answer { recorded: planned.len() })
}
