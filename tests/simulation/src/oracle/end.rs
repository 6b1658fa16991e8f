//! What must have come about when faults have ceased for hours.

use serde_json::Value;

use super::{GRACE, newest_run};
use crate::executor::{HOUR, MINUTE, Millis, millis, now};
use crate::faults::Fault;
use crate::fleet::{Actor, Server, State};
use crate::table::plain_row;
use crate::workflow::executions::Status;
use crate::world::World;

/// Longest time from a key's last change to its servers being where they belong, with everything tried again.
const LONGEST: Millis = 90 * MINUTE;

/// Endings that nobody is told of; a run without one has not ended.
const NO_NEWS: [&str; 4] = ["", "nothing_to_do", "shutdown_superseded", "startup_superseded"];

impl World {
    /// L6: nothing is left to be mailed, for mails have been accepted for hours, and every run that came to its end and
    /// is news was mailed. One that died is an alarm of its own, and so is a mail that Amazon SES refuses.
    pub fn judge_notices(&mut self) {
        let unsent = self.table.count("OUTBOX");
        if unsent > 0 {
            self.violate(
                "L6 notice",
                &format!("{unsent} mailings are left in the outbox, and nothing keeps them there"),
            );
        }
        let ended: Vec<Value> = self.table.with_sort_key("RUN").map(|(_, row)| plain_row(row)).collect();
        for run in ended {
            let (name, ending) = (run["run"].as_str().unwrap_or_default(), run["ending"].as_str().unwrap_or_default());
            let is_kept_quiet = ending == "shutdown_cancelled" && run["flapping"] == true;
            let is_news = !NO_NEWS.contains(&ending) && !is_kept_quiet;
            let succeeded = self.executions.0.get(name).is_some_and(|it| it.status == Status::Succeeded);
            let id = format!("{}-{ending}", super::of_epoch(name));
            if is_news
                && succeeded
                && self.faults.count(Fault::MailRefused) == 0
                && !self.mails.iter().any(|mail| mail.id == id)
            {
                self.violate("L6 notice", &format!("{name} ended as {ending}, and no mail says so"));
            }
        }
    }

    /// L1 and L2 for every server, and for every group.
    pub fn judge_end(&mut self, quiet_from: Millis) {
        self.judge_groups(LONGEST);
        let ids: Vec<String> = self.fleet.keys().cloned().collect();
        for id in ids {
            let server = &self.fleet[&id];
            if !server.is_managed() {
                continue;
            }
            let uses = server.uses();
            let is_on = |key: &String| self.keys.get(key).is_none_or(|key| key.is_on());
            let settled = uses.iter().all(|key| self.keys.get(key).is_none_or(|key| now() - key.since() >= LONGEST));
            let judged = match uses.iter().find(|key| !is_on(key)) {
                _ if !settled || uses.is_empty() => Ok(()),
                Some(off) => self.judge_down(&id, server, off).map_err(|how| ("L1 down", how)),
                None => self.judge_up(&id, server, &uses, quiet_from).map_err(|how| ("L2 up", how)),
            };
            if let Err((law, how)) = judged {
                self.violate(law, &format!("{id}: {how}"));
            }
        }
    }

    /// A key that it uses is off: it is down, or named in the newest report.
    fn judge_down(&self, id: &str, server: &Server, off: &str) -> Result<(), String> {
        if matches!(server.state, State::Stopped | State::Terminated) || self.is_reported(id, &[off.to_owned()]) {
            return Ok(());
        }
        // Lockstep stops a server once for an epoch; what a user starts afterwards is the user's.
        let ends = self.off_since(off) + GRACE;
        if server.touched_at.is_some_and(|at| at >= ends) {
            return Ok(());
        }
        Err(format!("{off} is off, and it is {:?}", server.state))
    }

    /// When the key went off, as far as Lockstep can know: while it is paused, it opens no epoch, and a key that was
    /// on only then has been off all the time.
    fn off_since(&self, key: &str) -> Millis {
        let since = self.keys.get(key).map_or(0, |key| key.since());
        let Some(record) = self.key_record(key).filter(|record| record["direction"] == "shutdown") else {
            return since;
        };
        let time = |field: &str| record[field].as_str().and_then(millis);
        let is_hidden = time("resumed_at").is_some_and(|resumed| resumed >= since);
        if is_hidden { time("noticed_at").map_or(since, |noticed| noticed.min(since)) } else { since }
    }

    /// Its keys are on: it is up with its units and no hold is left, or it is named in the newest report.
    fn judge_up(&self, id: &str, server: &Server, uses: &[String], quiet_from: Millis) -> Result<(), String> {
        let is_gone = server.state == State::Terminated;
        if let Some(run) = self.reported_by(id, uses) {
            // What is in doubt is not looked at by a startup, so it is named for as long as attempts go on.
            let in_doubt = self.planned(&run, id).is_some_and(|planned| planned["treatment"]["do"] == "doubt");
            let is_left = is_gone && !in_doubt && self.hold(id).is_some();
            let is_well = server.is_ready() && server.since < quiet_from - HOUR || is_left;
            // An attempt that no fault has kept from its end tells the truth, and leaves nothing behind.
            if is_well && self.began(&run).is_some_and(|began| began > quiet_from + 10 * MINUTE) {
                return Err(format!("{run} reports it as a problem, and it is {:?}", server.state));
            }
            return Ok(());
        }
        if let Some(hold) = self.hold(id) {
            return Err(format!("a hold is left that nothing reports: {hold}"));
        }
        if server.stopped_by == Some(Actor::Lockstep) && server.state == State::Stopped {
            let is_again = server.touched_at.is_some_and(|at| at > server.since - 5 * MINUTE);
            return if is_again { Ok(()) } else { Err("it was stopped for a key, and never started again".to_owned()) };
        }
        let is_restarted = server.touched_at.is_some();
        let down = server.units.iter().find(|(_, unit)| unit.was_active == Some(true) && !unit.is_active);
        match down {
            Some((name, _)) if !is_restarted && !is_gone && !self.is_told(id, name) => {
                Err(format!("{name} was active before, and is not again"))
            }
            _ => Ok(()),
        }
    }

    /// Whether a mail has named the server and the unit as a problem.
    fn is_told(&self, id: &str, unit: &str) -> bool {
        let is_line = |line: &str| line.contains(id) && line.contains(unit) && line.contains("PROBLEM");
        self.mails.iter().chain(&self.refused_mails).any(|mail| mail.text.lines().any(is_line))
    }

    /// When the newest attempt of a run's key was opened.
    fn began(&self, run: &str) -> Option<Millis> {
        let records = self.keys.keys().filter_map(|key| self.key_record(key));
        let record = records.into_iter().find(|record| newest_run(record) == run)?;
        millis(record["tried_at"].as_str()?)
    }

    pub(super) fn is_reported(&self, id: &str, keys: &[String]) -> bool {
        self.reported_by(id, keys).is_some()
    }

    /// The newest run of one of these keys that names the server as a problem, in a mail that was sent.
    fn reported_by(&self, id: &str, keys: &[String]) -> Option<String> {
        keys.iter().find_map(|key| {
            let run = newest_run(&self.key_record(key)?);
            let planned = self.planned(&run, id)?;
            let is_problem = planned["treatment"]["do"] == "doubt"
                || planned["outcome"]["is"] == "not_done"
                || planned["services"]["is"] == "not_done"
                || planned["untold"].as_array().is_some_and(|units| !units.is_empty());
            (is_problem && self.is_mailed(&run, id)).then_some(run)
        })
    }

    fn is_mailed(&self, run: &str, id: &str) -> bool {
        let epoch = super::of_epoch(run);
        let mut mails = self.mails.iter().chain(&self.refused_mails);
        let name = id.split_once(':').map_or(id, |(_, name)| name);
        mails.any(|mail| mail.id.starts_with(epoch) && mail.text.contains(name))
    }

    /// Whether every key's newest run has ended and nothing is to be tried again: from here on all is still.
    pub fn is_at_rest(&self) -> bool {
        let is_over = |record: Value| {
            let run = self.table.plain(&format!("RUN#{}", newest_run(&record)), "RUN");
            run.is_none_or(|run| !run["ending"].is_null() && run["worth_another_try"] != true)
        };
        self.keys.keys().filter_map(|key| self.key_record(key)).all(is_over)
            && self.executions.running().next().is_none()
    }
}
