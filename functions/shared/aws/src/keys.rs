//! KMS: the truth about a key.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_kms::Client;
use aws_sdk_kms::config;
use aws_sdk_kms::config::timeout::TimeoutConfig;
use aws_sdk_kms::error::ProvideErrorMetadata;
use aws_sdk_kms::types::KeyMetadata;
use jiff::Timestamp;
use lockstep_domain::enrolment::KeyFacts;
use lockstep_domain::error::Refusal;
use lockstep_domain::key::{KeyArn, KeyLook};

use crate::error::Failure;

/// How long a mail waits for what it can do without, retries included.
const MAIL_WAITS: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
pub struct Keys {
    client: Client,
}

impl Keys {
    pub fn new(sdk: &SdkConfig) -> Self {
        Self { client: Client::new(sdk) }
    }

    /// One fresh look at a key. Denied or not found is *unknown*; a passing failure is an error to retry.
    pub async fn look(&self, key: &KeyArn) -> Result<KeyLook, Failure> {
        match self.describe(key).await {
            Ok(metadata) => Ok(KeyLook::from_state(state_of(&metadata))),
            Err(Failure::Terminal { source, .. }) => {
                let reason = source.map_or_else(String::new, |source| source.to_string());
                Ok(KeyLook::Unknown { reason: format!("DescribeKey was refused: {reason}") })
            }
            Err(failure) => Err(failure),
        }
    }

    /// What the rules for keys are checked against.
    pub async fn facts(&self, key: &KeyArn) -> Result<KeyFacts, Failure> {
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
            state: state_of(&metadata).to_owned(),
            key_manager: metadata.key_manager().map_or_else(String::new, |it| it.as_str().to_owned()),
            key_spec: metadata.key_spec().map_or_else(String::new, |it| it.as_str().to_owned()),
            key_usage: metadata.key_usage().map_or_else(String::new, |it| it.as_str().to_owned()),
            multi_region: metadata.multi_region().unwrap_or(false),
            rotates: rotation.ok().map(|answer| answer.key_rotation_enabled()),
        })
    }

    /// `DeletionDate` of the key, which KMS gives only while the key waits for its deletion.
    pub async fn deletion_date(&self, key: &KeyArn) -> Result<Option<Timestamp>, Failure> {
        let timeouts = TimeoutConfig::builder().operation_timeout(MAIL_WAITS).build();
        let ask = self.client.describe_key().key_id(key.as_str()).customize();
        let answer = ask
            .config_override(config::Builder::new().timeout_config(timeouts))
            .send()
            .await
            .map_err(|error| Failure::of_call(format!("asking when key {key} is deleted"), error))?;
        let date = answer.key_metadata.and_then(|metadata| metadata.deletion_date);
        Ok(date.and_then(|date| Timestamp::from_second(date.secs()).ok()))
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

fn state_of(metadata: &KeyMetadata) -> &str {
    metadata.key_state().map_or("missing", |state| state.as_str())
}
