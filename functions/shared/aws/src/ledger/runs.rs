//! Runs: their record, their plan, their batches and the mails that they claimed.

use jiff::Timestamp;
use lockstep_domain::plan::{Batch, PlannedServer};
use lockstep_domain::run::{Ending, RunName, RunRecord};
use lockstep_domain::server::ServerId;
use serde_json::json;

use super::Ledger;
use super::rows::{address, item, parse, text};
use crate::error::Failure;

fn pk(run: &RunName) -> String {
    format!("RUN#{run}")
}

fn server_sk(server: &ServerId) -> String {
    format!("SERVER#{}", server.as_str())
}

impl Ledger {
    pub async fn run(&self, run: &RunName) -> Result<Option<RunRecord>, Failure> {
        self.get(&pk(run), "RUN").await
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

    /// Ends a run once; the first ending stays and is returned.
    pub async fn end_run(&self, run: &RunName, ending: Ending, at: Timestamp) -> Result<Ending, Failure> {
        let doing = format!("ending run {run}");
        let ending_text = json!(ending).as_str().unwrap_or_default().to_owned();
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(address(&pk(run), "RUN")))
            .update_expression("SET ending = :ending, ended_at = :at")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(ending)")
            .expression_attribute_values(":ending", text(ending_text))
            .expression_attribute_values(":at", text(at.to_string()));
        match update.send().await {
            Ok(_) => Ok(ending),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                let record = self.run(run).await?;
                record
                    .and_then(|record| record.ending)
                    .ok_or_else(|| Failure::terminal(format!("{doing}: it has no record")))
            }
            Err(error) => Err(Failure::of_call(doing, error)),
        }
    }

    pub async fn put_servers(&self, run: &RunName, servers: &[PlannedServer]) -> Result<(), Failure> {
        let rows = servers.iter().map(|server| item(&pk(run), &server_sk(&server.server), server));
        self.put_many(rows.collect::<Result<_, _>>()?).await
    }

    /// The whole plan of a run, in the order of server ids.
    pub async fn servers(&self, run: &RunName) -> Result<Vec<PlannedServer>, Failure> {
        self.query(&pk(run), "SERVER#").await?.into_iter().map(parse).collect()
    }

    pub async fn servers_of(&self, run: &RunName, ids: &[ServerId]) -> Result<Vec<PlannedServer>, Failure> {
        self.get_many(ids.iter().map(|id| address(&pk(run), &server_sk(id))).collect()).await
    }

    /// Numbers and writes batches; returns their names, such as `services#0001`.
    pub async fn put_batches(&self, run: &RunName, kind: &str, batches: &[Batch]) -> Result<Vec<String>, Failure> {
        let names: Vec<String> = (1..=batches.len()).map(|number| format!("{kind}#{number:04}")).collect();
        let rows = names.iter().zip(batches).map(|(name, batch)| item(&pk(run), &format!("BATCH#{name}"), batch));
        self.put_many(rows.collect::<Result<_, _>>()?).await?;
        Ok(names)
    }

    pub async fn put_batch(&self, run: &RunName, name: &str, batch: &Batch) -> Result<(), Failure> {
        self.put(&pk(run), &format!("BATCH#{name}"), batch).await
    }

    pub async fn batch(&self, run: &RunName, name: &str) -> Result<Batch, Failure> {
        let batch = self.get(&pk(run), &format!("BATCH#{name}")).await?;
        batch.ok_or_else(|| Failure::terminal(format!("reading batch {name} of run {run}: there is none")))
    }

    /// Claims a mail before it is sent; says whether it was still unclaimed.
    pub async fn claim_mail(&self, run: &RunName, mail: &str, at: Timestamp) -> Result<bool, Failure> {
        self.put_new(&pk(run), &format!("MAIL#{mail}"), &json!({"claimed_at": at})).await
    }

    /// Gives a claim back after a mail was refused, so that a retry sends it.
    pub async fn release_mail(&self, run: &RunName, mail: &str) -> Result<(), Failure> {
        self.delete(&pk(run), &format!("MAIL#{mail}")).await
    }
}
