//! A server as EC2 shows it: its state and its tags, from two answers.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::error::Refusal;
use crate::kind::Kind;
use crate::resource::{ResourceId, SeenResource, StatusRow};

/// EC2 puts this tag on the members of an Auto Scaling group. A group takes a member that stops for a failure,
/// terminates it and launches another.
const GROUP: &str = "aws:autoscaling:groupName";

/// One row of `ec2:DescribeTags`, its names as AWS writes them.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TagRow {
    pub resource_id: String,
    pub key: String,
    #[serde(default)]
    pub value: String,
}

/// Joins the two answers; a server without a status row is gone, and is not returned.
pub fn join(states: Vec<StatusRow>, tags: Vec<TagRow>) -> Result<Vec<SeenResource>, Refusal> {
    let mut by_server: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for row in tags {
        by_server.entry(row.resource_id).or_default().insert(row.key, row.value);
    }
    let mut seen = BTreeSet::new();
    let rows = states.into_iter().filter(|row| seen.insert(row.name.clone()));
    rows.map(|row| {
        let tags = by_server.remove(&row.name).unwrap_or_default();
        let id = ResourceId::new(Kind::Server, &row.name)?;
        let guard = tags.get(GROUP).map(|name| ResourceId::new(Kind::Group, name)).transpose()?;
        Ok(SeenResource { guard, ..SeenResource::new(id, row.state, tags) })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::State;

    #[test]
    fn a_member_is_guarded_by_its_group() {
        let row = StatusRow { name: "i-1".into(), state: State::Running, system: None, instance: None };
        let tag = TagRow { resource_id: "i-1".into(), key: GROUP.into(), value: "orders".into() };
        let [seen] = &join(vec![row], vec![tag]).unwrap()[..] else { panic!("one server") };
        assert_eq!(seen.guard.as_ref().map(ResourceId::as_str), Some("group:orders"));
    }
}
