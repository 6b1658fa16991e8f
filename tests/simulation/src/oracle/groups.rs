//! Laws of Auto Scaling groups: nothing under a group at work is stopped, and none is left suspended.

use super::Confirmation;
use super::fleet::Act;
use super::servers::Judged;
use crate::executor::now;
use crate::fleet::groups::{self, GROUP};
use crate::fleet::server::is_managed;
use crate::world::World;

impl World {
    pub(super) fn judge_group(&self, act: Act, id: &str, told: &Confirmation) -> Judged {
        let group = id.strip_prefix(GROUP).and_then(|name| self.groups.get(name));
        let Some(group) = group else { return Ok(()) };
        if !is_managed(&group.tags) {
            return Err(("S15 scope", "the group is not managed".to_owned()));
        }
        self.judge_hold(act, id, told)
    }

    /// A member stops only under a group that replaces nothing.
    pub(super) fn judge_guard(&self, id: &str) -> Judged {
        let group = self.fleet.get(id).and_then(|server| server.group()).and_then(|name| self.groups.get(name));
        match group {
            Some(group) if group.replaces() => Err(("S22 nothing is replaced", "its group is at work".to_owned())),
            _ => Ok(()),
        }
    }

    /// L2 for groups: every key of a member is on, so it is as it was, or the newest report names it.
    pub(super) fn judge_groups(&mut self, longest: i64) {
        let names: Vec<String> = self.groups.keys().cloned().collect();
        for name in names {
            let mut uses: Vec<String> = groups::members(self, &name).flat_map(|(_, server)| server.uses()).collect();
            uses.extend(self.hold(&format!("{GROUP}{name}")).into_iter().flat_map(|hold| {
                let keys = hold["keys"].as_array().cloned().unwrap_or_default();
                keys.into_iter().filter_map(|key| key.as_str().map(str::to_owned))
            }));
            let settled =
                |key: &String| self.keys.get(key).is_none_or(|key| key.is_on() && now() - key.since() >= longest);
            let group = &self.groups[&name];
            let is_back = group.suspended == group.before;
            if !is_back && uses.iter().all(settled) && !self.is_reported(&format!("{GROUP}{name}"), &uses) {
                let how = format!("{name} is still suspended: {:?}", group.suspended);
                self.violate("L2 up", &how);
            }
        }
    }
}
