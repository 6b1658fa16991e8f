//! Holds that are dropped by hand.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use lockstep_domain::enrolment::Released;
use lockstep_domain::key::KeyArn;

use super::rows::{address, item, number, parse};
use super::{Ledger, holds, keys};
use crate::error::Failure;

impl Ledger {
    /// Drops a hold as it was read, and keeps the reason with each of its keys, newest last.
    pub async fn release_hold(&self, released: &Released) -> Result<(), Failure> {
        let resource = released.resource.as_str();
        let of_row = |error| Failure::of_row("dropping a hold", error);
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(address(&holds::pk(&released.resource), "HOLD")))
            .condition_expression("version = :version")
            .expression_attribute_values(":version", number(released.hold.version));
        let mut actions = vec![TransactWriteItem::builder().delete(delete.build().map_err(of_row)?).build()];
        for key in &released.hold.keys {
            let pointer = address(&keys::pk(key), &format!("HOLD#{resource}"));
            let delete = Delete::builder().table_name(&self.table).set_key(Some(pointer));
            actions.push(TransactWriteItem::builder().delete(delete.build().map_err(of_row)?).build());
            let row = item(&keys::pk(key), &format!("RELEASED#{}#{resource}", released.at), released)?;
            let put = Put::builder().table_name(&self.table).set_item(Some(row));
            actions.push(TransactWriteItem::builder().put(put.build().map_err(of_row)?).build());
        }
        let doing = format!("dropping the hold on {resource}");
        match self.client.transact_write_items().set_transact_items(Some(actions)).send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(_)) => {
                    Err(Failure::retryable(format!("{doing}: a run has just written it; ask again in a moment")))
                }
                _ => Err(Failure::of_call(doing, error)),
            },
        }
    }

    /// What was dropped by hand of what this key held, oldest first.
    pub async fn released(&self, key: &KeyArn) -> Result<Vec<Released>, Failure> {
        self.query(&keys::pk(key), "RELEASED#").await?.into_iter().map(parse).collect()
    }
}
