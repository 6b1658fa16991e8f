//! Holds: what we stopped, because of which keys, and what it was before.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, TransactWriteItem};
use lockstep_domain::hold::Hold;
use lockstep_domain::key::KeyArn;
use lockstep_domain::run::RunRef;
use lockstep_domain::server::ServerId;
use serde_json::json;

use super::rows::{Item, address, item, number};
use super::{Ledger, keys};
use crate::error::Failure;

/// A transaction takes 100 actions: the check of the epoch, and at most three for each hold.
const HOLDS_PER_WRITE: usize = 30;

fn pk(server: &ServerId) -> String {
    format!("HOLD#{}", server.as_str())
}

impl Ledger {
    /// The holds on these servers, by server.
    pub async fn holds(&self, servers: &[ServerId]) -> Result<BTreeMap<ServerId, Hold>, Failure> {
        let rows: Vec<Hold> =
            self.get_many(servers.iter().map(|server| address(&pk(server), "HOLD")).collect()).await?;
        Ok(rows.into_iter().map(|hold| (hold.server.clone(), hold)).collect())
    }

    /// Every hold that names the key.
    pub async fn holds_of_key(&self, key: &KeyArn) -> Result<Vec<Hold>, Failure> {
        let rows = self.query(&keys::pk(key), "HOLD#").await?;
        let servers: Vec<ServerId> = rows
            .iter()
            .filter_map(|row| row.get("sk")?.as_s().ok()?.strip_prefix("HOLD#"))
            .filter_map(|id| ServerId::parse(id).ok())
            .collect();
        Ok(self.holds(&servers).await?.into_values().collect())
    }

    /// Writes holds on the condition that the run's epoch is still the newest; says whether it was.
    pub async fn write_holds(&self, run: &RunRef, holds: &[Hold]) -> Result<bool, Failure> {
        let row = |item: Item| {
            let put = Put::builder().table_name(&self.table).set_item(Some(item)).build();
            put.map(|put| TransactWriteItem::builder().put(put).build())
                .map_err(|error| Failure::of_row("writing a hold", error))
        };
        let mut actions = Vec::new();
        for hold in holds {
            let sk = format!("HOLD#{}", hold.server.as_str());
            let mut of_hold = vec![row(item(&pk(&hold.server), "HOLD", hold)?)?];
            of_hold.push(row(item(&keys::pk(&run.key), &sk, &json!({}))?)?);
            actions.push(of_hold);
        }
        self.transact(run, actions).await
    }

    /// Adds to holds what answers of AWS prove. Not bound to the epoch: evidence of what was done stays true
    /// when the key has changed since, and the next startup needs it.
    pub async fn note_evidence(&self, holds: &[Hold]) -> Result<(), Failure> {
        for hold in holds {
            let put = self
                .client
                .put_item()
                .table_name(&self.table)
                .set_item(Some(item(&pk(&hold.server), "HOLD", hold)?))
                .condition_expression("attribute_exists(pk)");
            match put.send().await {
                Err(error) if !error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                    return Err(Failure::of_call(format!("noting evidence about {}", hold.server.as_str()), error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Lets go of servers that are up again, on the same condition.
    pub async fn close_holds(&self, run: &RunRef, servers: &[ServerId]) -> Result<bool, Failure> {
        let gone = |key: Item| {
            let delete = Delete::builder().table_name(&self.table).set_key(Some(key)).build();
            delete
                .map(|delete| TransactWriteItem::builder().delete(delete).build())
                .map_err(|error| Failure::of_row("closing a hold", error))
        };
        let mut actions = Vec::new();
        for server in servers {
            let sk = format!("HOLD#{}", server.as_str());
            actions.push(vec![gone(address(&pk(server), "HOLD"))?, gone(address(&keys::pk(&run.key), &sk))?]);
        }
        self.transact(run, actions).await
    }

    async fn transact(&self, run: &RunRef, actions: Vec<Vec<TransactWriteItem>>) -> Result<bool, Failure> {
        let doing = format!("writing holds of run {}", run.run);
        for chunk in actions.chunks(HOLDS_PER_WRITE) {
            let items = std::iter::once(self.epoch_check(run)?).chain(chunk.iter().flatten().cloned()).collect();
            let write = self.client.transact_write_items().set_transact_items(Some(items));
            if let Err(error) = write.send().await {
                let reasons = match error.as_service_error() {
                    Some(TransactWriteItemsError::TransactionCanceledException(e)) => Some(e.cancellation_reasons()),
                    _ => None,
                };
                let codes: Vec<&str> = reasons.unwrap_or_default().iter().filter_map(|reason| reason.code()).collect();
                if codes.first() == Some(&"ConditionalCheckFailed") {
                    return Ok(false);
                }
                if reasons.is_some() {
                    return Err(Failure::retryable(format!(
                        "{doing}: the transaction was cancelled ({})",
                        codes.join(", ")
                    )));
                }
                return Err(Failure::of_call(doing, error));
            }
        }
        Ok(true)
    }

    fn epoch_check(&self, run: &RunRef) -> Result<TransactWriteItem, Failure> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(address(&keys::pk(&run.key), "KEY")))
            .condition_expression("epoch = :epoch")
            .expression_attribute_values(":epoch", number(run.epoch))
            .build();
        check
            .map(|check| TransactWriteItem::builder().condition_check(check).build())
            .map_err(|error| Failure::of_row("checking the epoch", error))
    }
}
