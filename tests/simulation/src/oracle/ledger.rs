//! Laws of the ledger: every write is judged by what it changes.

use serde_json::Value;

use super::{Look, newest_run};
use crate::executor::{MINUTE, now};
use crate::fleet::State;
use crate::table::{Address, Row, plain_row};
use crate::world::World;

type Judged = Result<(), (&'static str, String)>;

impl World {
    /// A row was written by an invocation.
    pub fn see_write(&mut self, by: u64, (pk, sk): &Address, before: Option<&Row>, after: Option<&Row>) {
        let judged = if sk == "KEY" && pk.starts_with("KEY#") {
            self.see_key(by, before, after)
        } else if sk == "HOLD" {
            self.see_hold(by, before, after)
        } else if sk.starts_with("RESOURCE#") {
            self.see_outcome(pk, before, after)
        } else {
            Ok(())
        };
        if let Err((law, how)) = judged {
            self.violate(law, &format!("{pk}: {how}"));
        }
    }

    /// S22 and S3: epochs and attempts count up by one, and an epoch begins with a look that asks for it.
    fn see_key(&mut self, by: u64, before: Option<&Row>, after: Option<&Row>) -> Judged {
        let Some(after) = after.map(plain_row) else { return Ok(()) };
        let key = after["key"].as_str().unwrap_or_default().to_owned();
        self.note(|| format!("{key} is now at {}", newest_run(&after)));
        self.oracle.key_changed.insert(key.clone(), now());
        let Some(before) = before.map(plain_row) else { return Ok(()) };
        let count = |row: &Value| (row["epoch"].as_i64().unwrap_or(-1), row["attempt"].as_i64().unwrap_or(-1));
        let ((epoch, attempt), (next_epoch, next_attempt)) = (count(&before), count(&after));
        match (next_epoch - epoch, next_attempt - attempt) {
            (0, 0 | 1) => return Ok(()),
            (1, _) if next_attempt == 1 => {}
            _ => {
                return Err((
                    "S22 monotonic epochs",
                    format!("{} follows {}", newest_run(&after), newest_run(&before)),
                ));
            }
        }
        let looks = self.invocations.get(by).map(|invocation| invocation.looks.as_slice()).unwrap_or_default();
        let Some((_, at, look)) = looks.iter().rev().find(|(seen, _, _)| *seen == key) else {
            return Err(("S2 fresh look", "an epoch was opened without a look".to_owned()));
        };
        let wanted = if after["direction"] == "shutdown" { Look::Off } else { Look::On };
        if *look != wanted {
            return Err(("S3 unknown is not off, and not on", format!("{} opens on {look:?}", newest_run(&after))));
        }
        self.oracle.noticed.insert(format!("{key}#{next_epoch}"), *at);
        Ok(())
    }

    /// S10 and S12: only the newest run lets go or joins, and what was before stays.
    fn see_hold(&mut self, by: u64, before: Option<&Row>, after: Option<&Row>) -> Judged {
        let (before, after) = (before.map(plain_row), after.map(plain_row));
        let known = after.as_ref().or(before.as_ref()).cloned().unwrap_or_default();
        let server = known["id"].as_str().unwrap_or_default().to_owned();
        self.note(|| format!("hold of {server}: {}", after.as_ref().unwrap_or(&Value::Null)));
        let (run, key) = match self.invocations.get(by) {
            Some(invocation) => (invocation.run.clone(), invocation.key.clone()),
            None => return Err(("S6 write ahead", "a hold is written by nobody".to_owned())),
        };
        let keys = |hold: &Option<Value>| -> Vec<Value> {
            hold.as_ref().and_then(|hold| hold["keys"].as_array().cloned()).unwrap_or_default()
        };
        let (held, holds) = (keys(&before), keys(&after));
        let changed: Vec<&Value> = held
            .iter()
            .filter(|key| !holds.contains(key))
            .chain(holds.iter().filter(|key| !held.contains(key)))
            .collect();
        // What is terminated is nobody's any more: the run that sees it gone closes its hold for all keys.
        let is_gone = after.is_none() && self.fleet.get(&server).is_some_and(|it| it.state == State::Terminated);
        if !is_gone && changed.iter().any(|changed| **changed != *key) {
            return Err(("S8 all keys", format!("{run} changes that {changed:?} hold it")));
        }
        let own = |hold: &Option<Value>| hold.as_ref().map_or(Value::Null, |hold| hold["own"].clone());
        // An intent that is taken back is none.
        let was = before.as_ref().map_or(Value::Null, |hold| hold["was"].clone());
        let is_intent = ["intent", "starting"].iter().any(|intent| own(&after) == *intent)
            && own(&after) != own(&before)
            && !(own(&before) == "intent" && own(&after) == was);
        let newest = newest_run(&self.key_record(&key).unwrap_or_default());
        if (!changed.is_empty() || is_intent) && newest != run {
            return Err(("S10 one writer", format!("{run} writes a hold although {newest} has begun")));
        }
        let Some(after) = after else {
            if let Some(server) = self.fleet.get_mut(&server) {
                // The document keeps what a unit was until it is started again, and so does the oracle.
                server.units.values_mut().filter(|unit| unit.is_active).for_each(|unit| unit.was_active = None);
            }
            return Ok(());
        };
        let Some(before) = before else { return Ok(()) };
        let units = before["unit_priors"].as_object().into_iter().flatten();
        if before["prior"] != after["prior"] || units.into_iter().any(|(unit, was)| after["unit_priors"][unit] != *was)
        {
            return Err(("S12 prior is written once", format!("{before} becomes {after}")));
        }
        let version = |hold: &Value| hold["version"].as_i64().unwrap_or(0);
        if version(&after) != version(&before) + 1 {
            return Err(("S10 one writer", format!("a write of {server} was overwritten unread")));
        }
        Ok(())
    }

    /// S18: what is written down as done is so, or was minutes ago.
    fn see_outcome(&mut self, pk: &str, before: Option<&Row>, after: Option<&Row>) -> Judged {
        let Some(planned) = after.map(plain_row) else { return Ok(()) };
        if before.map(plain_row).is_some_and(|before| before["outcome"] == planned["outcome"]) {
            return Ok(());
        }
        let id = planned["id"].as_str().unwrap_or_default();
        let Some(server) = self.fleet.get(id) else { return Ok(()) };
        if planned["outcome"]["is"] != "done" || planned["treatment"]["do"] == "release" {
            return Ok(());
        }
        let (is_so, was_so) = match pk.contains("-shutdown-") {
            true => (server.state == State::Stopped, server.stopped_until),
            false => (server.is_up_and_checked(), server.checked_until),
        };
        if is_so || now().saturating_sub(was_so) < 3 * MINUTE + self.delays(now() - MINUTE) {
            return Ok(());
        }
        Err(("S18 accepted is not done", format!("{id} is written down as done, and is {:?}", server.state)))
    }
}
