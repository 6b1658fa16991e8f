//! A server as EC2 shows it: its state and its `lockstep:` tags, read into types.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::app::AppName;
use crate::error::Refusal;
use crate::unit::{UnitName, parse_units};

/// `i-` and hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServerId(String);

impl ServerId {
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let digits = text.strip_prefix("i-").unwrap_or_default();
        if !digits.is_empty() && digits.len() <= 32 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Ok(Self(text.to_owned()));
        }
        Err(Refusal::new("bad_server_id", "server", text, "give an EC2 instance id such as i-0123456789abcdef0"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ServerId {
    type Error = Refusal;
    fn try_from(text: String) -> Result<Self, Refusal> {
        Self::parse(&text)
    }
}

impl From<ServerId> for String {
    fn from(id: ServerId) -> Self {
        id.0
    }
}

/// EC2's instance state names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServerState {
    Pending,
    Running,
    Stopping,
    Stopped,
    ShuttingDown,
    Terminated,
}

impl ServerState {
    pub fn is_gone(self) -> bool {
        matches!(self, Self::ShuttingDown | Self::Terminated)
    }
}

/// One row of `ec2:DescribeTags`, its names as AWS writes them.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TagRow {
    pub resource_id: String,
    pub key: String,
    #[serde(default)]
    pub value: String,
}

/// The fields of one row of `ec2:DescribeInstanceStatus` that the workflow hands on.
#[derive(Debug, Clone, Deserialize)]
pub struct StatusRow {
    pub server: ServerId,
    pub state: ServerState,
    /// `ok`, `initializing`, `impaired`, `insufficient-data` or `not-applicable`.
    #[serde(default)]
    pub system: Option<String>,
    #[serde(default)]
    pub instance: Option<String>,
}

/// A server that may depend on a key, as seen in one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenServer {
    pub server: ServerId,
    pub state: ServerState,
    pub tags: BTreeMap<String, String>,
}

/// Joins the two answers; a server without a status row is gone, and is not returned.
pub fn join(states: Vec<StatusRow>, tags: Vec<TagRow>) -> Vec<SeenServer> {
    let mut by_server: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for row in tags {
        by_server.entry(row.resource_id).or_default().insert(row.key, row.value);
    }
    let mut seen = BTreeSet::new();
    states
        .into_iter()
        .filter(|row| seen.insert(row.server.clone()))
        .map(|row| SeenServer {
            tags: by_server.remove(row.server.as_str()).unwrap_or_default(),
            server: row.server,
            state: row.state,
        })
        .collect()
}

/// What a server's tags ask of us.
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

pub fn opted(tags: &BTreeMap<String, String>) -> Opted {
    if tags.get("lockstep:exclude").is_some_and(|value| value.trim().eq_ignore_ascii_case("true")) {
        return Opted::Excluded;
    }
    let Some(app) = tags.get("lockstep:app") else { return Opted::Out };
    let read = || -> Result<Opted, Refusal> {
        let units = parse_units(tags.get("lockstep:services").map_or("", String::as_str))?;
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
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn without_the_app_tag_a_server_is_not_ours() {
        assert_eq!(opted(&tags(&[("lockstep:services", "a.service")])), Opted::Out);
    }

    #[test]
    fn exclude_always_wins() {
        assert_eq!(opted(&tags(&[("lockstep:app", "orders"), ("lockstep:exclude", "TRUE")])), Opted::Excluded);
    }

    #[test]
    fn units_are_kept_in_tag_order() {
        let Opted::In { units, tier, .. } = opted(&tags(&[
            ("lockstep:app", "orders"),
            ("lockstep:services", "z.service  a.service"),
            ("lockstep:tier", "2"),
        ])) else {
            panic!("opted in")
        };
        assert_eq!(units.iter().map(UnitName::as_str).collect::<Vec<_>>(), ["z.service", "a.service"]);
        assert_eq!(tier, 2);
    }

    #[test]
    fn a_tag_that_cannot_be_read_leaves_the_server_alone_and_says_why() {
        for (tag, value, rule) in
            [("lockstep:services", "a.service; rm", "bad_unit_name"), ("lockstep:tier", "first", "bad_tier")]
        {
            let Opted::Unreadable(refusal) = opted(&tags(&[("lockstep:app", "orders"), (tag, value)])) else {
                panic!("{tag} {value}")
            };
            assert_eq!(refusal.rule, rule);
        }
    }
}
