//! Decides how a run ended, once, and writes it down.

use lockstep_aws::clock;
use lockstep_aws::error::Failure;
use lockstep_aws::lambda;
use lockstep_aws::ledger::Ledger;
use lockstep_aws::metrics;
use lockstep_domain::announcement::RunEnded;
use lockstep_domain::metrics::of_ended;
use lockstep_domain::report::{CameTo, ending, look_again_at, worth_another_try};
use lockstep_domain::run::{End, Ending, RunName, RunRef};
use lockstep_domain::text::shortened;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// In characters; AWS sends an encoded message of a kilobyte with some refusals.
const LONGEST_REASON: usize = 400;

#[derive(Debug, Deserialize)]
struct Input {
    run: RunRef,
    came_to: CameTo,
    /// What AWS said to the search that was given up; empty if none was.
    #[serde(default)]
    gave_up: String,
}

#[derive(Debug, Serialize)]
pub struct Answer {
    pub run: RunName,
    pub ending: Ending,
    pub reason: String,
    /// What the event bus is told.
    pub announcement: RunEnded,
}

pub async fn handle(ledger: &Ledger, input: Value) -> Result<Answer, Failure> {
    let Input { run, mut came_to, gave_up } = lambda::read(input)?;
    // A search that failed for the warning alone has kept nothing from its way.
    let gave_up = Some(gave_up).filter(|said| came_to == CameTo::Failure && !said.is_empty());
    let record = ledger.record(&run.run, "ending").await?;
    let newest = ledger.key(&run.key).await?;
    let is_newest = newest.is_some_and(|newest| newest.run() == run.run);
    let let_go = record.let_go_at.is_some() && came_to != CameTo::CancelledInGrace;
    if let_go || (came_to == CameTo::TheEnd && !is_newest) {
        came_to = CameTo::Superseded;
    }
    let resources = ledger.resources(&run.run).await?;
    let (direction, now) = (record.direction, clock::now());
    let end = End {
        ending: ending(direction, came_to, &resources),
        worth_another_try: worth_another_try(direction, came_to, &resources),
        look_again_at: look_again_at(direction, &resources, now),
        at: now,
    };
    let (ending, is_first) = ledger.end_run(&run.run, &end).await?;
    let reason = format!("{} with {} resources in its plan", came_to.reason(), resources.len());
    tracing::info!(decision = ?ending, reason, run.name = %run.run, key.arn = %run.key, "run ended");
    // A step that is tried again ends the run once, and counts once.
    if is_first {
        if let Some(said) = gave_up {
            let reason = shortened(&said, LONGEST_REASON);
            tracing::error!(decision = "given up", reason, run.name = %run.run, key.arn = %run.key, "the search failed");
            metrics::count_denial_of(&said);
        }
        let about = [("run.name", run.run.as_str()), ("key.arn", run.key.as_str())];
        metrics::emit(&of_ended(&record, ending, &resources), &about);
    }
    let announcement = RunEnded::of(&record, ending, record.ended_at.unwrap_or(now), &resources);
    Ok(Answer { run: run.run, ending, reason, announcement })
}
