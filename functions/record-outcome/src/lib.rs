//! Reads what AWS answered about a batch, writes what it proves, and says whether to look again.

use std::collections::BTreeSet;

use jiff::Timestamp;
use lockstep_aws::clock;
use lockstep_aws::error::Failure;
use lockstep_aws::lambda;
use lockstep_aws::ledger::Ledger;
use lockstep_aws::metrics;
use lockstep_domain::batch::BatchRef;
use lockstep_domain::evidence::{Evidence, prove};
use lockstep_domain::metrics::Metric;
use lockstep_domain::outcome::next_look;
use lockstep_domain::plan::Outcome;
use lockstep_domain::refusal::{CallRefusal, NextTry, is_starved, next_try};
use lockstep_domain::resource::ResourceId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Deserialize)]
struct Input {
    batch: BatchRef,
    asked_at: Timestamp,
    /// What the call was made for, or what is looked at without one.
    watched: BTreeSet<String>,
    #[serde(flatten)]
    evidence: Evidence,
}

/// What to do next with the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every resource has its outcome.
    Settled,
    /// Look again.
    Waiting,
    /// Rest, confirm the batch anew, make the call again.
    Again,
}

#[derive(Debug, Serialize)]
pub struct Answer {
    pub verdict: Verdict,
    /// Seconds before the next look or the next call.
    pub wait_s: i64,
    /// What is still waited for.
    pub watched: Vec<String>,
}

pub async fn handle(ledger: &Ledger, input: Value) -> Result<Answer, Failure> {
    let Input { batch, asked_at, watched, evidence } = lambda::read(input)?;
    let (run, step, now) = (&batch.of, batch.step, clock::now());
    let waited = now.duration_since(asked_at);
    let ids: Vec<ResourceId> =
        watched.iter().map(|name| ResourceId::new(step.kind(), name)).collect::<Result<_, _>>()?;
    let resources = ledger.resources_of(&run.run, &ids).await?;
    let mut holds = ledger.holds(&ids).await?;
    let mut proven = Vec::new();
    metrics::count_denial_of(evidence.gave_up.as_deref().unwrap_or_default());
    for resource in resources {
        let hold = holds.remove(&resource.id);
        let proof = prove(&batch, &resource, hold, &evidence, waited);
        proven.push((resource, proof));
    }
    let next = judge(ledger, &batch, &evidence, proven.iter().any(|(_, proof)| proof.again), now).await?;
    if next == Some(NextTry::GiveUp) {
        let reason = evidence.refusal().map_or_else(|| "AWS kept refusing".to_owned(), CallRefusal::said);
        for (_, proof) in &mut proven {
            proof.outcome.get_or_insert(Outcome::not_done(format!("given up after 10 minutes of tries: {reason}")));
        }
    }
    let (mut told, mut noted, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
    let (mut released, mut kept) = (Vec::new(), Vec::new());
    for (mut resource, proof) in proven {
        if proof.release.is_some() { &mut kept } else { &mut noted }.extend(proof.hold);
        released.extend(proof.release);
        let was_refused = proof.refused.is_some();
        resource.refused = resource.refused.or(proof.refused);
        match proof.outcome {
            Some(outcome) => told.push(resource.settled(step, outcome, now)),
            None => {
                waiting.push(resource.id.name().to_owned());
                told.extend(was_refused.then_some(resource));
            }
        }
    }
    // The evidence first: what was done must be known even if nothing else is written.
    ledger.note_evidence(&noted).await?;
    if !ledger.write_holds(run, &released).await? {
        // What could not be let go must be looked at by a run that may: this one ends as superseded.
        ledger.note_evidence(&kept).await?;
        ledger.let_go(&run.run, now).await?;
    }
    ledger.put_resources(&run.run, &told).await?;
    let (verdict, wait_s) = match next {
        Some(NextTry::Again { rest_s }) => (Verdict::Again, rest_s),
        Some(NextTry::GiveUp) | None if waiting.is_empty() => (Verdict::Settled, 0),
        Some(NextTry::GiveUp) | None => (Verdict::Waiting, next_look(step, waited)),
    };
    let reason = format!("{} of {} resources are waited for", waiting.len(), ids.len());
    let (waited_s, batch_name) = (waited.as_secs(), batch.batch.as_str());
    tracing::info!(decision = ?verdict, reason, waited_s, run.name = %run.run, batch.name = batch_name, "outcome recorded");
    Ok(Answer { verdict, wait_s, watched: waiting })
}

/// What follows if a call failed; since when it does is kept with the batch, and so are the parts in which calls are made
/// next.
async fn judge(
    ledger: &Ledger,
    batch: &BatchRef,
    evidence: &Evidence,
    some_again: bool,
    now: Timestamp,
) -> Result<Option<NextTry>, Failure> {
    if evidence.refused.is_none() && !some_again {
        return Ok(None);
    }
    if let Some(refusal) = evidence.refusal() {
        let meaning = refusal.meaning();
        tracing::warn!(decision = ?meaning, reason = refusal.said(), run.name = %batch.of.run, "a call was refused");
        if refusal.is_denied() {
            metrics::emit(&[(Metric::AccessDenied, 1)], &[("run.name", batch.of.run.as_str())]);
        }
    }
    let mut members = ledger.batch(&batch.of.run, &batch.batch).await?;
    let before = members.clone();
    let since = members.refused_since.filter(|_| !evidence.is_progress()).unwrap_or(now);
    members.refused_since = Some(since);
    let part = |names: Vec<String>| names.iter().map(|name| ResourceId::new(batch.step.kind(), name)).collect();
    members.parts = evidence.again(is_starved(since, now)).into_iter().map(part).collect::<Result<_, _>>()?;
    if members != before {
        ledger.put_batch(&batch.of.run, &batch.batch, &members).await?;
    }
    Ok(Some(match next_try(since, now) {
        // AWS has room for what is refused because of one among many.
        NextTry::Again { .. } if evidence.is_of_one_among_many() => NextTry::Again { rest_s: 1 },
        next => next,
    }))
}
