//! Reading and writing rows; every read is strongly consistent, but for glances.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, PutRequest, WriteRequest};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Ledger;
use crate::error::Failure;

pub(super) type Item = HashMap<String, AttributeValue>;

/// DynamoDB takes 100 keys to a BatchGetItem and 25 rows to a BatchWriteItem.
const READS: usize = 100;
const WRITES: usize = 25;
/// What DynamoDB leaves undone is asked again this often before the step is retried as a whole.
const ROUNDS: usize = 5;

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(super) fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(super) fn address(pk: &str, sk: &str) -> Item {
    HashMap::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}

/// The attribute by which DynamoDB deletes a row some time after `at`, in seconds since 1970; the template names it, too.
pub(super) fn expires(at: Timestamp) -> (String, AttributeValue) {
    ("expires_at".to_owned(), AttributeValue::N(at.as_second().to_string()))
}

/// A row as DynamoDB stores it.
pub(super) fn item<T: Serialize>(pk: &str, sk: &str, row: &T) -> Result<Item, Failure> {
    let mut item: Item =
        serde_dynamo::to_item(row).map_err(|error| Failure::of_row(format!("writing row {pk} {sk}"), error))?;
    item.extend(address(pk, sk));
    Ok(item)
}

pub(super) fn parse<T: DeserializeOwned>(item: Item) -> Result<T, Failure> {
    let sk = item.get("sk").and_then(|sk| sk.as_s().ok()).cloned().unwrap_or_default();
    serde_dynamo::from_item(item).map_err(|error| Failure::of_row(format!("reading a row {sk} of the ledger"), error))
}

/// What became of a conditional write: whether its condition held.
pub(super) fn written<T, E, R>(
    answer: Result<T, SdkError<E, R>>,
    doing: impl FnOnce() -> String,
) -> Result<bool, Failure>
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: fmt::Debug + Send + Sync + 'static,
{
    match answer {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
        Err(error) => Err(Failure::of_call(doing(), error)),
    }
}

impl Ledger {
    pub(super) async fn get<T: DeserializeOwned>(&self, pk: &str, sk: &str) -> Result<Option<T>, Failure> {
        self.read(pk, sk, true).await
    }

    /// Costs half, and may show a row as it was a second ago.
    pub(super) async fn glance<T: DeserializeOwned>(&self, pk: &str, sk: &str) -> Result<Option<T>, Failure> {
        self.read(pk, sk, false).await
    }

    async fn read<T: DeserializeOwned>(&self, pk: &str, sk: &str, consistent: bool) -> Result<Option<T>, Failure> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(address(pk, sk)))
            .consistent_read(consistent)
            .send()
            .await
            .map_err(|error| Failure::of_call(format!("reading row {sk} of the ledger"), error))?;
        answer.item.map(parse).transpose()
    }

    pub(super) async fn put<T: Serialize>(&self, pk: &str, sk: &str, row: &T) -> Result<(), Failure> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item(pk, sk, row)?));
        put.send().await.map(drop).map_err(|error| Failure::of_call(format!("writing row {sk} of the ledger"), error))
    }

    /// Puts a row unless there is one; says whether it was put.
    pub(super) async fn put_new<T: Serialize>(&self, pk: &str, sk: &str, row: &T) -> Result<bool, Failure> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item(pk, sk, row)?))
            .condition_expression("attribute_not_exists(pk)");
        written(put.send().await, || format!("writing row {sk} of the ledger"))
    }

    pub(super) async fn delete(&self, pk: &str, sk: &str) -> Result<(), Failure> {
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(address(pk, sk)));
        delete.send().await.map(drop).map_err(|error| Failure::of_call(format!("deleting row {sk}"), error))
    }

    /// All rows of `pk` whose `sk` begins with `prefix`, or all of them if it is empty, page after page.
    pub(super) async fn query(&self, pk: &str, prefix: &str) -> Result<Vec<Item>, Failure> {
        let query = self.client.query().table_name(&self.table).expression_attribute_values(":pk", text(pk));
        // DynamoDB takes no empty text in the condition on a key.
        let query = match prefix {
            "" => query.key_condition_expression("pk = :pk"),
            prefix => query
                .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", text(prefix)),
        };
        let mut pages = query.consistent_read(true).into_paginator().items().send();
        let mut rows = Vec::new();
        while let Some(row) = pages.next().await {
            rows.push(row.map_err(|error| Failure::of_call(format!("listing rows {prefix}* of the ledger"), error))?);
        }
        Ok(rows)
    }

    pub(super) async fn get_many<T: DeserializeOwned>(&self, addresses: Vec<Item>) -> Result<Vec<T>, Failure> {
        let doing = "reading rows of the ledger";
        let mut rows = Vec::new();
        for chunk in addresses.chunks(READS) {
            let mut left = chunk.to_vec();
            for _ in 0..ROUNDS {
                if left.is_empty() {
                    break;
                }
                let keys = KeysAndAttributes::builder().set_keys(Some(left)).consistent_read(true).build();
                let keys = keys.map_err(|error| Failure::of_row(doing, error))?;
                let get = self.client.batch_get_item().request_items(&self.table, keys);
                let answer = get.send().await.map_err(|error| Failure::of_call(doing, error))?;
                let found = answer.responses.unwrap_or_default().remove(&self.table).unwrap_or_default();
                for item in found {
                    rows.push(parse(item)?);
                }
                let unread = answer.unprocessed_keys.unwrap_or_default().remove(&self.table);
                left = unread.map(|keys| keys.keys).unwrap_or_default();
            }
            if !left.is_empty() {
                return Err(Failure::retryable(format!("{doing}: {} were not read", left.len())));
            }
        }
        Ok(rows)
    }

    /// Puts rows without a condition, in any order.
    pub(super) async fn put_many(&self, items: Vec<Item>) -> Result<(), Failure> {
        let doing = "writing rows of the ledger";
        for chunk in items.chunks(WRITES) {
            let mut left = Vec::new();
            for item in chunk {
                let put = PutRequest::builder().set_item(Some(item.clone())).build();
                let put = put.map_err(|error| Failure::of_row(doing, error))?;
                left.push(WriteRequest::builder().put_request(put).build());
            }
            for _ in 0..ROUNDS {
                if left.is_empty() {
                    break;
                }
                let write = self.client.batch_write_item().request_items(&self.table, left);
                let answer = write.send().await.map_err(|error| Failure::of_call(doing, error))?;
                left = answer.unprocessed_items.unwrap_or_default().remove(&self.table).unwrap_or_default();
            }
            if !left.is_empty() {
                return Err(Failure::retryable(format!("{doing}: {} were not written", left.len())));
            }
        }
        Ok(())
    }
}
