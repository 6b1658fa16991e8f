use serde_json::{Value, json};

use super::*;
use crate::samples::key;

fn with(mut row: Value, more: Value) -> Value {
    for (field, value) in more.as_object().unwrap() {
        row[field] = value.clone();
    }
    row
}

fn database(more: Value) -> Option<SeenResource> {
    let row = json!({
        "DbInstanceIdentifier": "orders-1",
        "DbInstanceStatus": "available",
        "Engine": "postgres",
        "KmsKeyId": key("k1"),
        "TagList": [{"Key": "lockstep:app", "Value": "orders"}],
    });
    see_database(serde_json::from_value(with(row, more)).unwrap(), &key("k1")).unwrap()
}

fn cluster(more: Value) -> Option<SeenResource> {
    let row = json!({
        "DbClusterIdentifier": "orders",
        "Status": "available",
        "Engine": "aurora-postgresql",
        "EngineMode": "provisioned",
        "KmsKeyId": key("k1"),
        "GlobalClusterIdentifier": "",
        "TagList": [{"Key": "lockstep:app", "Value": "orders"}],
    });
    see_cluster(serde_json::from_value(with(row, more)).unwrap(), &key("k1")).unwrap()
}

fn reason(seen: Option<SeenResource>) -> String {
    match seen.and_then(|seen| seen.unfit) {
        Some(Unfit::Cannot(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_database_whose_storage_uses_the_key_is_found() {
    let seen = database(json!({})).unwrap();
    assert_eq!((seen.id.as_str(), seen.state, seen.unfit), ("db:orders-1", State::Running, None));
    let seen = cluster(json!({})).unwrap();
    assert_eq!((seen.id.as_str(), seen.state, seen.unfit), ("cluster:orders", State::Running, None));
}

#[test]
fn a_key_is_known_in_every_form_that_rds_may_give() {
    assert!(database(json!({"KmsKeyId": "k1"})).is_some());
    assert_eq!(database(json!({"KmsKeyId": key("k2")})), None);
    assert_eq!(database(json!({"KmsKeyId": "k2"})), None);
    assert_eq!(database(json!({"KmsKeyId": null})), None);
    for alias in ["alias/orders", "arn:aws:kms:eu-west-1:111122223333:alias/orders"] {
        assert!(reason(database(json!({"KmsKeyId": alias}))).contains(alias));
        assert_eq!(database(json!({"KmsKeyId": alias, "TagList": []})), None);
    }
}

#[test]
fn what_cannot_be_stopped_is_known_before_it_is_tried() {
    for (more, words) in [
        (json!({"ReadReplicaSourceDBInstanceIdentifier": "other"}), "is a read replica"),
        (json!({"ReadReplicaDBInstanceIdentifiers": ["other"]}), "has read replicas"),
        (json!({"ReadReplicaDBClusterIdentifiers": ["other"]}), "has read replicas"),
        (json!({"Engine": "sqlserver-se", "MultiAZ": true}), "SQL Server in several zones"),
        (json!({"Engine": "custom-oracle-ee"}), "RDS Custom"),
        (json!({"Engine": "docdb"}), "DocumentDB"),
        (json!({"Engine": "neptune"}), "Neptune"),
    ] {
        let seen = database(more.clone());
        assert!(reason(seen).contains(words), "{more}");
    }
    assert_eq!(database(json!({"Engine": "postgres", "MultiAZ": true})).unwrap().unfit, None);
    for (more, words) in [
        (json!({"EngineMode": "serverless"}), "Serverless v1"),
        (json!({"Engine": "mysql"}), "Multi-AZ DB cluster"),
        (json!({"GlobalClusterIdentifier": "world"}), "global database"),
        (json!({"ReplicationSourceIdentifier": "arn:other"}), "another Region"),
        (json!({"Engine": "docdb"}), "DocumentDB"),
    ] {
        let seen = cluster(more.clone());
        assert!(reason(seen).contains(words), "{more}");
    }
}

#[test]
fn a_follower_on_another_key_is_found_by_what_it_follows() {
    let follower = |leader: &str| json!({"KmsKeyId": key("k2"), "ReadReplicaSourceDBInstanceIdentifier": leader});
    let leader = ResourceId::new(Kind::Database, "orders").unwrap();
    assert_eq!(database(follower("orders")).unwrap().unfit, Some(Unfit::Follows(leader)));
    assert_eq!(database(follower("arn:aws:rds:eu-west-2:111122223333:db:orders")), None);
    let by_alias = database(with(follower("orders"), json!({"KmsKeyId": "alias/orders"})));
    assert!(reason(by_alias).contains("alias/orders"), "its key may be any, so somebody has to look");
}

#[test]
fn a_member_is_part_of_its_cluster() {
    let member = json!({"DbClusterIdentifier": "orders"});
    assert_eq!(database(member.clone()).unwrap().unfit, Some(Unfit::PartOf));
    assert_eq!(database(with(member, json!({"TagList": []}))), None);
}
