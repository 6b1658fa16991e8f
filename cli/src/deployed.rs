//! The deployed stack: its outputs, its ledger, its functions.

use lockstep_aws::configuration::{SdkConfig, sdk_of};
use lockstep_aws::executions::Executions;
use lockstep_aws::functions::{Answer, Functions};
use lockstep_aws::ledger::Ledger;
use lockstep_aws::stack::Stack;
use lockstep_domain::epoch::KeyRecord;
use lockstep_domain::error::Refusal;
use lockstep_domain::key::KeyArn;
use serde_json::Value;

use crate::arguments::Place;
use crate::trouble::Trouble;

#[derive(Debug)]
pub struct Deployed {
    pub stack: Stack,
    pub ledger: Ledger,
    pub executions: Executions,
    functions: Functions,
}

impl Deployed {
    pub async fn find(place: &Place) -> Result<Self, Trouble> {
        let sdk = sdk_of(place.profile.as_deref(), place.region.clone()).await;
        check_region(&sdk)?;
        let stack = Stack::read(&sdk, &place.stack).await??;
        let ledger = Ledger::of_table(&sdk, stack.output("LedgerTableName")?.to_owned());
        Ok(Self { stack, ledger, executions: Executions::new(&sdk), functions: Functions::new(&sdk) })
    }

    /// Has `enrol` carry out a request.
    pub async fn enrol(&self, request: Value) -> Result<Value, Trouble> {
        match self.functions.ask(self.stack.output("EnrolFunctionName")?, &request).await? {
            Answer::Done(answer) => Ok(answer),
            Answer::Refused(text) => Err(Trouble::Refused(text)),
            Answer::Failed(text) => Err(Trouble::Failed(text)),
        }
    }

    /// The key that was typed: a full ARN, or the id, or the beginning of the id, of a watched key.
    pub async fn key(&self, typed: &str) -> Result<KeyArn, Trouble> {
        if typed.starts_with("arn:") || typed.contains("alias/") || typed.is_empty() {
            return Ok(KeyArn::parse(typed)?);
        }
        let mut watched = self.ledger.watched_keys().await?;
        watched.retain(|key| key.id().starts_with(typed));
        match <[KeyArn; 1]>::try_from(watched) {
            Ok([key]) => Ok(key),
            Err(several) => {
                let remedy = "give the full ARN of the key; `lockstep key list` shows those that are watched";
                let rule = if several.is_empty() { "not_watched" } else { "several_keys" };
                Err(Refusal::new(rule, "KEY", typed, remedy).into())
            }
        }
    }

    /// The record of a watched key.
    pub async fn watched(&self, typed: &str) -> Result<KeyRecord, Trouble> {
        let key = self.key(typed).await?;
        let remedy = format!("watch it with `lockstep key add {key}`");
        let record = self.ledger.key(&key).await?;
        record.ok_or_else(|| Refusal::new("not_watched", "KEY", key.as_str(), remedy).into())
    }
}

fn check_region(sdk: &SdkConfig) -> Result<(), Refusal> {
    match sdk.region().map(|region| region.as_ref()) {
        Some(region) if !region.is_empty() => Ok(()),
        _ => {
            let remedy = "give --region, set AWS_REGION, or name a Region in the profile";
            Err(Refusal::new("no_region", "--region", "", remedy))
        }
    }
}
