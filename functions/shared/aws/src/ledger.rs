//! The ledger: one DynamoDB table that remembers keys, apps, holds and runs.
//!
//! | pk | sk | row |
//! |---|---|---|
//! | `KEY#<arn>` | `KEY` | `KeyRecord` |
//! | `KEY#<arn>` | `SEEN` | `SeenKey` |
//! | `KEY#<arn>` | `HOLD#<resource>` | what the key holds |
//! | `KEY#<arn>` | `RELEASED#<at>#<resource>` | `Released` |
//! | `HOLD#<resource>` | `HOLD` | `Hold` |
//! | `APP#<name>` | `APP` | `AppRecord` |
//! | `RUN#<run>` | `RUN` | `RunRecord` |
//! | `RUN#<run>` | `RESOURCE#<id>`, `BATCH#<step>#<n>` | plan and batches |
//! | `RUN#<run without attempt>` | `MAIL#<id>` | mails of an epoch: claimed, sent |
//! | `KEYS` | `<arn>` | which keys are watched |
//! | `APPS` | `<name>` | which apps are set |
//! | `SWEEP` | `LAST` | `LastSweep` |
//! | `OUTBOX` | `UNSENT#<id>` | `Unsent`: what is still to be mailed |
//!
//! A row with `expires_at` is deleted by DynamoDB some days after it.

mod apps;
mod holds;
mod keys;
pub mod mails;
mod outbox;
mod releases;
mod rows;
mod runs;
mod seen;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;

use crate::configuration::required;
use crate::error::Failure;

#[derive(Debug, Clone)]
pub struct Ledger {
    client: Client,
    table: String,
}

impl Ledger {
    pub fn new(sdk: &SdkConfig) -> Result<Self, Failure> {
        Ok(Self::of_table(sdk, required("LEDGER_TABLE")?))
    }

    /// The ledger in the table of that name.
    pub fn of_table(sdk: &SdkConfig, table: String) -> Self {
        Self { client: Client::new(sdk), table }
    }
}
