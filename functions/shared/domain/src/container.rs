//! An Amazon ECS service as ECS shows it: how many tasks it wants and has, and whether a count can stop it.
//!
//! A daemon service has no count, and an external controller places tasks by itself (Amazon ECS API Reference,
//! `UpdateService`).

use serde::Deserialize;

use crate::error::Refusal;
use crate::kind::Kind;
use crate::resource::{ResourceId, SeenResource, Settings, State, Tag, Unfit, tags_of};

/// The fields that decide, of one row of `ecs:DescribeServices`, spelled as Step Functions spells them.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ServiceRow {
    pub cluster_arn: String,
    pub service_name: String,
    #[serde(flatten)]
    pub counts: Counts,
    #[serde(default)]
    pub scheduling_strategy: Option<String>,
    #[serde(default)]
    pub deployment_controller: Option<Controller>,
    #[serde(default)]
    pub tags: Vec<Tag>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Controller {
    /// `ECS`, `CODE_DEPLOY` or `EXTERNAL`.
    #[serde(rename = "Type")]
    pub name: String,
}

/// How many tasks there are; a look has the same as a row.
#[derive(Debug, Clone, Deserialize)]
pub struct Counts {
    /// `ACTIVE`, `DRAINING` or `INACTIVE`.
    #[serde(alias = "Status")]
    pub status: String,
    #[serde(alias = "DesiredCount")]
    pub desired: u32,
    #[serde(alias = "RunningCount")]
    pub running: u32,
    #[serde(alias = "PendingCount")]
    pub pending: u32,
}

impl ServiceRow {
    /// What ECS calls it, after the name of its cluster.
    fn name(&self) -> String {
        let cluster = self.cluster_arn.rsplit('/').next().unwrap_or_default();
        format!("{cluster}/{}", self.service_name)
    }

    /// Whether a scalable target of this name is its own.
    pub fn is_scaled_by(&self, target: &str) -> bool {
        target.strip_prefix("service/").is_some_and(|name| name == self.name())
    }
}

/// It is down when no task is left, and up when all run.
pub fn state(counts: &Counts) -> State {
    match (counts.status.as_str(), counts.desired, counts.running + counts.pending) {
        ("INACTIVE", ..) => State::Terminated,
        ("DRAINING", ..) => State::ShuttingDown,
        (_, 0, 0) => State::Stopped,
        (_, 0, _) => State::Stopping,
        (_, desired, _) if counts.running >= desired && counts.pending == 0 => State::Running,
        _ => State::Pending,
    }
}

/// The row as a plan sees it; `is_scaled`: Application Auto Scaling has it as a target.
pub fn see_service(row: ServiceRow, is_scaled: bool) -> Result<SeenResource, Refusal> {
    let name = row.name();
    let unfit = if row.scheduling_strategy.as_deref() == Some("DAEMON") {
        Some(Unfit::Daemon)
    } else if row.deployment_controller.is_some_and(|controller| controller.name == "EXTERNAL") {
        Some(Unfit::Cannot("its tasks are placed by an external controller, not by a count".to_owned()))
    } else {
        None
    };
    let guard = is_scaled.then(|| ResourceId::new(Kind::ScalableTarget, &format!("service/{name}"))).transpose()?;
    let settings = Settings { count: Some(row.counts.desired), ..Settings::default() };
    let seen =
        SeenResource::new(ResourceId::new(Kind::ContainerService, &name)?, state(&row.counts), tags_of(row.tags));
    Ok(SeenResource { unfit, guard, settings, ..seen })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn row(more: Value) -> ServiceRow {
        let mut row = json!({
            "ClusterArn": "arn:aws:ecs:eu-west-1:111122223333:cluster/shop",
            "ServiceName": "web",
            "Status": "ACTIVE",
            "DesiredCount": 2,
            "RunningCount": 2,
            "PendingCount": 0,
            "Tags": [{ "Key": "lockstep:app", "Value": "orders" }],
        });
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(row).unwrap()
    }

    #[test]
    fn a_service_is_seen_with_its_count_and_its_scaling() {
        let seen = see_service(row(json!({})), true).unwrap();
        assert_eq!((seen.id.as_str(), seen.state, seen.settings.count), ("ecs:shop/web", State::Running, Some(2)));
        assert_eq!(seen.guard.unwrap().as_str(), "scaling:service/shop/web");
        assert_eq!(see_service(row(json!({})), false).unwrap().guard, None);
    }

    #[test]
    fn a_service_is_down_when_no_task_is_left_and_up_when_all_run() {
        for (status, desired, running, pending, state) in [
            ("ACTIVE", 2, 2, 0, State::Running),
            ("ACTIVE", 2, 1, 1, State::Pending),
            ("ACTIVE", 2, 1, 0, State::Pending),
            ("ACTIVE", 2, 2, 1, State::Pending),
            ("ACTIVE", 0, 1, 0, State::Stopping),
            ("ACTIVE", 0, 0, 1, State::Stopping),
            ("ACTIVE", 0, 0, 0, State::Stopped),
            ("DRAINING", 0, 1, 0, State::ShuttingDown),
            ("INACTIVE", 0, 0, 0, State::Terminated),
        ] {
            let counts =
                json!({ "Status": status, "DesiredCount": desired, "RunningCount": running, "PendingCount": pending });
            assert_eq!(see_service(row(counts.clone()), false).unwrap().state, state, "{counts}");
        }
    }

    #[test]
    fn what_no_count_stops_is_told_apart() {
        let unfit = |more: Value| see_service(row(more), false).unwrap().unfit;
        assert_eq!(unfit(json!({ "SchedulingStrategy": "REPLICA" })), None);
        assert_eq!(unfit(json!({ "DeploymentController": { "Type": "CODE_DEPLOY" } })), None);
        assert_eq!(unfit(json!({ "SchedulingStrategy": "DAEMON" })), Some(Unfit::Daemon));
        let external = unfit(json!({ "DeploymentController": { "Type": "EXTERNAL" } }));
        assert!(matches!(external, Some(Unfit::Cannot(reason)) if reason.contains("external")));
    }
}
