//! A resource that Lockstep stops and starts: its kind, its id, its state, and what its tags ask of us.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::app::AppName;
use crate::error::Refusal;
use crate::kind::Kind;
use crate::unit::{UnitName, parse_units};

mod status;

pub use status::StatusRow;

/// As the ledger has it: `i-` and hexadecimal digits, or what AWS calls it after the prefix of its kind, such as
/// `db:<DBInstanceIdentifier>` or `ecs:<cluster>/<service>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResourceId(String);

impl ResourceId {
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let kind = Self::kind_of(text);
        if kind.is_name(&text[kind.facts().prefix.len()..]) {
            return Ok(Self(text.to_owned()));
        }
        let remedy = "give an id such as i-0123456789abcdef0, db:orders-1 or cluster:orders";
        Err(Refusal::new("bad_resource_id", "resource", text, remedy))
    }

    /// The id of what AWS calls `name`.
    pub fn new(kind: Kind, name: &str) -> Result<Self, Refusal> {
        Self::parse(&format!("{}{name}", kind.facts().prefix))
    }

    fn kind_of(text: &str) -> Kind {
        let is_of = |kind: &Kind| !kind.facts().prefix.is_empty() && text.starts_with(kind.facts().prefix);
        Kind::ALL.into_iter().find(is_of).unwrap_or(Kind::Server)
    }

    pub fn kind(&self) -> Kind {
        Self::kind_of(&self.0)
    }

    /// What AWS calls it.
    pub fn name(&self) -> &str {
        &self.0[self.kind().facts().prefix.len()..]
    }

    /// What a person calls it.
    pub fn shown(&self) -> &str {
        match self.kind() {
            Kind::ScalableTarget => self.name().strip_prefix("service/").unwrap_or_default(),
            _ => self.name(),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ResourceId {
    type Error = Refusal;
    fn try_from(text: String) -> Result<Self, Refusal> {
        Self::parse(&text)
    }
}

impl From<ResourceId> for String {
    fn from(id: ResourceId) -> Self {
        id.0
    }
}

/// EC2's names of an instance's states, and what RDS calls the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    #[serde(alias = "starting")]
    Pending,
    #[serde(alias = "available")]
    Running,
    Stopping,
    Stopped,
    #[serde(alias = "deleting")]
    ShuttingDown,
    Terminated,
    /// RDS has noticed that its key is off and has taken it down; a start brings it back within 7 days.
    #[serde(rename = "inaccessible-encryption-credentials-recoverable")]
    Inaccessible,
    /// RDS cannot bring it back; a backup can.
    #[serde(rename = "inaccessible-encryption-credentials")]
    Lost,
    /// Any other of RDS's states: neither a stop nor a start is accepted in it.
    #[serde(other)]
    Busy,
}

impl State {
    pub fn is_gone(self) -> bool {
        matches!(self, Self::ShuttingDown | Self::Terminated)
    }

    /// It does its work, or is about to.
    pub fn is_up(self) -> bool {
        matches!(self, Self::Running | Self::Pending | Self::Busy)
    }

    /// It does not, and a start would change that.
    pub fn is_down(self) -> bool {
        matches!(self, Self::Stopped | Self::Inaccessible)
    }
}

/// A resource that may depend on a key, as seen in one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenResource {
    pub id: ResourceId,
    pub state: State,
    pub tags: BTreeMap<String, String>,
    /// Why it is not stopped although it uses the key.
    pub unfit: Option<Unfit>,
    /// When AWS starts it again by itself, if it does.
    pub restarts_at: Option<Timestamp>,
    /// What would undo a stop of it.
    pub guard: Option<ResourceId>,
    pub settings: Settings,
}

impl SeenResource {
    /// One that stops and starts by its own calls, and nothing but those.
    pub fn new(id: ResourceId, state: State, tags: BTreeMap<String, String>) -> Self {
        Self { id, state, tags, unfit: None, restarts_at: None, guard: None, settings: Settings::default() }
    }
}

/// The settings of a resource that a stop changes, as they were before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// What was suspended already, of what a guard does by itself.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub suspended: BTreeSet<String>,
    /// How many tasks the owner of an ECS service wants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
}

/// A tag as RDS and Auto Scaling show it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    pub key: String,
    #[serde(default)]
    pub value: String,
}

pub fn tags_of(rows: Vec<Tag>) -> BTreeMap<String, String> {
    rows.into_iter().map(|tag| (tag.key, tag.value)).collect()
}

/// What keeps a managed resource from being stopped, seen before anything is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// Nobody can stop it, or we must not; somebody should know.
    Cannot(String),
    /// It stops and starts with its cluster.
    PartOf,
    /// It stops and starts with its servers.
    Daemon,
    /// Its storage uses another key, and it follows a database that may use this one.
    Follows(ResourceId),
}

/// What a resource's tags ask of us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opted {
    In {
        app: AppName,
        units: Vec<UnitName>,
        tier: i32,
    },
    /// No `lockstep:app`: never touched, always named.
    Out,
    /// `lockstep:exclude` is `true`: never touched, always wins.
    Excluded,
    /// A tag that cannot be read: never touched, and the report says which and why.
    Unreadable(Refusal),
}

pub fn opted(kind: Kind, tags: &BTreeMap<String, String>) -> Opted {
    if tags.get("lockstep:exclude").is_some_and(|value| value.trim().eq_ignore_ascii_case("true")) {
        return Opted::Excluded;
    }
    let Some(app) = tags.get("lockstep:app") else { return Opted::Out };
    let read = || -> Result<Opted, Refusal> {
        let named = tags.get("lockstep:services").filter(|_| kind == Kind::Server);
        let units = parse_units(named.map_or("", String::as_str))?;
        let tier = parse_tier(tags.get("lockstep:tier").map_or("0", String::as_str))?;
        Ok(Opted::In { app: AppName::parse(app)?, units, tier })
    };
    read().unwrap_or_else(Opted::Unreadable)
}

fn parse_tier(text: &str) -> Result<i32, Refusal> {
    let tier = text.trim().parse().ok().filter(|tier| (-1000..=1000).contains(tier));
    tier.ok_or_else(|| Refusal::new("bad_tier", "lockstep:tier", text, "give a whole number from -1000 to 1000"))
}

#[cfg(test)]
mod tests;
