//! KMS: the truth about a key.

use std::error::Error;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_kms::Client;
use aws_sdk_kms::config;
use aws_sdk_kms::config::timeout::TimeoutConfig;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kms::types::{DataKeySpec, GrantOperation, KeyMetadata};
use jiff::Timestamp;
use lockstep_domain::enrolment::{KeyFacts, check_kind};
use lockstep_domain::error::Refusal;
use lockstep_domain::key::{KeyArn, KeyLook};

use crate::error::Failure;
use crate::metrics;

/// How long a mail waits for what it can do without, retries included.
const MAIL_WAITS: Duration = Duration::from_secs(5);
/// What KMS answers to a dry run of a call that would have been carried out.
const WOULD_HAVE: &str = "DryRunOperationException";

#[derive(Debug, Clone)]
pub struct Keys {
    client: Client,
}

impl Keys {
    pub fn new(sdk: &SdkConfig) -> Self {
        Self { client: Client::new(sdk) }
    }

    /// One fresh look at a key. Denied or not found is *unknown*, and so is a key of a kind that may not be watched,
    /// however it came into the ledger; a passing failure is an error to retry.
    pub async fn look(&self, key: &KeyArn) -> Result<KeyLook, Failure> {
        match self.describe(key).await {
            Ok(metadata) => Ok(match check_kind(&facts(&metadata)) {
                Ok(()) => KeyLook::from_state(state_of(&metadata)),
                Err(refusal) => KeyLook::Unknown { reason: format!("it may not be watched: {refusal}") },
            }),
            Err(failure @ Failure::Terminal { .. }) => {
                metrics::count_denial(&failure);
                let reason = failure.source().map_or_else(String::new, ToString::to_string);
                Ok(KeyLook::Unknown { reason: format!("DescribeKey was refused: {reason}") })
            }
            Err(failure) => Err(failure),
        }
    }

    /// What the rules for keys are checked against; `grantee` is the ARN of this account.
    pub async fn facts(&self, key: &KeyArn, grantee: &str) -> Result<KeyFacts, Failure> {
        let metadata = match self.describe(key).await {
            Ok(metadata) => metadata,
            Err(Failure::Terminal { .. }) => {
                let remedy = "let the key's policy allow this account kms:DescribeKey, and check the ARN";
                return Err(Refusal::new("not_describable", "key", key.as_str(), remedy).into());
            }
            Err(failure) => return Err(failure),
        };
        let rotation = self.client.get_key_rotation_status().key_id(key.as_str()).send().await;
        Ok(KeyFacts {
            rotates: rotation.ok().map(|answer| answer.key_rotation_enabled()),
            may_use: self.may_use(key).await?,
            may_grant: self.may_grant(key, grantee).await?,
            ..facts(&metadata)
        })
    }

    async fn may_use(&self, key: &KeyArn) -> Result<bool, Failure> {
        let call = self.client.generate_data_key_without_plaintext().key_id(key.as_str());
        would_have("using", key, call.key_spec(DataKeySpec::Aes256).dry_run(true).send().await)
    }

    /// The grant would allow next to nothing, to nobody but this account, should it ever be made.
    async fn may_grant(&self, key: &KeyArn, grantee: &str) -> Result<bool, Failure> {
        let call = self.client.create_grant().key_id(key.as_str()).grantee_principal(grantee);
        would_have("granting", key, call.operations(GrantOperation::DescribeKey).dry_run(true).send().await)
    }

    /// `DeletionDate` of the key, which KMS gives only while the key waits for its deletion.
    pub async fn deletion_date(&self, key: &KeyArn) -> Result<Option<Timestamp>, Failure> {
        let ask = self.client.describe_key().key_id(key.as_str()).customize();
        let answer = ask
            .config_override(while_a_mail_waits())
            .send()
            .await
            .map_err(|error| Failure::of_call(format!("asking when key {key} is deleted"), error))?;
        let date = answer.key_metadata.and_then(|metadata| metadata.deletion_date);
        Ok(date.and_then(|date| Timestamp::from_second(date.secs()).ok()))
    }

    /// The first of the key's aliases by their order; KMS lists those of keys of the caller's own account only.
    pub async fn alias(&self, key: &KeyArn) -> Result<Option<String>, Failure> {
        let ask = self.client.list_aliases().key_id(key.as_str()).customize();
        let answer = ask
            .config_override(while_a_mail_waits())
            .send()
            .await
            .map_err(|error| Failure::of_call(format!("asking for the alias of key {key}"), error))?;
        Ok(answer.aliases.unwrap_or_default().into_iter().filter_map(|entry| entry.alias_name).min())
    }

    async fn describe(&self, key: &KeyArn) -> Result<KeyMetadata, Failure> {
        let answer = self.client.describe_key().key_id(key.as_str()).send().await.map_err(|error| {
            let code = error.code().unwrap_or("no answer").to_owned();
            let failure = Failure::of_call(format!("describing key {key} ({code})"), error);
            match failure {
                Failure::Terminal { doing, .. } => Failure::Terminal { doing, source: Some(code.into()) },
                passing => passing,
            }
        })?;
        answer.key_metadata.ok_or_else(|| Failure::retryable(format!("describing key {key}: the answer was empty")))
    }
}

fn while_a_mail_waits() -> config::Builder {
    config::Builder::new().timeout_config(TimeoutConfig::builder().operation_timeout(MAIL_WAITS).build())
}

fn state_of(metadata: &KeyMetadata) -> &str {
    metadata.key_state().map_or("missing", |state| state.as_str())
}

fn facts(metadata: &KeyMetadata) -> KeyFacts {
    KeyFacts {
        state: state_of(metadata).to_owned(),
        key_manager: metadata.key_manager().map_or_else(String::new, |it| it.as_str().to_owned()),
        key_spec: metadata.key_spec().map_or_else(String::new, |it| it.as_str().to_owned()),
        key_usage: metadata.key_usage().map_or_else(String::new, |it| it.as_str().to_owned()),
        multi_region: metadata.multi_region().unwrap_or(false),
        rotates: None,
        may_use: false,
        may_grant: false,
    }
}

/// Reads the answer to a dry run: whether the call would have been carried out.
fn would_have<T, E, R>(doing: &str, key: &KeyArn, answer: Result<T, SdkError<E, R>>) -> Result<bool, Failure>
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let Err(error) = answer else { return Ok(true) };
    if error.code() == Some(WOULD_HAVE) {
        return Ok(true);
    }
    match Failure::of_call(format!("{doing} key {key} without doing it"), error) {
        Failure::Terminal { .. } => Ok(false),
        passing => Err(passing),
    }
}
