//! Watched keys and their epochs.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use lockstep_domain::epoch::KeyRecord;
use lockstep_domain::key::KeyArn;
use serde_json::json;

use super::Ledger;
use super::rows::{address, item, number, text, written};
use crate::error::Failure;

/// The partition that lists every watched key by its ARN.
const WATCHED: &str = "KEYS";

pub(super) fn pk(key: &KeyArn) -> String {
    format!("KEY#{key}")
}

impl Ledger {
    pub async fn key(&self, key: &KeyArn) -> Result<Option<KeyRecord>, Failure> {
        self.get(&pk(key), "KEY").await
    }

    /// Every watched key, for the sweep.
    pub async fn watched_keys(&self) -> Result<Vec<KeyArn>, Failure> {
        let rows = self.query(WATCHED, "arn:").await?;
        let arns = rows.iter().filter_map(|row| row.get("sk")?.as_s().ok());
        Ok(arns.filter_map(|arn| KeyArn::parse(arn).ok()).collect())
    }

    /// The records of every watched key, in the order of their ARNs. A listed key without one is being added or removed.
    pub async fn watched(&self) -> Result<Vec<KeyRecord>, Failure> {
        let keys = self.watched_keys().await?;
        let mut records: Vec<KeyRecord> =
            self.get_many(keys.iter().map(|key| address(&pk(key), "KEY")).collect()).await?;
        records.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(records)
    }

    /// Watches a key; a key that is watched already stays as it is. Says whether it is new.
    pub async fn watch_key(&self, record: &KeyRecord) -> Result<bool, Failure> {
        // The list first: a listed key without a record is passed over, an unlisted one would never be swept.
        self.put(WATCHED, record.key.as_str(), &json!({})).await?;
        self.put_new(&pk(&record.key), "KEY", record).await
    }

    pub async fn unwatch_key(&self, key: &KeyArn) -> Result<(), Failure> {
        self.delete(&pk(key), "KEY").await?;
        self.forget(key).await?;
        self.delete(WATCHED, key.as_str()).await
    }

    /// Stops or resumes everything that Lockstep does because of a key; says whether the key is watched.
    pub async fn pause_key(&self, key: &KeyArn, paused: bool, at: Timestamp) -> Result<bool, Failure> {
        let set = if paused { "SET paused = :paused" } else { "SET paused = :paused, resumed_at = :at" };
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(address(&pk(key), "KEY")))
            .update_expression(set)
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":paused", AttributeValue::Bool(paused));
        let update = if paused { update } else { update.expression_attribute_values(":at", text(at.to_string())) };
        written(update.send().await, || format!("pausing key {key}"))
    }

    /// Opens the next epoch or attempt if the record before it is still the newest; says whether it was.
    pub async fn advance_key(&self, before: &KeyRecord, next: &KeyRecord) -> Result<bool, Failure> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item(&pk(&next.key), "KEY", next)?))
            .condition_expression("epoch = :epoch AND attempt = :attempt AND paused = :paused")
            .expression_attribute_values(":epoch", number(before.epoch))
            .expression_attribute_values(":attempt", number(before.attempt.into()))
            .expression_attribute_values(":paused", AttributeValue::Bool(before.paused));
        written(put.send().await, || format!("opening run {}", next.run()))
    }
}
