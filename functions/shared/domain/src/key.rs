//! A watched KMS key: its name, and what a look at its state means.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::Refusal;

const REMEDY: &str = "give the full ARN of a KMS key, such as arn:aws:kms:eu-west-1:111122223333:key/<key id>";

/// The full ARN of a KMS key; never an alias, never a bare id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyArn(String);

impl KeyArn {
    /// Reads `arn:<partition>:kms:<region>:<account>:key/<id>`.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let refuse = |rule, remedy: &str| Err(Refusal::new(rule, "key", text, remedy));
        if text.contains(":alias/") || text.starts_with("alias/") {
            return refuse("key_is_an_alias", REMEDY);
        }
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let [arn, partition, service, region, account, resource] = parts[..] else {
            return refuse("key_is_not_an_arn", REMEDY);
        };
        let id = resource.strip_prefix("key/").unwrap_or_default();
        let well_formed = arn == "arn"
            && partition.starts_with("aws")
            && is_word(partition)
            && service == "kms"
            && is_word(region)
            && account.len() == 12
            && account.bytes().all(|b| b.is_ascii_digit())
            && is_word(id);
        if well_formed { Ok(Self(text.to_owned())) } else { refuse("key_is_not_an_arn", REMEDY) }
    }

    /// Completes what a caller of KMS typed (key id or key ARN) with where the call was made.
    pub fn complete(typed: &str, region: &str, account: &str) -> Result<Self, Refusal> {
        if typed.starts_with("arn:") {
            return Self::parse(typed);
        }
        if typed.starts_with("alias/") {
            return Err(Refusal::new("key_is_an_alias", "detail.requestParameters.keyId", typed, REMEDY));
        }
        let partition = match region {
            r if r.starts_with("cn-") => "aws-cn",
            r if r.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        Self::parse(&format!("arn:{partition}:kms:{region}:{account}:key/{typed}"))
    }

    pub fn region(&self) -> &str {
        self.part(3)
    }

    pub fn account(&self) -> &str {
        self.part(4)
    }

    /// The part after `key/`.
    pub fn id(&self) -> &str {
        self.part(5).strip_prefix("key/").unwrap_or_default()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn part(&self, index: usize) -> &str {
        self.0.splitn(6, ':').nth(index).unwrap_or_default()
    }
}

/// A part of an ARN: the longest that AWS makes are key ids of 36 characters.
fn is_word(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

impl fmt::Display for KeyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for KeyArn {
    type Err = Refusal;
    fn from_str(text: &str) -> Result<Self, Refusal> {
        Self::parse(text)
    }
}

impl TryFrom<String> for KeyArn {
    type Error = Refusal;
    fn try_from(text: String) -> Result<Self, Refusal> {
        Self::parse(&text)
    }
}

impl From<KeyArn> for String {
    fn from(key: KeyArn) -> Self {
        key.0
    }
}

/// The `KeyState` of a key that KMS deletes when its waiting period is over.
pub const PENDING_DELETION: &str = "PendingDeletion";

/// What one `DescribeKey` told us about a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "look", rename_all = "snake_case")]
pub enum KeyLook {
    /// `KeyState` is `Enabled`.
    On,
    /// `KeyState` is one of the states that make servers go down.
    Off { state: String },
    /// Any other state, or no answer: never a reason to stop and never a reason to start.
    Unknown { reason: String },
}

impl KeyLook {
    /// Reads a `KeyState` of KMS (enum of the KMS API reference, `KeyMetadata.KeyState`).
    pub fn from_state(state: &str) -> Self {
        match state {
            "Enabled" => Self::On,
            "Disabled" | PENDING_DELETION | "PendingReplicaDeletion" => Self::Off { state: state.to_owned() },
            other => Self::Unknown { reason: format!("the key's state is {other}") },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_read_whole() {
        let key = KeyArn::parse("arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab").unwrap();
        assert_eq!((key.region(), key.account(), key.id()), ("eu-west-1", "111122223333", "1234abcd-12ab"));
    }

    #[test]
    fn what_is_no_key_arn_is_refused_by_name() {
        for (text, rule) in [
            ("alias/orders", "key_is_an_alias"),
            ("arn:aws:kms:eu-west-1:111122223333:alias/orders", "key_is_an_alias"),
            ("1234abcd", "key_is_not_an_arn"),
            ("arn:aws:s3:eu-west-1:111122223333:key/1", "key_is_not_an_arn"),
            ("arn:aws:kms:eu-west-1:1111:key/1", "key_is_not_an_arn"),
            ("arn:aws:kms:eu-west-1:111122223333:key/a b", "key_is_not_an_arn"),
            ("arn:aws<b>:kms:eu-west-1:111122223333:key/1", "key_is_not_an_arn"),
            ("", "key_is_not_an_arn"),
        ] {
            assert_eq!(KeyArn::parse(text).unwrap_err().rule, rule, "{text}");
        }
    }

    #[test]
    fn no_part_of_an_arn_is_without_end() {
        let long = "x".repeat(65);
        for text in [
            format!("arn:aws-{long}:kms:eu-west-1:111122223333:key/1"),
            format!("arn:aws:kms:{long}:111122223333:key/1"),
            format!("arn:aws:kms:eu-west-1:111122223333:key/{long}"),
        ] {
            let refusal = KeyArn::parse(&text).unwrap_err();
            assert_eq!((refusal.rule, refusal.field.as_str()), ("key_is_not_an_arn", "key"));
            assert!(refusal.value.contains(&text[..20]) && refusal.remedy.contains("full ARN"));
        }
    }

    #[test]
    fn an_id_is_completed_with_the_place_of_the_call() {
        let key = KeyArn::complete("1234", "cn-north-1", "111122223333").unwrap();
        assert_eq!(key.as_str(), "arn:aws-cn:kms:cn-north-1:111122223333:key/1234");
    }

    #[test]
    fn only_three_states_are_off_and_only_one_is_on() {
        for state in ["Disabled", "PendingDeletion", "PendingReplicaDeletion"] {
            assert!(matches!(KeyLook::from_state(state), KeyLook::Off { .. }));
        }
        assert_eq!(KeyLook::from_state("Enabled"), KeyLook::On);
        for state in ["Creating", "PendingImport", "Unavailable", "Updating", "SomethingNew"] {
            assert!(matches!(KeyLook::from_state(state), KeyLook::Unknown { .. }));
        }
    }
}
