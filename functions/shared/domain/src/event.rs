//! What an EventBridge event of KMS tells: which key may have changed. Nothing else of it is used.

use serde_json::Value;

use crate::error::Refusal;
use crate::key::KeyArn;

/// Calls after which a key's state may be another one.
///
/// `PutKeyPolicy` and `RevokeGrant` may make a key unreadable; the rest change its state.
const CALLS: [&str; 10] = [
    "DisableKey",
    "EnableKey",
    "ScheduleKeyDeletion",
    "CancelKeyDeletion",
    "ImportKeyMaterial",
    "DeleteImportedKeyMaterial",
    "PutKeyPolicy",
    "RevokeGrant",
    "ConnectCustomKeyStore",
    "DisconnectCustomKeyStore",
];

/// What KMS tells by itself, nobody having called: a waiting period or the validity of imported material has ended.
const OWN_ACCORD: [&str; 2] = ["KMS CMK Deletion", "KMS Imported Key Material Expiration"];

/// The hint in an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// This key may have changed.
    Key { key: KeyArn },
    /// The call failed, so no key has changed.
    FailedCall { call: String, code: String },
    /// A whole custom key store of this account changed; the event names no key.
    KeyStore { account: String, call: String },
    /// The event comes from an account that does not own the key: nothing of it is believed.
    ForeignKey { account: String, key: KeyArn },
}

/// Reads an event of detail-type `AWS API Call via CloudTrail`, or one that KMS sends of its own accord.
///
/// EventBridge sets `account` itself, on a bus for other accounts, too: it is the account that the event is from.
/// The key is taken from `responseElements.keyId`, else `resources[].ARN`, else it is completed from
/// `requestParameters.keyId` (CloudTrail for KMS: the ARN is in the response since December 2022,
/// and `PutKeyPolicy` and `RevokeGrant` have none).
pub fn read(event: &Value) -> Result<Hint, Refusal> {
    let detail = event
        .get("detail")
        .filter(|detail| detail.is_object())
        .ok_or_else(|| Refusal::missing("detail", "send the EventBridge event unchanged"))?;
    let kind = text(event, "detail-type")
        .ok_or_else(|| Refusal::missing("detail-type", "send the EventBridge event unchanged"))?;
    if text(event, "source") != Some("aws.kms") {
        let value = text(event, "source").unwrap_or_default();
        return Err(Refusal::new("source_is_not_kms", "source", value, "only events of aws.kms are read"));
    }
    match kind {
        "AWS API Call via CloudTrail" => read_call(event, detail),
        told if OWN_ACCORD.contains(&told) => read_own_accord(event),
        other => {
            let remedy = "only \"AWS API Call via CloudTrail\" and what KMS sends of its own accord are read";
            Err(Refusal::new("unknown_detail_type", "detail-type", other, remedy))
        }
    }
}

fn read_call(event: &Value, detail: &Value) -> Result<Hint, Refusal> {
    if text(detail, "eventSource") != Some("kms.amazonaws.com") {
        let value = text(detail, "eventSource").unwrap_or_default();
        let remedy = "only calls of kms.amazonaws.com are read";
        return Err(Refusal::new("event_source_is_not_kms", "detail.eventSource", value, remedy));
    }
    let call = text(detail, "eventName")
        .ok_or_else(|| Refusal::missing("detail.eventName", "send the CloudTrail record unchanged"))?;
    if !CALLS.contains(&call) {
        let remedy = "let the rule pass only calls that may change a key";
        return Err(Refusal::new("unknown_event_name", "detail.eventName", call, remedy));
    }
    if let Some(code) = detail.get("errorCode").filter(|code| !code.is_null()) {
        let code = code.as_str().unwrap_or("an errorCode that is no text").to_owned();
        return Ok(Hint::FailedCall { call: call.to_owned(), code });
    }
    if detail.pointer("/requestParameters/customKeyStoreId").is_some_and(Value::is_string) {
        return Ok(Hint::KeyStore { account: account(event)?.to_owned(), call: call.to_owned() });
    }
    hint(event, key_of(event, detail)?)
}

fn hint(event: &Value, key: KeyArn) -> Result<Hint, Refusal> {
    let account = account(event)?;
    if account != key.account() {
        return Ok(Hint::ForeignKey { account: account.to_owned(), key });
    }
    Ok(Hint::Key { key })
}

fn account(event: &Value) -> Result<&str, Refusal> {
    text(event, "account").ok_or_else(|| Refusal::missing("account", "send the EventBridge event unchanged"))
}

fn read_own_accord(event: &Value) -> Result<Hint, Refusal> {
    let key = event
        .pointer("/resources/0")
        .and_then(Value::as_str)
        .ok_or_else(|| Refusal::missing("resources[0]", "send the EventBridge event unchanged"))?;
    hint(event, KeyArn::parse(key)?)
}

fn key_of(event: &Value, detail: &Value) -> Result<KeyArn, Refusal> {
    if let Some(arn) = detail.pointer("/responseElements/keyId").and_then(Value::as_str)
        && arn.starts_with("arn:")
    {
        return KeyArn::parse(arn);
    }
    let listed = detail.get("resources").and_then(Value::as_array).into_iter().flatten();
    for resource in listed {
        let is_key = text(resource, "type").is_none_or(|kind| kind == "AWS::KMS::Key");
        if let Some(arn) = text(resource, "ARN").filter(|_| is_key) {
            return KeyArn::parse(arn);
        }
    }
    let typed = detail
        .pointer("/requestParameters/keyId")
        .and_then(Value::as_str)
        .ok_or_else(|| Refusal::missing("detail.requestParameters.keyId", "send the CloudTrail record unchanged"))?;
    let region = text(detail, "awsRegion").or_else(|| text(event, "region")).unwrap_or_default();
    let account = text(event, "account").unwrap_or_default();
    KeyArn::complete(typed, region, account)
}

fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field).and_then(Value::as_str)
}

#[cfg(test)]
mod tests;
