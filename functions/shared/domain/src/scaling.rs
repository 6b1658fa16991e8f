//! What AWS does by itself that would undo a stop: seen, suspended before anything under it stops, and resumed after.
//!
//! An Auto Scaling group terminates and replaces a member that does not run (Amazon EC2 Auto Scaling User Guide,
//! "Health checks for instances in an Auto Scaling group").

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::error::Refusal;
use crate::kind::Kind;
use crate::resource::{ResourceId, SeenResource, Settings, State, Tag, tags_of};

/// The fields of one row of `autoscaling:DescribeAutoScalingGroups` or of
/// `application-autoscaling:DescribeScalableTargets` that the workflow hands on.
#[derive(Debug, Clone, Deserialize)]
pub struct ScalingRow {
    /// What AWS calls it.
    pub name: String,
    /// What is suspended, as AWS names it.
    #[serde(default)]
    pub suspended: Suspended,
    #[serde(default)]
    pub tags: Vec<Tag>,
}

/// As Auto Scaling shows it, and as Application Auto Scaling does.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Suspended {
    Names(BTreeSet<String>),
    Flags(BTreeMap<String, bool>),
}

impl Default for Suspended {
    fn default() -> Self {
        Self::Names(BTreeSet::new())
    }
}

impl From<Suspended> for BTreeSet<String> {
    fn from(suspended: Suspended) -> Self {
        match suspended {
            Suspended::Names(names) => names,
            Suspended::Flags(flags) => flags.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| name).collect(),
        }
    }
}

/// The guard as a plan sees it.
pub fn see_scaling(kind: Kind, row: ScalingRow) -> Result<SeenResource, Refusal> {
    let suspended = row.suspended.into();
    let seen = SeenResource::new(ResourceId::new(kind, &row.name)?, state(&suspended), tags_of(row.tags));
    Ok(SeenResource { settings: Settings { suspended, ..Settings::default() }, ..seen })
}

/// Down if everything is suspended that would undo a stop.
pub fn state(suspended: &BTreeSet<String>) -> State {
    let is_down = |kind: Kind| kind.facts().scaling.iter().all(|name| suspended.contains(*name));
    if Kind::guards().any(is_down) { State::Stopped } else { State::Running }
}

/// What a stop suspends and a start resumes of a guard that was seen with these settings: what was suspended before
/// stays so.
pub fn ours(kind: Kind, before: &Settings) -> Vec<&'static str> {
    kind.facts().scaling.iter().copied().filter(|name| !before.suspended.contains(*name)).collect()
}

/// A group as it is right before it is resumed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Members {
    /// What bears its name and does not run: members, those in standby, and a warm pool.
    pub down: BTreeSet<String>,
    /// Members that it looks after.
    pub in_service: BTreeSet<String>,
    /// Members that the group has found unhealthy and replaces once it may.
    pub unhealthy: BTreeSet<String>,
}

impl Members {
    /// Why the group would replace a member if it were resumed, if it would.
    pub fn in_danger(&self) -> Option<String> {
        if let Some(first) = self.down.intersection(&self.in_service).next() {
            return Some(format!("its member {first} does not run, and it would replace it"));
        }
        let first = self.unhealthy.first()?;
        Some(format!("it has marked its member {first} as unhealthy, and would replace it"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEVEN: [&str; 7] = [
        "AZRebalance",
        "AlarmNotification",
        "HealthCheck",
        "Launch",
        "ReplaceUnhealthy",
        "ScheduledActions",
        "Terminate",
    ];

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn group(suspended: &[&str]) -> SeenResource {
        let row = ScalingRow { name: "shop".into(), suspended: Suspended::Names(names(suspended)), tags: Vec::new() };
        see_scaling(Kind::Group, row).unwrap()
    }

    #[test]
    fn a_group_is_suspended_only_if_everything_is_that_would_undo_a_stop() {
        for at_work in SEVEN {
            let others: Vec<&str> = SEVEN.into_iter().filter(|name| *name != at_work).collect();
            assert_eq!(group(&others).state, State::Running, "{at_work}");
        }
        assert_eq!(group(&SEVEN).state, State::Stopped);
        assert_eq!(group(&["AddToLoadBalancer"]).state, State::Running);
    }

    #[test]
    fn a_scalable_target_shows_flags() {
        let row = |flags: [bool; 3]| {
            let [inward, outward, scheduled] = flags;
            let state = serde_json::json!({ "DynamicScalingInSuspended": inward, "DynamicScalingOutSuspended": outward, "ScheduledScalingSuspended": scheduled });
            let row = serde_json::json!({ "name": "service/shop/web", "suspended": state });
            see_scaling(Kind::ScalableTarget, serde_json::from_value(row).unwrap()).unwrap()
        };
        assert_eq!((row([true; 3]).state, row([true, true, false]).state), (State::Stopped, State::Running));
        let before = row([false, true, false]).settings;
        assert_eq!(ours(Kind::ScalableTarget, &before), ["DynamicScalingInSuspended", "ScheduledScalingSuspended"]);
        let never_set = serde_json::from_value(serde_json::json!({ "name": "service/shop/web" })).unwrap();
        assert_eq!(see_scaling(Kind::ScalableTarget, never_set).unwrap().state, State::Running);
    }

    #[test]
    fn what_was_suspended_before_is_neither_suspended_nor_resumed_by_us() {
        let before = group(&["Launch", "AlarmNotification", "AddToLoadBalancer"]).settings;
        let left = ["AZRebalance", "HealthCheck", "ReplaceUnhealthy", "ScheduledActions", "Terminate"];
        assert_eq!(ours(Kind::Group, &before), left);
    }

    #[test]
    fn a_group_stays_suspended_while_it_would_replace_a_member() {
        let of = |down: &[&str], unhealthy: &[&str]| {
            let in_service = names(&["i-1", "i-2"]);
            Members { down: names(down), in_service, unhealthy: names(unhealthy) }.in_danger()
        };
        assert_eq!(of(&[], &[]), None);
        assert!(of(&["i-1"], &[]).unwrap().contains("i-1 does not run"));
        assert_eq!(of(&["i-3"], &[]), None, "the group leaves it alone, or keeps it warm");
        assert!(of(&["i-3"], &["i-2"]).unwrap().contains("i-2 as unhealthy"));
    }
}
