//! Requests to watch a key, to name an app, to let go of a resource; and the rules that a key must meet.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::app::{Address, AppName, AppRecord, Language};
use crate::error::Refusal;
use crate::hold::Hold;
use crate::key::KeyArn;
use crate::resource::ResourceId;
use crate::text::shortened;

mod removal;
mod rules;

pub use removal::{KeyLeft, check_removal};
pub use rules::{KeyFacts, check_key, check_kind, check_own_key, check_region};

/// At most this many admins to an app.
const MAX_ADMINS: usize = 50;
/// Characters of the reason for which a hold is dropped.
const MAX_REASON: usize = 300;

/// What an operator asks of `enrol`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    WatchKey(KeyArn),
    UnwatchKey(KeyArn),
    /// Say whether the key may be watched, and change nothing.
    CheckKey(KeyArn),
    /// Change nothing more because of this key, until it is resumed.
    PauseKey(KeyArn),
    ResumeKey(KeyArn),
    SetApp(AppRecord),
    RemoveApp(AppName),
    /// Drop the hold on a resource: from then on it is its owner's to start.
    ReleaseHold {
        resource: ResourceId,
        reason: String,
    },
    /// Say whether Lockstep may be uninstalled, and change nothing.
    CheckRemoval,
}

/// Reads a request; every refusal names the field, the value and the remedy.
pub fn read(input: &Value, default_language: Language) -> Result<Request, Refusal> {
    let actions = "choose watch_key, unwatch_key, check_key, pause_key, resume_key, set_app, remove_app, release_hold \
                   or check_removal";
    match text(input, "action") {
        Some("watch_key") => Ok(Request::WatchKey(read_key(input)?)),
        Some("unwatch_key") => Ok(Request::UnwatchKey(read_key(input)?)),
        Some("check_key") => Ok(Request::CheckKey(read_key(input)?)),
        Some("pause_key") => Ok(Request::PauseKey(read_key(input)?)),
        Some("resume_key") => Ok(Request::ResumeKey(read_key(input)?)),
        Some("set_app") => Ok(Request::SetApp(AppRecord {
            app: read_app(input)?,
            admins: read_admins(input)?,
            language: text(input, "language").map_or(Ok(default_language), Language::parse)?,
        })),
        Some("remove_app") => Ok(Request::RemoveApp(read_app(input)?)),
        Some("release_hold") => {
            Ok(Request::ReleaseHold { resource: read_resource(input)?, reason: read_reason(input)? })
        }
        Some("check_removal") => Ok(Request::CheckRemoval),
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

fn read_resource(input: &Value) -> Result<ResourceId, Refusal> {
    let remedy = "give the resource as `lockstep status` shows it, such as i-0123456789abcdef0 or db:orders";
    ResourceId::parse(text(input, "resource").ok_or_else(|| Refusal::missing("resource", remedy))?)
}

fn read_reason(input: &Value) -> Result<String, Refusal> {
    let asked = text(input, "reason").unwrap_or_default().trim();
    let reason = shortened(asked, asked.chars().count());
    if reason.is_empty() {
        return Err(Refusal::missing("reason", "say why the hold is dropped; it is kept with the key's history"));
    }
    if reason.chars().count() > MAX_REASON {
        let remedy = format!("say it in at most {MAX_REASON} characters");
        return Err(Refusal::new("reason_too_long", "reason", reason, remedy));
    }
    Ok(reason)
}

fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field).and_then(Value::as_str)
}

/// A key that still holds servers must not be forgotten: nothing would start them again.
pub fn check_unwatch(key: &KeyArn, holds: &[Hold]) -> Result<(), Refusal> {
    if holds.is_empty() {
        return Ok(());
    }
    let remedy = format!(
        "enable the key and wait until the {} resources that it holds are up, or release them one by one",
        holds.len()
    );
    Err(Refusal::new("key_holds_servers", "key", key.as_str(), remedy))
}

/// A hold that was dropped by hand (`KEY#<arn>` / `RELEASED#<at>#<resource>`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Released {
    pub resource: ResourceId,
    pub reason: String,
    pub at: Timestamp,
    /// The hold as it was, for whoever has to bring the resource back by hand.
    pub hold: Hold,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn bad_requests_are_refused_by_name() {
        for (input, rule) in [
            (json!({}), "missing_field"),
            (json!({"action": "explode"}), "unknown_action"),
            (json!({"action": "watch_key"}), "missing_field"),
            (json!({"action": "watch_key", "key": 7}), "missing_field"),
            (json!({"action": "watch_key", "key": "alias/x"}), "key_is_an_alias"),
            (json!({"action": "check_key", "key": "1234"}), "key_is_not_an_arn"),
            (json!({"action": "release_hold", "reason": "moved"}), "missing_field"),
            (json!({"action": "release_hold", "resource": "i-1", "reason": " "}), "missing_field"),
            (json!({"action": "release_hold", "resource": "bucket/x", "reason": "moved"}), "bad_resource_id"),
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
    fn every_value_has_an_end_and_its_refusal_names_field_value_and_remedy() {
        let long = "x".repeat(10_000);
        let of_app = |field: &str, value: Value| {
            let mut input = json!({"action": "set_app", "app": "orders", "admins": ["a@example.com"]});
            input[field] = value;
            input
        };
        for (field, input) in [
            ("action", json!({ "action": long })),
            ("key", json!({ "action": "watch_key", "key": long })),
            ("key", json!({ "action": "pause_key", "key": format!("arn:aws:kms:eu-west-1:111122223333:key/{long}") })),
            ("resource", json!({ "action": "release_hold", "resource": format!("db:{long}"), "reason": "moved" })),
            ("reason", json!({ "action": "release_hold", "resource": "i-1", "reason": long })),
            ("lockstep:app", of_app("app", json!(long))),
            ("admins", of_app("admins", json!(vec!["a@example.com"; MAX_ADMINS + 1]))),
            ("admins", of_app("admins", json!([format!("{long}@example.com")]))),
            ("language", of_app("language", json!(long))),
        ] {
            let refusal = read(&input, Language::En).unwrap_err();
            assert_eq!(refusal.field, field);
            assert!(!refusal.value.is_empty() && !refusal.remedy.is_empty(), "{refusal}");
            assert!(refusal.to_string().len() < 500, "{refusal}");
        }
    }

    #[test]
    fn the_language_defaults_to_the_stacks() {
        let input = json!({"action": "set_app", "app": "orders", "admins": ["a@example.com"]});
        let Request::SetApp(app) = read(&input, Language::Ja).unwrap() else { panic!() };
        assert_eq!(app.language, Language::Ja);
    }
}
