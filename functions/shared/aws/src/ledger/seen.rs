//! What was last seen of a key, and of all of them.

use aws_sdk_dynamodb::types::ReturnValue;
use jiff::Timestamp;
use lockstep_domain::key::KeyArn;
use lockstep_domain::notice::SeenKey;
use lockstep_domain::standing::LastSweep;

use super::rows::{address, item, parse, text, written};
use super::{Ledger, keys};
use crate::error::Failure;

const SEEN: &str = "SEEN";
/// The row of the newest sweep.
const SWEEP: (&str, &str) = ("SWEEP", "LAST");

impl Ledger {
    pub async fn seen(&self, key: &KeyArn) -> Result<Option<SeenKey>, Failure> {
        self.get(&keys::pk(key), SEEN).await
    }

    /// The same at half the price, for every sweep reads it; what is written after it is written on conditions.
    pub async fn seen_lately(&self, key: &KeyArn) -> Result<Option<SeenKey>, Failure> {
        self.glance(&keys::pk(key), SEEN).await
    }

    /// Writes what is new of a key, unless another look came first; says whether it was written.
    pub async fn see(&self, key: &KeyArn, before: Option<&SeenKey>, now: &SeenKey) -> Result<bool, Failure> {
        let row = item(&keys::pk(key), SEEN, now)?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(row));
        let put = match before {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(before) => put
                .condition_expression("since = :since")
                .expression_attribute_values(":since", text(before.since.to_string())),
        };
        written(put.send().await, || format!("noting what was seen of key {key}"))
    }

    /// Notes that what was seen at `since` has been told.
    pub async fn told(&self, key: &KeyArn, since: Timestamp) -> Result<(), Failure> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(address(&keys::pk(key), SEEN)))
            .update_expression("REMOVE untold")
            .condition_expression("since = :since")
            .expression_attribute_values(":since", text(since.to_string()));
        written(update.send().await, || format!("noting that key {key} was told of")).map(drop)
    }

    /// A key that is no longer watched was seen for the last time.
    pub(super) async fn forget(&self, key: &KeyArn) -> Result<(), Failure> {
        self.delete(&keys::pk(key), SEEN).await
    }

    pub async fn last_sweep(&self) -> Result<Option<LastSweep>, Failure> {
        self.get(SWEEP.0, SWEEP.1).await
    }

    /// Writes the newest sweep down and returns the one before it.
    pub async fn note_sweep(&self, sweep: &LastSweep) -> Result<Option<LastSweep>, Failure> {
        let row = item(SWEEP.0, SWEEP.1, sweep)?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(row));
        let answer = put.return_values(ReturnValue::AllOld).send().await;
        let answer = answer.map_err(|error| Failure::of_call("noting the sweep", error))?;
        answer.attributes.map(parse).transpose()
    }

    /// The ARN of the key of its owner's that the table is encrypted with; `None` for AWS's own.
    ///
    /// `SSEDescription` is there for keys of the account only (API reference of DynamoDB, TableDescription).
    pub async fn own_key(&self) -> Result<Option<String>, Failure> {
        let answer = self.client.describe_table().table_name(&self.table).send().await;
        let answer = answer.map_err(|error| Failure::of_call("asking what the ledger is encrypted with", error))?;
        Ok(answer.table.and_then(|table| table.sse_description).and_then(|sse| sse.kms_master_key_arn))
    }
}
