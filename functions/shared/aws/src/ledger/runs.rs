//! Runs: their record, their plan and their batches.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use lockstep_domain::batch::{GuardRef, Step};
use lockstep_domain::kind::Kind;
use lockstep_domain::plan::{Batch, PlannedResource, batches_of};
use lockstep_domain::resource::ResourceId;
use lockstep_domain::run::{End, Ending, RunName, RunRecord, RunRef};

use super::Ledger;
use super::rows::{address, expires, item, parse, text, written};
use crate::clock;
use crate::error::Failure;

const PREVIEW_KEPT: SignedDuration = SignedDuration::from_hours(24);

const IS_OPEN: &str = "attribute_exists(pk) AND attribute_not_exists(ending)";
/// The condition under which a run may still act: it has not ended, and was not told that the key had changed.
pub(super) const MAY_ACT: &str =
    "attribute_exists(pk) AND attribute_not_exists(ending) AND attribute_not_exists(let_go_at)";

pub(super) fn pk(run: &RunName) -> String {
    format!("RUN#{run}")
}

fn resource_sk(resource: &ResourceId) -> String {
    format!("RESOURCE#{}", resource.as_str())
}

impl Ledger {
    pub async fn run(&self, run: &RunName) -> Result<Option<RunRecord>, Failure> {
        self.get(&pk(run), "RUN").await
    }

    /// The records of these runs, by run; one whose execution has not begun has none.
    pub async fn runs(&self, runs: &[RunName]) -> Result<BTreeMap<RunName, RunRecord>, Failure> {
        let rows: Vec<RunRecord> = self.get_many(runs.iter().map(|run| address(&pk(run), "RUN")).collect()).await?;
        Ok(rows.into_iter().map(|record| (record.run.clone(), record)).collect())
    }

    /// The record of a run that a workflow is carrying out; `doing` is what it is needed for.
    pub async fn record(&self, run: &RunName, doing: &str) -> Result<RunRecord, Failure> {
        let record = self.run(run).await?;
        record.ok_or_else(|| Failure::terminal(format!("{doing} run {run}: it has no record")))
    }

    /// Records a run before it is started; a second time changes nothing.
    pub async fn open_run(&self, record: &RunRecord) -> Result<(), Failure> {
        self.put_new(&pk(&record.run), "RUN", record).await.map(drop)
    }

    /// Marks a run as acting, unless it has ended or let go; says whether it may act.
    pub async fn begin_acting(&self, run: &RunName, at: Timestamp) -> Result<bool, Failure> {
        let update = self.update_run(run, "SET acting_since = if_not_exists(acting_since, :at)", MAY_ACT);
        let update = update.expression_attribute_values(":at", text(at.to_string()));
        written(update.send().await, || format!("marking run {run} as acting"))
    }

    /// Notes that a run was told that the key had changed: from now on its writes are refused, whatever the key does.
    pub async fn let_go(&self, run: &RunName, at: Timestamp) -> Result<(), Failure> {
        let update = self.update_run(run, "SET let_go_at = if_not_exists(let_go_at, :at)", "attribute_exists(pk)");
        let update = update.expression_attribute_values(":at", text(at.to_string()));
        written(update.send().await, || format!("letting go in run {run}")).map(drop)
    }

    /// Ends a run that has touched nothing; says whether it had not.
    pub async fn cancel_run(&self, run: &RunName, at: Timestamp) -> Result<bool, Failure> {
        let condition = format!("{IS_OPEN} AND attribute_not_exists(acting_since)");
        let update = self.update_run(run, "SET ending = :ending, ended_at = :at", &condition);
        let update = update
            .expression_attribute_values(":ending", text(Ending::ShutdownCancelled.name()))
            .expression_attribute_values(":at", text(at.to_string()));
        written(update.send().await, || format!("cancelling run {run}"))
    }

    /// Ends a run once; the first ending stays and is returned, with whether it is this one.
    pub async fn end_run(&self, run: &RunName, end: &End) -> Result<(Ending, bool), Failure> {
        let set = "SET ending = :ending, ended_at = :at, worth_another_try = :again, look_again_at = :look";
        let look = end.look_again_at.map_or(AttributeValue::Null(true), |at| text(at.to_string()));
        let update = self
            .update_run(run, set, IS_OPEN)
            .expression_attribute_values(":ending", text(end.ending.name()))
            .expression_attribute_values(":again", AttributeValue::Bool(end.worth_another_try))
            .expression_attribute_values(":look", look)
            .expression_attribute_values(":at", text(end.at.to_string()));
        if written(update.send().await, || format!("ending run {run}"))? {
            return Ok((end.ending, true));
        }
        let first = self.record(run, "ending").await?.ending;
        let first = first.ok_or_else(|| Failure::retryable(format!("ending run {run}: it changed meanwhile")));
        Ok((first?, false))
    }

    fn update_run(&self, run: &RunName, set: &str, condition: &str) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(address(&pk(run), "RUN")))
            .update_expression(set)
            .condition_expression(condition)
    }

    pub async fn put_resources(&self, run: &RunName, resources: &[PlannedResource]) -> Result<(), Failure> {
        let expires_at = run.is_preview().then(|| clock::now() + PREVIEW_KEPT);
        let row = |resource: &PlannedResource| {
            let mut row = item(&pk(run), &resource_sk(&resource.id), resource)?;
            row.extend(expires_at.map(expires));
            Ok(row)
        };
        self.put_many(resources.iter().map(row).collect::<Result<_, Failure>>()?).await
    }

    /// The whole plan of a run, in the order of ids.
    pub async fn resources(&self, run: &RunName) -> Result<Vec<PlannedResource>, Failure> {
        self.query(&pk(run), "RESOURCE#").await?.into_iter().map(parse).collect()
    }

    pub async fn resources_of(&self, run: &RunName, ids: &[ResourceId]) -> Result<Vec<PlannedResource>, Failure> {
        self.get_many(ids.iter().map(|id| address(&pk(run), &resource_sk(id))).collect()).await
    }

    /// Numbers and writes batches; returns their names, such as `services#0001`.
    pub async fn put_batches(&self, run: &RunName, kind: &str, batches: &[Batch]) -> Result<Vec<String>, Failure> {
        let names: Vec<String> = (1..=batches.len()).map(|number| format!("{kind}#{number:04}")).collect();
        let rows = names.iter().zip(batches).map(|(name, batch)| item(&pk(run), &format!("BATCH#{name}"), batch));
        self.put_many(rows.collect::<Result<_, _>>()?).await?;
        Ok(names)
    }

    /// The batches of a step on one kind in a plan, with their names, such as `servers#0001`.
    pub async fn put_batches_of(
        &self,
        step: Step,
        run: &RunName,
        plan: &[PlannedResource],
    ) -> Result<Vec<(String, Batch)>, Failure> {
        let batches = batches_of(step, plan);
        let names = self.put_batches(run, step.kind().facts().plural, &batches).await?;
        Ok(names.into_iter().zip(batches).collect())
    }

    /// The batches of guards in a plan, one guard to each; `step` is what is done to a kind of them.
    pub async fn put_guards(
        &self,
        run: &RunRef,
        plan: &[PlannedResource],
        step: fn(Kind) -> Step,
    ) -> Result<Vec<GuardRef>, Failure> {
        let mut guards = Vec::new();
        for kind in Kind::guards() {
            let batches = self.put_batches_of(step(kind), &run.run, plan).await?;
            guards.extend(GuardRef::all(run, step(kind), batches));
        }
        Ok(guards)
    }

    pub async fn put_batch(&self, run: &RunName, name: &str, batch: &Batch) -> Result<(), Failure> {
        self.put(&pk(run), &format!("BATCH#{name}"), batch).await
    }

    pub async fn batch(&self, run: &RunName, name: &str) -> Result<Batch, Failure> {
        let batch = self.get(&pk(run), &format!("BATCH#{name}")).await?;
        batch.ok_or_else(|| Failure::terminal(format!("reading batch {name} of run {run}: there is none")))
    }
}
