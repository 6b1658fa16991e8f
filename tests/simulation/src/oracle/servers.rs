//! Laws of the calls that change the fleet: what is known of each server.

use serde_json::{Value, json};

use super::Confirmation;
use super::fleet::Act;
use crate::executor::{MINUTE, SECOND, now};
use crate::fleet::{Actor, DATABASE, State};
use crate::workflow::interpreter::Place;
use crate::world::World;

pub(super) type Judged = Result<(), (&'static str, String)>;

impl World {
    pub(super) fn judge_server(&self, act: Act, id: &str, units: &[String], told: &Confirmation) -> Judged {
        let Some(server) = self.fleet.get(id) else { return self.judge_group(act, id, told) };
        if !server.is_managed() {
            return Err(("S15 scope", "it is not managed".to_owned()));
        }
        if !told.versions.contains_key(id) {
            return Err(("S6 write ahead", "nothing was confirmed for it".to_owned()));
        }
        self.judge_hold(act, id, told)?;
        match act {
            Act::StopUnits => self.judge_guard(id),
            Act::StopServer => self.judge_guard(id).and(self.judge_order_down(id, told)),
            Act::StartServer => self.judge_ownership(id),
            Act::StartUnits => self.judge_units(id, units),
            Act::Suspend | Act::Resume => Ok(()),
        }
    }

    /// S6 and S8: the hold says what is about to be done. What another key's run has written since it was
    /// confirmed is the window that cannot be closed (R2).
    pub(super) fn judge_hold(&self, act: Act, id: &str, told: &Confirmation) -> Judged {
        let hold = self.hold(id);
        let version = hold.as_ref().and_then(|hold| hold["version"].as_i64()).unwrap_or(0);
        if told.versions.get(id) != Some(&version) {
            return Ok(());
        }
        let Some(hold) = hold else { return Err(("S6 write ahead", "the ledger has no hold of it".to_owned())) };
        let own = match act {
            Act::StopServer | Act::Suspend => Some("intent"),
            Act::StartServer | Act::Resume => Some("starting"),
            Act::StopUnits | Act::StartUnits => None,
        };
        let keys = hold["keys"].as_array().cloned().unwrap_or_default();
        if !keys.contains(&json!(told.key)) || own.is_some_and(|own| hold["own"] != own || hold["run"] != *told.run) {
            return Err(("S6 write ahead", format!("its hold says {hold}")));
        }
        if hold["prior"].is_null() {
            return Err(("S6 write ahead", "its hold has no prior state".to_owned()));
        }
        if !act.is_stop() && keys.len() != 1 {
            return Err(("S8 all keys", format!("it is held by {keys:?}")));
        }
        Ok(())
    }

    /// S5: every unit is down, or was given up, and the report says so.
    fn judge_order_down(&self, id: &str, told: &Confirmation) -> Judged {
        let planned = self.planned(&told.run, id).unwrap_or_default();
        let server = &self.fleet[id];
        let is_up = |unit: &&Value| unit.as_str().and_then(|unit| server.units.get(unit)).is_some_and(|u| u.is_active);
        let up: Vec<&Value> = planned["units"].as_array().into_iter().flatten().filter(is_up).collect();
        if !up.is_empty() && planned["services"]["is"] != "not_done" {
            return Err(("S5 order down", format!("{up:?} are active, and the plan says {}", planned["services"])));
        }
        Ok(())
    }

    /// S7: a server is ours to start if we took it down, and it was not seen up since.
    fn judge_ownership(&self, id: &str) -> Judged {
        let server = &self.fleet[id];
        if server.state != State::Stopped || server.stopped_by == Some(Actor::Lockstep) {
            return Ok(());
        }
        // A user who starts and stops what we stopped, between two looks, cannot be told from nobody.
        let ours = self.oracle.our_stop.get(id);
        let seen = self.oracle.seen_up.get(id);
        if ours.is_some_and(|ours| seen.is_none_or(|seen| seen <= ours)) {
            return Ok(());
        }
        Err(("S7 ownership", format!("it was stopped by {:?}", server.stopped_by)))
    }

    fn judge_units(&self, id: &str, units: &[String]) -> Judged {
        let server = &self.fleet[id];
        let slack = 10 * SECOND + self.delays(now() - MINUTE);
        let is_restarted = server.touched_at.is_some_and(|at| now() - at < 10 * MINUTE);
        if !server.was_ready_since(now() - slack) && !is_restarted {
            let (state, checked, online) = (server.state, server.is_checked, server.is_online);
            return Err(("S9 order up", format!("it is {state:?}, checked {checked}, online {online}")));
        }
        let is_ours = |name: &&String| {
            server.units.get(*name).is_some_and(|unit| unit.is_active || unit.was_active == Some(true))
        };
        match units.iter().find(|name| !is_ours(name)) {
            Some(name) => Err(("S7 ownership", format!("{name} was not active before"))),
            None => Ok(()),
        }
    }

    /// Remembers what was before the first call.
    pub(super) fn note_act(&mut self, act: Act, id: &str, units: &[String]) {
        let Some(server) = self.fleet.get_mut(id) else { return };
        if act == Act::StopServer && server.state.is_up() {
            self.oracle.our_stop.insert(id.to_owned(), now());
        }
        if act.is_stop() {
            for (name, unit) in &mut server.units {
                if act == Act::StopServer || units.contains(name) {
                    unit.was_active.get_or_insert(unit.is_active);
                }
            }
        }
    }

    /// An answer has shown states of servers. One that is `pending` may be on its way back to `stopped` (R3).
    ///
    /// A search shows every database, and a run reads only those of its key.
    pub fn see_answer(&mut self, call: &str, answer: &Value, place: &Place) {
        let is_read = |row: &&Value| {
            let key = row["KmsKeyId"].as_str().and_then(|arn| arn.rsplit('/').next()).unwrap_or_default();
            row["DbInstanceStatus"] == "available" && place.run.starts_with(&format!("{key}-"))
        };
        for row in answer["DbInstances"].as_array().into_iter().flatten().filter(is_read) {
            let name = row["DbInstanceIdentifier"].as_str().unwrap_or_default();
            self.oracle.seen_up.insert(format!("{DATABASE}{name}"), now());
        }
        if call != "ec2:describeInstanceStatus" {
            return;
        }
        for row in answer["InstanceStatuses"].as_array().into_iter().flatten() {
            if let Some(id) = row["InstanceId"].as_str().filter(|_| row["InstanceState"]["Name"] == "running") {
                self.oracle.seen_up.insert(id.to_owned(), now());
            }
        }
    }
}
