//! The kinds of resources, and everything about them that is a plain fact.
//!
//! What a row of AWS says of a resource is read by the module of its kind; what is done with it is the same for all.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// What a resource is; each kind has its own calls in the workflows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An EC2 instance, with the systemd units on it.
    Server,
    /// An RDS DB instance that is no cluster's member.
    Database,
    /// An Aurora DB cluster with all of its members.
    Cluster,
    /// An Amazon ECS service, by its count of tasks.
    ContainerService,
    /// An EC2 Auto Scaling group, which would replace a member that stops; it is suspended and resumed.
    Group,
    /// The Application Auto Scaling of an ECS service, which would raise its count again.
    ScalableTarget,
}

/// What tells a kind from the others.
#[derive(Debug)]
pub struct Facts {
    /// What stands before the name in an id; EC2's ids tell their kind themselves.
    pub prefix: &'static str,
    /// Several of it, as steps are named.
    pub plural: &'static str,
    /// The calls that stop and start it, as AWS names them.
    pub calls: (&'static str, &'static str),
    /// At most this many to one look, and so to a batch that stops and to one that starts.
    pub batch: (usize, usize),
    /// At most this many to one call.
    pub at_once: usize,
    /// Longest wait for it to be down after a stop.
    pub stops_within: SignedDuration,
    /// Longest wait for it to be ready after a start.
    pub starts_within: SignedDuration,
    /// Seconds until the first look after a stop and after a start.
    pub first_look_s: (i64, i64),
    /// The most seconds between two looks.
    pub longest_look_s: i64,
    /// What it does by itself that would undo a stop; only a guard does anything of the kind.
    pub scaling: &'static [&'static str],
}

const SERVER: Facts = Facts {
    prefix: "",
    plural: "servers",
    calls: ("StopInstances", "StartInstances"),
    // `DescribeInstanceStatus` takes 100 ids; a start looks at the agents, too, and SSM shows 50 to a page.
    batch: (100, 50),
    at_once: 100,
    // EC2 forces a shutdown "within a few minutes".
    stops_within: SignedDuration::from_mins(10),
    // To run, pass both status checks and have the agent online.
    starts_within: SignedDuration::from_mins(15),
    // A server takes a minute to stop in the mean of public measurements, and half of that to run.
    first_look_s: (45, 30),
    longest_look_s: 30,
    scaling: &[],
};

/// RDS stops a database in minutes, "up to an hour" at times, and starts it in minutes to hours (Amazon RDS User
/// Guide, "Stopping an Amazon RDS DB instance temporarily").
const DATABASE: Facts = Facts {
    prefix: "db:",
    plural: "databases",
    calls: ("StopDBInstance", "StartDBInstance"),
    // A row of a look takes several kilobytes of the 256 that a state receives.
    batch: (20, 20),
    at_once: 1,
    stops_within: SignedDuration::from_mins(75),
    starts_within: SignedDuration::from_mins(120),
    first_look_s: (60, 60),
    longest_look_s: 120,
    scaling: &[],
};

const CLUSTER: Facts =
    Facts { prefix: "cluster:", plural: "clusters", calls: ("StopDBCluster", "StartDBCluster"), ..DATABASE };

const CONTAINER_SERVICE: Facts = Facts {
    prefix: "ecs:",
    plural: "container_services",
    calls: ("UpdateService", "UpdateService"),
    // A row has the service's last 100 events, up to 45 kilobytes of the 256 that a state receives.
    batch: (4, 4),
    at_once: 1,
    // A target group may take 5 minutes to let go of a task, and the task 2 to end.
    stops_within: SignedDuration::from_mins(15),
    starts_within: SignedDuration::from_mins(15),
    first_look_s: (15, 15),
    longest_look_s: 30,
    scaling: &[],
};

const GROUP: Facts = Facts {
    prefix: "group:",
    plural: "groups",
    calls: ("SuspendProcesses", "ResumeProcesses"),
    // A row of a look has a few hundred bytes for each member, of the 256 kilobytes that a state receives.
    batch: (1, 1),
    at_once: 1,
    stops_within: SignedDuration::from_mins(5),
    starts_within: SignedDuration::from_mins(5),
    first_look_s: (2, 2),
    longest_look_s: 30,
    // What launches, terminates or moves a member, and what changes how many there are to be, which would come true at
    // the resumption (Amazon EC2 Auto Scaling User Guide, "Suspend and resume processes").
    scaling: &[
        "AZRebalance",
        "AlarmNotification",
        "HealthCheck",
        "Launch",
        "ReplaceUnhealthy",
        "ScheduledActions",
        "Terminate",
    ],
};

const SCALABLE_TARGET: Facts = Facts {
    prefix: "scaling:",
    plural: "scalable_targets",
    calls: ("RegisterScalableTarget", "RegisterScalableTarget"),
    // Application Auto Scaling API Reference, `SuspendedState`.
    scaling: &["DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"],
    ..GROUP
};

impl Kind {
    pub const ALL: [Self; 6] =
        [Self::Server, Self::Database, Self::Cluster, Self::ContainerService, Self::Group, Self::ScalableTarget];

    pub fn facts(self) -> &'static Facts {
        match self {
            Self::Server => &SERVER,
            Self::Database => &DATABASE,
            Self::Cluster => &CLUSTER,
            Self::ContainerService => &CONTAINER_SERVICE,
            Self::Group => &GROUP,
            Self::ScalableTarget => &SCALABLE_TARGET,
        }
    }

    /// RDS keeps it.
    pub fn is_database(self) -> bool {
        matches!(self, Self::Database | Self::Cluster)
    }

    /// It would undo a stop of something else, so it is suspended before and resumed after.
    pub fn is_guard(self) -> bool {
        !self.facts().scaling.is_empty()
    }

    pub fn guards() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|kind| kind.is_guard())
    }

    /// Whether AWS gives such names to resources of the kind.
    pub fn is_name(self, name: &str) -> bool {
        match self {
            Self::Server => name.strip_prefix("i-").is_some_and(is_hexadecimal),
            Self::Database | Self::Cluster => is_database_identifier(name),
            Self::ContainerService => is_service_name(name),
            Self::Group => is_group_name(name),
            Self::ScalableTarget => name.strip_prefix("service/").is_some_and(is_service_name),
        }
    }
}

fn is_hexadecimal(digits: &str) -> bool {
    !digits.is_empty() && digits.len() <= 32 && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

/// RDS: letters, digits and hyphens, a letter first, at most 63 characters.
fn is_database_identifier(name: &str) -> bool {
    let is_plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    is_plain && name.len() <= 63 && name.starts_with(|first: char| first.is_ascii_alphabetic())
}

/// ECS: the names of the cluster and of the service, each up to 255 letters, digits, hyphens and underscores.
fn is_service_name(name: &str) -> bool {
    let is_plain = |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let is_part = |part: &str| (1..=255).contains(&part.len()) && is_plain(part);
    name.split_once('/').is_some_and(|(cluster, service)| is_part(cluster) && is_part(service))
}

/// Auto Scaling: up to 255 printable characters without a colon.
fn is_group_name(name: &str) -> bool {
    (1..=255).contains(&name.len()) && name.chars().all(|c| c != ':' && !c.is_control())
}
