//! A database as RDS shows it: whether its storage uses the key, and whether RDS could stop it.
//!
//! What cannot be stopped is in the Amazon RDS User Guide, "Stopping an Amazon RDS DB instance temporarily", and in
//! the Aurora User Guide, "Stopping and starting an Amazon Aurora DB cluster".

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use crate::error::Refusal;
use crate::key::KeyArn;
use crate::kind::Kind;
use crate::resource::{ResourceId, SeenResource, State, Tag, Unfit, tags_of};

/// The fields that decide, of one row of `rds:DescribeDBInstances`, spelled as Step Functions spells them.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DatabaseRow {
    pub db_instance_identifier: String,
    pub db_instance_status: State,
    pub engine: String,
    #[serde(flatten)]
    pub common: Common,
    #[serde(default, rename = "MultiAZ")]
    pub multi_az: bool,
    #[serde(default)]
    pub db_cluster_identifier: Option<String>,
    #[serde(default, rename = "ReadReplicaSourceDBInstanceIdentifier")]
    pub source_instance: Option<String>,
    #[serde(default, rename = "ReadReplicaSourceDBClusterIdentifier")]
    pub source_cluster: Option<String>,
    #[serde(default, rename = "ReadReplicaDBInstanceIdentifiers")]
    pub replicas: Vec<String>,
    #[serde(default, rename = "ReadReplicaDBClusterIdentifiers")]
    pub replica_clusters: Vec<String>,
}

/// The fields that decide, of one row of `rds:DescribeDBClusters`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ClusterRow {
    pub db_cluster_identifier: String,
    pub status: State,
    pub engine: String,
    #[serde(default)]
    pub engine_mode: Option<String>,
    #[serde(flatten)]
    pub common: Common,
    #[serde(default)]
    pub replication_source_identifier: Option<String>,
    #[serde(default)]
    pub global_cluster_identifier: Option<String>,
}

/// What both kinds of rows have.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Common {
    #[serde(default)]
    pub kms_key_id: Option<String>,
    /// When RDS starts it again, if it is stopped.
    #[serde(default)]
    pub automatic_restart_time: Option<Timestamp>,
    #[serde(default)]
    pub tag_list: Vec<Tag>,
}

/// The row as a plan for `key` sees it; `None` if its storage does not use the key and it follows nothing that may.
pub fn see_database(row: DatabaseRow, key: &KeyArn) -> Result<Option<SeenResource>, Refusal> {
    let (unfit, id) = (why_no_database_stops(&row), ResourceId::new(Kind::Database, &row.db_instance_identifier)?);
    let Some(seen) = see(id.clone(), row.db_instance_status, row.common.clone(), unfit, key) else {
        return see_follower(id, row);
    };
    // A member without tags of its own is part of its cluster, and the cluster is named.
    let is_untagged_member = row.db_cluster_identifier.is_some() && !seen.tags.contains_key("lockstep:app");
    Ok((!is_untagged_member).then_some(seen))
}

/// A leader of another Region is named by its ARN; it is another key's, for ours have one Region.
fn see_follower(id: ResourceId, row: DatabaseRow) -> Result<Option<SeenResource>, Refusal> {
    let Some(leader) = row.source_instance.filter(|leader| !leader.contains(':')) else { return Ok(None) };
    let unfit = Some(Unfit::Follows(ResourceId::new(Kind::Database, &leader)?));
    let tags = tags_of(row.common.tag_list);
    Ok(Some(SeenResource { unfit, ..SeenResource::new(id, row.db_instance_status, tags) }))
}

/// The same for a cluster.
pub fn see_cluster(row: ClusterRow, key: &KeyArn) -> Result<Option<SeenResource>, Refusal> {
    let unfit = why_no_cluster_stops(&row).map(|reason| Unfit::Cannot(reason.to_owned()));
    Ok(see(ResourceId::new(Kind::Cluster, &row.db_cluster_identifier)?, row.status, row.common, unfit, key))
}

fn see(id: ResourceId, state: State, common: Common, unfit: Option<Unfit>, key: &KeyArn) -> Option<SeenResource> {
    let tags = tags_of(common.tag_list);
    let unfit = match uses(common.kms_key_id.as_deref(), key, &tags) {
        Uses::No => return None,
        Uses::Key => unfit,
        Uses::Alias(alias) => Some(Unfit::Cannot(format!(
            "RDS names its key as {alias}, which may be any key; look which it is and stop it by hand"
        ))),
    };
    Some(SeenResource { unfit, restarts_at: common.automatic_restart_time, ..SeenResource::new(id, state, tags) })
}

/// Whether a storage is encrypted with the key.
enum Uses {
    Key,
    No,
    /// It may be, and only the owner of the alias can tell.
    Alias(String),
}

/// `KmsKeyId` is documented as an ARN, an id, an alias ARN or an alias name (RDS API Reference, `DBInstance`). What
/// nobody asked us to manage is passed over if its key cannot be told.
fn uses(key_id: Option<&str>, key: &KeyArn, tags: &BTreeMap<String, String>) -> Uses {
    match key_id {
        Some(id) if id == key.as_str() || id == key.id() => Uses::Key,
        Some(id) if id.contains("alias/") && tags.contains_key("lockstep:app") => Uses::Alias(id.to_owned()),
        _ => Uses::No,
    }
}

fn why_no_database_stops(row: &DatabaseRow) -> Option<Unfit> {
    let engine = row.engine.as_str();
    if row.db_cluster_identifier.is_some() {
        return Some(Unfit::PartOf);
    }
    let is_source = !row.replicas.is_empty() || !row.replica_clusters.is_empty();
    let reason = if let Some(reason) = why_no_engine_stops(engine) {
        reason
    } else if row.source_instance.is_some() || row.source_cluster.is_some() {
        "it is a read replica, and RDS stops none"
    } else if is_source {
        "it has read replicas, and RDS stops no database that has"
    } else if row.multi_az && engine.starts_with("sqlserver") {
        "it is SQL Server in several zones, which RDS does not stop"
    } else {
        return None;
    };
    Some(Unfit::Cannot(reason.to_owned()))
}

fn why_no_cluster_stops(row: &ClusterRow) -> Option<&'static str> {
    let engine = row.engine.as_str();
    if let Some(reason) = why_no_engine_stops(engine) {
        return Some(reason);
    }
    let is_set = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.is_empty());
    if !engine.starts_with("aurora") {
        Some("it is a Multi-AZ DB cluster, and RDS stops none")
    } else if row.engine_mode.as_deref() == Some("serverless") {
        Some("it is Aurora Serverless v1, which RDS does not stop")
    } else if is_set(&row.global_cluster_identifier) {
        Some("it belongs to an Aurora global database, and RDS stops no member of one")
    } else if is_set(&row.replication_source_identifier) {
        Some("it is a read replica of another Region, and RDS stops none")
    } else {
        None
    }
}

/// RDS's calls return these, too.
fn why_no_engine_stops(engine: &str) -> Option<&'static str> {
    match engine {
        "docdb" => Some("it is Amazon DocumentDB, which Lockstep does not stop"),
        "neptune" => Some("it is Amazon Neptune, which Lockstep does not stop"),
        engine if engine.starts_with("custom-") => Some("it is RDS Custom, which Lockstep does not stop"),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
