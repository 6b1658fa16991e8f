//! Requests to watch a key or to name an app, and the rules that a key must meet.

use serde_json::Value;

use crate::app::{Address, AppName, AppRecord, Language};
use crate::error::Refusal;
use crate::hold::Hold;
use crate::key::KeyArn;

/// At most this many admins to an app.
const MAX_ADMINS: usize = 50;

/// What an operator asks of `enrol`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    WatchKey(KeyArn),
    UnwatchKey(KeyArn),
    /// Change nothing more because of this key, until it is resumed.
    PauseKey(KeyArn),
    ResumeKey(KeyArn),
    SetApp(AppRecord),
    RemoveApp(AppName),
}

/// Reads a request; every refusal names the field, the value and the remedy.
pub fn read(input: &Value, default_language: Language) -> Result<Request, Refusal> {
    let actions = "choose watch_key, unwatch_key, pause_key, resume_key, set_app or remove_app";
    match text(input, "action") {
        Some("watch_key") => Ok(Request::WatchKey(read_key(input)?)),
        Some("unwatch_key") => Ok(Request::UnwatchKey(read_key(input)?)),
        Some("pause_key") => Ok(Request::PauseKey(read_key(input)?)),
        Some("resume_key") => Ok(Request::ResumeKey(read_key(input)?)),
        Some("set_app") => Ok(Request::SetApp(AppRecord {
            app: read_app(input)?,
            admins: read_admins(input)?,
            language: text(input, "language").map_or(Ok(default_language), Language::parse)?,
        })),
        Some("remove_app") => Ok(Request::RemoveApp(read_app(input)?)),
        Some(other) => Err(Refusal::new("unknown_action", "action", other, actions)),
        None => Err(Refusal::missing("action", actions)),
    }
}

fn read_key(input: &Value) -> Result<KeyArn, Refusal> {
    KeyArn::parse(text(input, "key").ok_or_else(|| Refusal::missing("key", "give the full ARN of the KMS key"))?)
}

fn read_app(input: &Value) -> Result<AppName, Refusal> {
    let app = text(input, "app").ok_or_else(|| Refusal::missing("app", "give the value of the lockstep:app tag"))?;
    AppName::parse(app)
}

fn read_admins(input: &Value) -> Result<Vec<Address>, Refusal> {
    let remedy = "give a list of mail addresses";
    let listed = input.get("admins").and_then(Value::as_array).ok_or_else(|| Refusal::missing("admins", remedy))?;
    if listed.is_empty() || listed.len() > MAX_ADMINS {
        let remedy = format!("give 1 to {MAX_ADMINS} mail addresses");
        return Err(Refusal::new("number_of_admins", "admins", listed.len().to_string(), remedy));
    }
    let address = |value: &Value| Address::parse(value.as_str().ok_or_else(|| Refusal::missing("admins", remedy))?);
    listed.iter().map(address).collect()
}

fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field).and_then(Value::as_str)
}

/// What `DescribeKey` says about a key, in KMS's own words.
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
}

/// Whether a key may be watched; `Ok` carries warnings.
pub fn check_key(key: &KeyArn, facts: &KeyFacts, region: &str) -> Result<Vec<String>, Refusal> {
    check_region(key, region)?;
    let refuse = |rule, field: &str, value: &str, remedy: &str| Err(Refusal::new(rule, field, value, remedy));
    if facts.key_manager != "CUSTOMER" {
        return refuse(
            "aws_managed",
            "KeyManager",
            &facts.key_manager,
            "use a customer-managed key; an AWS-managed key cannot be disabled",
        );
    }
    if facts.multi_region {
        return refuse(
            "multi_region",
            "MultiRegion",
            "true",
            "use a single-Region key; replicas are disabled one by one",
        );
    }
    if facts.key_usage == "GENERATE_VERIFY_MAC" {
        return refuse("hmac", "KeyUsage", &facts.key_usage, "use a symmetric encryption key");
    }
    if facts.key_spec != "SYMMETRIC_DEFAULT" || facts.key_usage != "ENCRYPT_DECRYPT" {
        return refuse("asymmetric", "KeySpec", &facts.key_spec, "use a symmetric encryption key (SYMMETRIC_DEFAULT)");
    }
    if facts.state != "Enabled" {
        return refuse("not_usable", "KeyState", &facts.state, "enable the key, then enrol it again");
    }
    let mut warnings = Vec::new();
    match facts.rotates {
        Some(true) => {}
        Some(false) => warnings.push(
            "rotation_off: automatic rotation is off; turn it on with `aws kms enable-key-rotation` (no downtime)"
                .to_owned(),
        ),
        None => warnings.push("rotation_unknown: whether the key rotates could not be read".to_owned()),
    }
    Ok(warnings)
}

/// Refuses a key that lives in another Region; asked before the key is described.
pub fn check_region(key: &KeyArn, region: &str) -> Result<(), Refusal> {
    if key.region() == region {
        return Ok(());
    }
    Err(Refusal::new(
        "other_region",
        "key",
        key.as_str(),
        format!("use a key in {region}, where Lockstep and the databases are"),
    ))
}

/// A key that still holds servers must not be forgotten: nothing would start them again.
pub fn check_unwatch(key: &KeyArn, holds: &[Hold]) -> Result<(), Refusal> {
    if holds.is_empty() {
        return Ok(());
    }
    let remedy = format!("enable the key and wait for its {} servers to be started", holds.len());
    Err(Refusal::new("key_holds_servers", "key", key.as_str(), remedy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234";

    fn facts() -> KeyFacts {
        KeyFacts {
            state: "Enabled".into(),
            key_manager: "CUSTOMER".into(),
            key_spec: "SYMMETRIC_DEFAULT".into(),
            key_usage: "ENCRYPT_DECRYPT".into(),
            multi_region: false,
            rotates: Some(true),
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
    fn bad_requests_are_refused_by_name() {
        for (input, rule) in [
            (json!({}), "missing_field"),
            (json!({"action": "explode"}), "unknown_action"),
            (json!({"action": "watch_key"}), "missing_field"),
            (json!({"action": "watch_key", "key": 7}), "missing_field"),
            (json!({"action": "watch_key", "key": "alias/x"}), "key_is_an_alias"),
            (json!({"action": "set_app", "app": "orders"}), "missing_field"),
            (json!({"action": "set_app", "app": "orders", "admins": []}), "number_of_admins"),
            (json!({"action": "set_app", "app": "orders", "admins": ["nobody"]}), "bad_address"),
            (json!({"action": "set_app", "app": "", "admins": ["a@example.com"]}), "bad_app_name"),
            (
                json!({"action": "set_app", "app": "o", "admins": ["a@example.com"], "language": "fr"}),
                "unknown_language",
            ),
        ] {
            assert_eq!(read(&input, Language::En).unwrap_err().rule, rule, "{input}");
        }
    }

    #[test]
    fn the_language_defaults_to_the_stacks() {
        let input = json!({"action": "set_app", "app": "orders", "admins": ["a@example.com"]});
        let Request::SetApp(app) = read(&input, Language::Ja).unwrap() else { panic!() };
        assert_eq!(app.language, Language::Ja);
    }
}
