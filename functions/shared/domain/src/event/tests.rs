use serde_json::{Value, json};

use super::*;

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn event(detail: Value) -> Value {
    let mut told = json!({"eventSource": "kms.amazonaws.com", "eventName": "DisableKey", "awsRegion": "eu-west-1"});
    for (name, value) in detail.as_object().unwrap() {
        told[name] = value.clone();
    }
    json!({"source": "aws.kms", "account": "111122223333", "detail-type": "AWS API Call via CloudTrail", "detail": told})
}

fn key_in(event: &Value) -> String {
    match read(event).unwrap() {
        Hint::Key { key } => key.as_str().to_owned(),
        other => panic!("{other:?}"),
    }
}

fn rule(event: &Value) -> &'static str {
    let refusal = read(event).unwrap_err();
    assert!(refusal.to_string().len() < 1_000);
    refusal.rule
}

#[test]
fn every_known_shape_is_read() {
    // Asked for when it runs: clones that share a target directory share this program, too.
    let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap() + "/../../../tests/fixtures/events";
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let event: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let hint = read(&event).unwrap_or_else(|refusal| panic!("{}: {refusal}", path.display()));
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        match hint {
            Hint::FailedCall { code, .. } => assert!(name.ends_with("AccessDenied") && !code.is_empty(), "{name}"),
            Hint::KeyStore { .. } => assert!(name.contains("CustomKeyStore"), "{name}"),
            Hint::Key { key } => assert!(key.as_str().starts_with("arn:"), "{name}"),
            Hint::ForeignKey { .. } => panic!("{name}"),
        }
        seen += 1;
    }
    assert_eq!(seen, 11);
}

#[test]
fn the_key_is_taken_from_the_answer_then_from_the_resources_then_from_the_request() {
    let resources = json!([{"type": "AWS::KMS::Key", "ARN": KEY}]);
    let other = KEY.replace("1234abcd", "99999999");
    let all = json!({"responseElements": {"keyId": KEY}, "resources": [{"ARN": other}], "requestParameters": {"keyId": other}});
    assert_eq!(key_in(&event(all)), KEY);
    assert_eq!(key_in(&event(json!({"resources": resources, "requestParameters": {"keyId": other}}))), KEY);
    assert_eq!(key_in(&event(json!({"requestParameters": {"keyId": KEY}}))), KEY);
    let id = KEY.rsplit('/').next().unwrap();
    assert_eq!(key_in(&event(json!({"responseElements": null, "requestParameters": {"keyId": id}}))), KEY);
}

#[test]
fn a_failed_call_changed_no_key() {
    let failed = event(json!({"errorCode": "AccessDenied", "requestParameters": {"keyId": "alias/x"}}));
    let hint = Hint::FailedCall { call: "DisableKey".into(), code: "AccessDenied".into() };
    assert_eq!(read(&failed).unwrap(), hint);
}

#[test]
fn an_account_can_speak_only_of_its_own_keys() {
    let mut told = event(json!({"responseElements": {"keyId": KEY}}));
    told["account"] = json!("999999999999");
    let foreign = Hint::ForeignKey { account: "999999999999".into(), key: KeyArn::parse(KEY).unwrap() };
    assert_eq!(read(&told).unwrap(), foreign);
    let mut deleted = json!({"source": "aws.kms", "detail-type": "KMS CMK Deletion", "detail": {}, "resources": [KEY]});
    assert_eq!(rule(&deleted), "missing_field");
    deleted["account"] = json!("999999999999");
    assert_eq!(read(&deleted).unwrap(), foreign);
    // The account of the detail is written by whoever writes the detail.
    told["detail"]["recipientAccountId"] = json!("111122223333");
    assert_eq!(read(&told).unwrap(), foreign);
}

#[test]
fn what_kms_does_of_its_own_accord_names_its_key() {
    for kind in ["KMS CMK Deletion", "KMS Imported Key Material Expiration"] {
        let told = json!({
            "source": "aws.kms", "detail-type": kind, "account": "111122223333", "detail": {}, "resources": [KEY]
        });
        assert_eq!(key_in(&told), KEY);
    }
}

#[test]
fn malformed_events_are_refused_by_name() {
    let good = event(json!({"responseElements": {"keyId": KEY}}));
    let with = |field: &str, value: Value| {
        let mut changed = good.clone();
        changed[field] = value;
        changed
    };
    assert_eq!(rule(&json!("a text")), "missing_field");
    assert_eq!(rule(&json!(null)), "missing_field");
    assert_eq!(rule(&with("detail", json!("{\"eventName\": \"Disab"))), "missing_field");
    assert_eq!(rule(&with("detail-type", json!(7))), "missing_field");
    assert_eq!(rule(&with("detail-type", json!("Scheduled Event"))), "unknown_detail_type");
    assert_eq!(rule(&with("source", json!("aws.s3"))), "source_is_not_kms");
    assert_eq!(rule(&event(json!({"eventSource": "s3.amazonaws.com"}))), "event_source_is_not_kms");
    assert_eq!(rule(&event(json!({"eventName": "RotateKeyOnDemand"}))), "unknown_event_name");
    assert_eq!(rule(&event(json!({"eventName": ["DisableKey"]}))), "missing_field");
    assert_eq!(rule(&event(json!({"responseElements": 7, "requestParameters": [KEY]}))), "missing_field");
    assert_eq!(rule(&event(json!({"requestParameters": {"keyId": "alias/orders"}}))), "key_is_an_alias");
    assert_eq!(rule(&event(json!({"requestParameters": {"keyId": "x".repeat(256_000)}}))), "key_is_not_an_arn");
    assert_eq!(rule(&event(json!({"responseElements": {"keyId": "arn:aws:s3:::bucket"}}))), "key_is_not_an_arn");
}
