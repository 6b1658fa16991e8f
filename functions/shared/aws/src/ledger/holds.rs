//! Holds: what we stopped, because of which keys, and what it was before.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::builders::ConditionCheckBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem};
use futures_util::{StreamExt, stream};
use lockstep_domain::hold::Hold;
use lockstep_domain::key::KeyArn;
use lockstep_domain::resource::ResourceId;
use lockstep_domain::run::RunRef;

use super::rows::{Item, address, item, number, written};
use super::{Ledger, keys, runs};
use crate::error::Failure;

/// A transaction takes 100 actions: two checks of the run, and two for each hold.
const HOLDS_PER_WRITE: usize = 49;
/// Holds written side by side, each by itself; DynamoDB takes thousands a second.
const AT_ONCE: usize = 10;
/// The condition under which a hold that was read is written again.
const UNCHANGED: &str = "version = :version";

pub(super) fn pk(resource: &ResourceId) -> String {
    format!("HOLD#{}", resource.as_str())
}

impl Ledger {
    /// The holds on these resources, by resource.
    pub async fn holds(&self, resources: &[ResourceId]) -> Result<BTreeMap<ResourceId, Hold>, Failure> {
        let rows: Vec<Hold> =
            self.get_many(resources.iter().map(|resource| address(&pk(resource), "HOLD")).collect()).await?;
        Ok(rows.into_iter().map(|hold| (hold.id.clone(), hold)).collect())
    }

    /// Every hold that names the key.
    pub async fn holds_of_key(&self, key: &KeyArn) -> Result<Vec<Hold>, Failure> {
        let rows = self.query(&keys::pk(key), "HOLD#").await?;
        let resources: Vec<ResourceId> = rows
            .iter()
            .filter_map(|row| row.get("sk")?.as_s().ok()?.strip_prefix("HOLD#"))
            .filter_map(|id| ResourceId::parse(id).ok())
            .collect();
        Ok(self.holds(&resources).await?.into_values().collect())
    }

    /// Writes holds on the condition that the run is still the newest of its key and may act; says whether it was.
    ///
    /// A hold without keys is deleted. A hold that another run has written since it was read is a retryable
    /// failure: nothing of what that run wrote is lost.
    pub async fn write_holds(&self, run: &RunRef, holds: &[Hold]) -> Result<bool, Failure> {
        let doing = format!("writing holds of run {}", run.run);
        for chunk in holds.chunks(HOLDS_PER_WRITE) {
            let mut actions = vec![self.newest_run_check(run)?, self.may_act_check(run)?];
            for hold in chunk {
                actions.push(self.hold_write(hold)?);
                actions.push(self.pointer_write(run, hold)?);
            }
            let write = self.client.transact_write_items().set_transact_items(Some(actions));
            let Err(error) = write.send().await else { continue };
            let reasons = match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(e)) => e.cancellation_reasons(),
                _ => return Err(Failure::of_call(doing, error)),
            };
            let codes: Vec<&str> = reasons.iter().filter_map(|reason| reason.code()).collect();
            if codes.iter().take(2).any(|code| *code == "ConditionalCheckFailed") {
                return Ok(false);
            }
            return Err(Failure::retryable(format!("{doing}: the transaction was cancelled ({})", codes.join(", "))));
        }
        Ok(true)
    }

    /// Adds to holds what answers of AWS prove. Not bound to the newest run: evidence of what was done stays true
    /// when the key has changed since, and the next startup needs it. A hold that is not taken keeps no other waiting.
    pub async fn note_evidence(&self, holds: &[Hold]) -> Result<(), Failure> {
        let notes = stream::iter(holds).map(async |hold| self.note_evidence_about(hold).await);
        let noted: Vec<Result<(), Failure>> = notes.buffer_unordered(AT_ONCE).collect().await;
        noted.into_iter().collect()
    }

    async fn note_evidence_about(&self, hold: &Hold) -> Result<(), Failure> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(next_version(hold)?))
            .condition_expression(UNCHANGED)
            .expression_attribute_values(":version", number(hold.version));
        let doing = || format!("noting evidence about {}", hold.id.as_str());
        if written(put.send().await, doing)? {
            return Ok(());
        }
        Err(Failure::retryable(format!("{}: another run wrote its hold", doing())))
    }

    fn hold_write(&self, hold: &Hold) -> Result<TransactWriteItem, Failure> {
        let of_row = |error| Failure::of_row("writing a hold", error);
        if hold.keys.is_empty() {
            let delete = Delete::builder()
                .table_name(&self.table)
                .set_key(Some(address(&pk(&hold.id), "HOLD")))
                .condition_expression(UNCHANGED)
                .expression_attribute_values(":version", number(hold.version));
            return Ok(TransactWriteItem::builder().delete(delete.build().map_err(of_row)?).build());
        }
        let put = Put::builder().table_name(&self.table).set_item(Some(next_version(hold)?));
        let put = match hold.version {
            0 => put.condition_expression("attribute_not_exists(pk)"),
            read => put.condition_expression(UNCHANGED).expression_attribute_values(":version", number(read)),
        };
        Ok(TransactWriteItem::builder().put(put.build().map_err(of_row)?).build())
    }

    /// The key's own list of what it holds.
    fn pointer_write(&self, run: &RunRef, hold: &Hold) -> Result<TransactWriteItem, Failure> {
        let of_row = |error| Failure::of_row("writing a pointer to a hold", error);
        let (pk, sk) = (keys::pk(&run.key), format!("HOLD#{}", hold.id.as_str()));
        if hold.keys.contains(&run.key) {
            let put = Put::builder().table_name(&self.table).set_item(Some(address(&pk, &sk)));
            return Ok(TransactWriteItem::builder().put(put.build().map_err(of_row)?).build());
        }
        let delete = Delete::builder().table_name(&self.table).set_key(Some(address(&pk, &sk)));
        Ok(TransactWriteItem::builder().delete(delete.build().map_err(of_row)?).build())
    }

    /// The run has neither ended nor let go.
    fn may_act_check(&self, run: &RunRef) -> Result<TransactWriteItem, Failure> {
        self.check(&runs::pk(&run.run), "RUN", |check| check.condition_expression(runs::MAY_ACT))
    }

    fn newest_run_check(&self, run: &RunRef) -> Result<TransactWriteItem, Failure> {
        self.check(&keys::pk(&run.key), "KEY", |check| {
            check
                .condition_expression("epoch = :epoch AND attempt = :attempt AND paused = :running")
                .expression_attribute_values(":epoch", number(run.epoch))
                .expression_attribute_values(":attempt", number(run.run.attempt().into()))
                .expression_attribute_values(":running", AttributeValue::Bool(false))
        })
    }

    /// A condition on a row that is not written.
    fn check(
        &self,
        pk: &str,
        sk: &str,
        condition: impl FnOnce(ConditionCheckBuilder) -> ConditionCheckBuilder,
    ) -> Result<TransactWriteItem, Failure> {
        let check = ConditionCheck::builder().table_name(&self.table).set_key(Some(address(pk, sk)));
        let check = condition(check).build().map_err(|error| Failure::of_row("making a condition", error))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }
}

/// The hold as it is written: one version later than it was read.
fn next_version(hold: &Hold) -> Result<Item, Failure> {
    item(&pk(&hold.id), "HOLD", &Hold { version: hold.version + 1, ..hold.clone() })
}
