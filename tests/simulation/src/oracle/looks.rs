//! What invocations have seen of keys, and what came of it.

use serde_json::Value;

use super::{Confirmation, Look};
use crate::executor::now;
use crate::fleet::DATABASE;
use crate::functions::Function;
use crate::functions::lambda::Invocation;
use crate::world::World;

impl World {
    /// DescribeKey has answered an invocation.
    pub fn see_look(&mut self, by: u64, key: &str, look: Look) {
        self.note(|| format!("invocation {by} sees {key} {look:?}"));
        if let Some(invocation) = self.invocations.get_mut(by) {
            invocation.looks.push((key.to_owned(), now(), look));
        }
    }

    /// An invocation has come to its end and answered: what it saw counts as seen, for it could write that down.
    pub fn ended_well(&mut self, invocation: &Invocation, answer: &Value) {
        for (key, at, look) in &invocation.looks {
            if *look == Look::On {
                self.oracle.seen_on.entry(key.clone()).or_default().push((*at, now()));
            }
        }
        let Some(place) = &invocation.place else { return };
        if invocation.function != Function::ConfirmBatch || answer["verdict"] != "go" {
            return;
        }
        let Some((_, looked_at, look)) = invocation.looks.last() else {
            return self.violate("S2 fresh look", &format!("{} goes without a look at its key", invocation.run));
        };
        let names = answer["resources"].as_array().into_iter().flatten().filter_map(|name| name.as_str());
        let id = |name: &str| [name.to_owned(), format!("{DATABASE}{name}")];
        let is_known = |id: &String| self.fleet.contains_key(id);
        let ids = names.filter_map(|name| id(name).into_iter().find(is_known));
        let version = |id: &str| self.hold(id).and_then(|hold| hold["version"].as_i64()).unwrap_or(0);
        let confirmation = Confirmation {
            run: invocation.run.clone(),
            key: invocation.key.clone(),
            looked_at: *looked_at,
            look: *look,
            versions: ids
                .map(|id| {
                    let version = version(&id);
                    (id, version)
                })
                .collect(),
        };
        self.oracle.confirmations.insert(place.child, confirmation);
    }
}
