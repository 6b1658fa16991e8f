//! The rules that a key must meet; the same are held to it when it is enrolled, looked at and acted for.

use crate::error::Refusal;
use crate::key::KeyArn;

/// What KMS says about a key, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFacts {
    pub state: String,
    /// `AWS` or `CUSTOMER`.
    pub key_manager: String,
    pub key_spec: String,
    pub key_usage: String,
    pub multi_region: bool,
    /// `None` if the rotation status could not be read.
    pub rotates: Option<bool>,
    /// Whether this account may make data keys with it: the answer to a dry run.
    pub may_use: bool,
    /// Whether this account may make grants on it. A dry run that is refused proves nothing: a policy that allows
    /// grants for AWS resources only refuses every call that no AWS service makes (`kms:GrantIsForAWSResource`).
    pub may_grant: bool,
}

/// Whether a key may be watched; `Ok` carries warnings.
pub fn check_key(key: &KeyArn, facts: &KeyFacts, region: &str) -> Result<Vec<String>, Refusal> {
    check_region(key, region)?;
    check_kind(facts)?;
    if facts.state != "Enabled" {
        return Err(Refusal::new("not_usable", "KeyState", &facts.state, "enable the key, then enrol it again"));
    }
    if !facts.may_use {
        let remedy = "let the key's policy allow this account kms:Encrypt, kms:Decrypt, kms:ReEncrypt*, kms:GenerateDataKey* and kms:DescribeKey";
        return Err(Refusal::new("not_usable_here", "key", key.as_str(), remedy));
    }
    let mut warnings = Vec::new();
    match facts.rotates {
        Some(true) => {}
        Some(false) => warnings.push(format!(
            "rotation_off: automatic rotation is off; turn it on with `aws kms enable-key-rotation --key-id {key}` (no downtime)"
        )),
        None => warnings.push("rotation_unknown: whether the key rotates could not be read".to_owned()),
    }
    if !facts.may_grant {
        warnings.push(
            "grant_not_proven: a dry run of kms:CreateGrant was refused, as it is if the key's policy allows grants for AWS resources only; if it allows none, servers on the key cannot start: stop and start one of them once"
                .to_owned(),
        );
    }
    Ok(warnings)
}

/// What kind of key may be watched. A key keeps its kind for life.
pub fn check_kind(facts: &KeyFacts) -> Result<(), Refusal> {
    let refuse = |rule, field: &str, value: &str, remedy: &str| Err(Refusal::new(rule, field, value, remedy));
    if facts.key_manager != "CUSTOMER" {
        let remedy = "use a customer-managed key; an AWS-managed key cannot be disabled";
        return refuse("aws_managed", "KeyManager", &facts.key_manager, remedy);
    }
    if facts.multi_region {
        let remedy = "use a single-Region key; replicas are disabled one by one";
        return refuse("multi_region", "MultiRegion", "true", remedy);
    }
    if facts.key_usage == "GENERATE_VERIFY_MAC" {
        return refuse("hmac", "KeyUsage", &facts.key_usage, "use a symmetric encryption key");
    }
    if facts.key_spec != "SYMMETRIC_DEFAULT" || facts.key_usage != "ENCRYPT_DECRYPT" {
        return refuse("asymmetric", "KeySpec", &facts.key_spec, "use a symmetric encryption key (SYMMETRIC_DEFAULT)");
    }
    Ok(())
}

/// Refuses a key that lives in another Region; asked before the key is described.
pub fn check_region(key: &KeyArn, region: &str) -> Result<(), Refusal> {
    if key.region() == region {
        return Ok(());
    }
    let remedy = format!("use a key in {region}, where Lockstep and the databases are");
    Err(Refusal::new("other_region", "key", key.as_str(), remedy))
}

/// Refuses a key that Lockstep's own memory is encrypted with: it could not read it once the key is off.
/// `own` is the key of the ledger, if it has one of this kind.
pub fn check_own_key(key: &KeyArn, own: Option<&str>) -> Result<(), Refusal> {
    if own != Some(key.as_str()) {
        return Ok(());
    }
    let remedy = "encrypt the ledger with a key that AWS owns, as template.yaml does, or watch another key";
    Err(Refusal::new("used_by_lockstep", "key", key.as_str(), remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234";

    fn facts() -> KeyFacts {
        KeyFacts {
            state: "Enabled".into(),
            key_manager: "CUSTOMER".into(),
            key_spec: "SYMMETRIC_DEFAULT".into(),
            key_usage: "ENCRYPT_DECRYPT".into(),
            multi_region: false,
            rotates: Some(true),
            may_use: true,
            may_grant: true,
        }
    }

    #[test]
    fn a_key_that_breaks_a_rule_is_refused_by_the_rules_name() {
        let cases = [
            ("asymmetric", KeyFacts { key_spec: "RSA_2048".into(), ..facts() }),
            ("hmac", KeyFacts { key_usage: "GENERATE_VERIFY_MAC".into(), key_spec: "HMAC_256".into(), ..facts() }),
            ("multi_region", KeyFacts { multi_region: true, ..facts() }),
            ("aws_managed", KeyFacts { key_manager: "AWS".into(), ..facts() }),
            ("not_usable", KeyFacts { state: "Disabled".into(), ..facts() }),
            ("not_usable_here", KeyFacts { may_use: false, ..facts() }),
        ];
        let key = KeyArn::parse(KEY).unwrap();
        for (rule, facts) in cases {
            assert_eq!(check_key(&key, &facts, "eu-west-1").unwrap_err().rule, rule);
        }
        assert_eq!(check_key(&key, &facts(), "us-east-1").unwrap_err().rule, "other_region");
        assert!(check_key(&key, &facts(), "eu-west-1").unwrap().is_empty());
    }

    #[test]
    fn rotation_off_is_a_warning() {
        let warnings =
            check_key(&KeyArn::parse(KEY).unwrap(), &KeyFacts { rotates: Some(false), ..facts() }, "eu-west-1");
        assert!(warnings.unwrap()[0].starts_with("rotation_off"));
    }

    #[test]
    fn a_grant_that_no_dry_run_proves_is_a_warning() {
        let unproven = KeyFacts { may_grant: false, ..facts() };
        let warnings = check_key(&KeyArn::parse(KEY).unwrap(), &unproven, "eu-west-1").unwrap();
        assert!(warnings[0].starts_with("grant_not_proven"));
    }

    #[test]
    fn a_key_of_our_own_memory_is_refused() {
        let key = KeyArn::parse(KEY).unwrap();
        assert_eq!(check_own_key(&key, Some(KEY)).unwrap_err().rule, "used_by_lockstep");
        assert!(check_own_key(&key, None).is_ok());
        assert!(check_own_key(&key, Some("arn:aws:kms:eu-west-1:111122223333:key/5678")).is_ok());
    }
}
