//! What would make the real day fail, found before it: facts in, findings out, each with its remedy.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::app::AppName;
use crate::key::KeyArn;
use crate::plan::PlannedResource;
use crate::preview::{Fate, Group};
use crate::report::{Line, Said, line};
use crate::run::Direction;
use crate::standing::LastSweep;
use crate::text::shortened;

mod seen;
mod trails;

pub use seen::{Account, Identity, Rule, Seen, SeenServers, Wrong};
pub use trails::Trail;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Short name in snake case; scripts match on it.
    pub check: &'static str,
    pub severity: Severity,
    /// What was seen.
    pub value: String,
    pub remedy: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The real day fails, or part of it.
    Fails,
    /// It goes well, but not as well as it could.
    Advice,
}

impl Finding {
    fn fails(check: &'static str, value: impl AsRef<str>, remedy: impl Into<String>) -> Self {
        Self { check, severity: Severity::Fails, value: shortened(value.as_ref(), 400), remedy: remedy.into() }
    }

    fn advice(check: &'static str, value: impl AsRef<str>, remedy: impl Into<String>) -> Self {
        Self { severity: Severity::Advice, ..Self::fails(check, value, remedy) }
    }
}

/// Of the warnings about a key, those that make nothing fail: rotation is only recommended, and a dry run of a grant
/// that is refused proves nothing.
pub fn is_only_advice(warning: &str) -> bool {
    ["rotation_", "grant_not_proven"].iter().any(|advice| warning.starts_with(advice))
}

/// A watched key, as its check and its plan found it.
#[derive(Debug, Clone)]
pub struct CheckedKey {
    pub key: KeyArn,
    pub paused: bool,
    /// The rule that refuses the key, its value and its remedy.
    pub refused: Option<String>,
    pub warnings: Vec<String>,
    /// Of the preview; empty if there is none.
    pub groups: Vec<Group>,
    /// Why there is no preview.
    pub unplanned: Option<String>,
    /// The lines of its newest run, if that was a startup: what could not be started then may not start next time.
    pub last_startup: Vec<PlannedResource>,
}

/// Everything that was looked at.
#[derive(Debug, Clone)]
pub struct Facts {
    pub seen: Seen,
    /// Empty if the ledger has no row of it.
    pub last_sweep: Option<LastSweep>,
    pub keys: Vec<CheckedKey>,
    /// Apps with admins.
    pub apps: BTreeSet<AppName>,
    /// Servers that run and whose units were to be looked at.
    pub asked: BTreeSet<String>,
}

/// Every finding, what fails before what is advice.
pub fn findings(facts: &Facts, now: Timestamp) -> Vec<Finding> {
    let mut all = seen::unseen(&facts.seen);
    all.extend(trails::findings(&facts.seen));
    all.extend(seen::mail(&facts.seen));
    all.extend(sweep(facts, now));
    all.extend(seen::servers(&facts.seen, &facts.asked));
    if facts.keys.is_empty() {
        all.push(Finding::fails("nothing_watched", "no key is watched", "watch one with `lockstep key add ARN`"));
    }
    all.extend(facts.keys.iter().flat_map(key));
    all.extend(facts.keys.iter().flat_map(|checked| not_started(checked, now)));
    all.extend(without_admins(facts));
    all.sort_by_key(|finding| finding.severity);
    all
}

fn sweep(facts: &Facts, now: Timestamp) -> Vec<Finding> {
    let rules = [
        ("sweep_disabled", &facts.seen.sweep, "missed events are found no more"),
        ("key_events_disabled", &facts.seen.key_events, "changes of keys are seen by the sweep only"),
    ];
    let off = rules.into_iter().filter_map(|(check, rule, effect)| {
        let rule = rule.as_ref().filter(|rule| !rule.is_enabled())?;
        let remedy = format!("enable it with `aws events enable-rule --name {}`; until then {effect}", rule.name);
        Some(Finding::fails(check, format!("rule {} is {}", rule.name, rule.state), remedy))
    });
    let mut found: Vec<Finding> = off.collect();
    let every = facts.seen.sweep.as_ref().and_then(Rule::every);
    if let (Some(last), Some(every)) = (facts.last_sweep, every) {
        let ago = now.duration_since(last.at);
        if ago > every * 2 + SignedDuration::from_mins(2) {
            let value =
                format!("the last sweep was {} minutes ago, and one is due every {}", ago.as_mins(), every.as_mins());
            let remedy = "read the log of SweepKeysFunction; it may be throttled, or its permission is gone";
            found.push(Finding::fails("sweep_stopped", value, remedy));
        }
        if last.failed > 0 {
            let value = format!("the last sweep could not follow {} of the keys", last.failed);
            found.push(Finding::fails(
                "sweep_failed",
                value,
                "read the log of SweepKeysFunction; it names each and why",
            ));
        }
    }
    found
}

fn key(checked: &CheckedKey) -> Vec<Finding> {
    let id = checked.key.id();
    let mut found = Vec::new();
    if checked.paused {
        let remedy = format!("resume it with `lockstep resume {id}`");
        found.push(Finding::fails("key_paused", format!("key {id} is paused"), remedy));
    }
    if let Some(refused) = &checked.refused {
        // The refusal has its own remedy.
        let (value, remedy) = refused.rsplit_once("; ").unwrap_or((refused.as_str(), "see `lockstep key check`"));
        found.push(Finding::fails("key_refused", format!("key {id}: {value}"), remedy));
    }
    for warning in &checked.warnings {
        let finding = if is_only_advice(warning) { Finding::advice } else { Finding::fails };
        let (value, remedy) = warning.rsplit_once("; ").unwrap_or((warning.as_str(), "see `lockstep key check`"));
        found.push(finding("key_warning", format!("key {id}: {value}"), remedy));
    }
    if let Some(why) = &checked.unplanned {
        let remedy = "see why with `lockstep plan`; a shutdown whose search fails stops nothing";
        found.push(Finding::fails("no_plan", format!("key {id}: {why}"), remedy));
    }
    found.extend(checked.groups.iter().filter_map(|group| of_group(id, group)));
    found
}

/// A grant that is missing, a capacity that was not there: the newest startup has met them.
fn not_started(checked: &CheckedKey, now: Timestamp) -> Vec<Finding> {
    let lines = checked.last_startup.iter().map(|resource| line(resource, Direction::Startup, false, now));
    let problem = |line: Line| match line.said {
        Said::Problem(reason) => {
            let value = format!("key {}: {}: {reason}", checked.key.id(), line.id);
            let remedy = "put right what the reason names and start it once; the next startup may fare the same";
            Some(Finding::fails("not_started", value, remedy))
        }
        _ => None,
    };
    lines.filter_map(problem).collect()
}

/// What a plan leaves running although it uses the key, or cannot vouch for.
fn of_group(key: &str, group: &Group) -> Option<Finding> {
    let names: Vec<&str> = group.members.iter().map(|member| member.id.shown()).collect();
    let value = |what: &str| format!("key {key}: {} {what}", seen::named(&names));
    match group.fate {
        Fate::NotManaged => {
            let remedy = "tag it lockstep:app=<app>, or lockstep:exclude=true if it is to stay up without its key";
            Some(Finding::fails("not_managed", value("without the tag lockstep:app"), remedy))
        }
        Fate::InDoubt => {
            let reason = group.reason.as_deref().unwrap_or_default();
            let remedy = "put right what the reason names; until then it stays as it is, and the run is incomplete";
            Some(Finding::fails("unstoppable", value(reason), remedy))
        }
        Fate::OnAnotherKey => {
            let remedy = "encrypt it with the key of what it follows, by a copy of a snapshot";
            Some(Finding::fails(
                "follower_on_another_key",
                value("follows what uses the key, on a key of its own"),
                remedy,
            ))
        }
        _ => None,
    }
}

fn without_admins(facts: &Facts) -> Vec<Finding> {
    let touched = facts.keys.iter().flat_map(|key| &key.groups);
    let mut apps: BTreeMap<&AppName, usize> = BTreeMap::new();
    for group in touched.filter(|group| matches!(group.fate, Fate::Stopped | Fate::Joined | Fate::InDoubt)) {
        if let Some(app) = group.app.as_ref().filter(|app| !facts.apps.contains(*app)) {
            *apps.entry(app).or_default() += group.members.len();
        }
    }
    let of = |(app, resources): (&AppName, usize)| {
        let value = format!("app {app} has no admins and {resources} of what uses the key; the operator is mailed");
        Finding::advice(
            "no_admins",
            value,
            format!("name them with `lockstep app set {app:?} ADDRESS`", app = app.as_str()),
        )
    };
    apps.into_iter().map(of).collect()
}

#[cfg(test)]
mod tests;
