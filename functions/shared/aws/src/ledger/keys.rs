//! Watched keys and their epochs.

use lockstep_domain::epoch::KeyRecord;
use lockstep_domain::key::KeyArn;

use super::Ledger;
use super::rows::{item, number};
use crate::error::Failure;

pub(super) fn pk(key: &KeyArn) -> String {
    format!("KEY#{key}")
}

impl Ledger {
    pub async fn key(&self, key: &KeyArn) -> Result<Option<KeyRecord>, Failure> {
        self.get(&pk(key), "KEY").await
    }

    /// Watches a key; a key that is watched already stays as it is. Says whether it is new.
    pub async fn watch_key(&self, record: &KeyRecord) -> Result<bool, Failure> {
        self.put_new(&pk(&record.key), "KEY", record).await
    }

    pub async fn unwatch_key(&self, key: &KeyArn) -> Result<(), Failure> {
        self.delete(&pk(key), "KEY").await
    }

    /// Opens the next epoch if the one before it is still the newest; says whether it was.
    pub async fn open_epoch(&self, next: &KeyRecord) -> Result<bool, Failure> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item(&pk(&next.key), "KEY", next)?))
            .condition_expression("epoch = :before")
            .expression_attribute_values(":before", number(next.epoch.saturating_sub(1)));
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                Ok(false)
            }
            Err(error) => Err(Failure::of_call(format!("opening epoch {} of key {}", next.epoch, next.key), error)),
        }
    }
}
