//! `lockstep plan`: what a shutdown would do now, found by the shutdown's own search.

mod shown;

use jiff::Timestamp;
use lockstep_aws::clock;
use lockstep_domain::hold::Hold;
use lockstep_domain::key::KeyArn;
use lockstep_domain::plan::{PlannedResource, Treatment};
use lockstep_domain::preview::{Preview, preview};
use lockstep_domain::resource::ResourceId;
use lockstep_domain::run::{RunName, RunRef};
use serde::Serialize;
use serde_json::json;

use crate::deployed::Deployed;
use crate::report::Report;
use crate::trouble::Trouble;
use crate::wait;

pub use shown::left;

/// A search, and what follows from it.
#[derive(Debug, Serialize)]
pub struct Plan {
    pub key: KeyArn,
    pub watched: bool,
    /// The run under whose name the ledger keeps the plan for a day.
    pub run: RunName,
    pub searched_at: Timestamp,
    pub grace_minutes: Option<i64>,
    #[serde(flatten)]
    pub preview: Preview,
    /// Line by line, as the shutdown would have it.
    pub resources: Vec<PlannedResource>,
}

pub async fn of_key(stack: &Deployed, typed: &str, all: bool) -> Result<Report, Trouble> {
    let plan = search(stack, stack.key(typed).await?).await?;
    Report::new(&plan, shown::text(&plan, all))
}

/// Has the shutdown's workflow search for what uses the key; it stops nothing and tells nobody.
pub async fn search(stack: &Deployed, key: KeyArn) -> Result<Plan, Trouble> {
    let machine = stack.stack.output("ShutdownStateMachineArn")?;
    let (watched, now) = (stack.ledger.key(&key).await?.is_some(), clock::now());
    let run = RunRef { run: RunName::of_preview(&key, now, fastrand::u16(..)), key: key.clone(), epoch: 0 };
    let mut input = json!(run);
    input["grace_ends_at"] = json!(now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    input["preview"] = json!(true);
    let started = stack.executions.start(machine, run.run.as_str(), &input).await?;
    let output = wait::for_end(&stack.executions, &started, "searching for what uses the key").await?;
    if output["came_to"] != "the_end" {
        let why = output["error"].as_str().unwrap_or("a step of the search was given up");
        let remedy = format!("see execution {} in Step Functions; a shutdown would have stopped nothing", run.run);
        return Err(Trouble::Failed(format!("the search failed: {why}; {remedy}")));
    }
    let resources = stack.ledger.resources(&run.run).await?;
    let holds = holds(stack, &key, &resources).await?;
    let preview = preview(&run, &resources, &holds, now);
    let grace_minutes = stack.stack.output("GracePeriodMinutes").ok().and_then(|minutes| minutes.parse().ok());
    Ok(Plan { key, watched, run: run.run, searched_at: now, grace_minutes, preview, resources })
}

/// The holds of the key, and those of other keys that this one would join.
async fn holds(stack: &Deployed, key: &KeyArn, plan: &[PlannedResource]) -> Result<Vec<Hold>, Trouble> {
    let mut holds = stack.ledger.holds_of_key(key).await?;
    let is_held = |resource: &&PlannedResource| resource.treatment == Treatment::Join || resource.held_since.is_some();
    let others: Vec<ResourceId> = plan
        .iter()
        .filter(is_held)
        .map(|resource| resource.id.clone())
        .filter(|id| !holds.iter().any(|hold| hold.id == *id))
        .collect();
    holds.extend(stack.ledger.holds(&others).await?.into_values());
    Ok(holds)
}
