//! `lockstep doctor`: everything that would make the real day fail.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use lockstep_aws::clock;
use lockstep_domain::checkup::{CheckedKey, Facts, Finding, Seen, Severity, findings};
use lockstep_domain::epoch::KeyRecord;
use lockstep_domain::key::KeyArn;
use lockstep_domain::kind::Kind;
use lockstep_domain::plan::{PlannedResource, Treatment};
use lockstep_domain::resource::State;
use lockstep_domain::run::Direction;
use serde::Serialize;
use serde_json::{Value, json};

use crate::deployed::Deployed;
use crate::report::Report;
use crate::tables::{bad, count, good, odd};
use crate::trouble::Trouble;
use crate::{keys, plan, wait};

/// One command names at most 50 servers.
const SERVERS_AT_ONCE: usize = 50;

#[derive(Debug, Serialize)]
struct Checkup {
    checked_at: Timestamp,
    keys: Vec<KeyArn>,
    servers: usize,
    findings: Vec<Finding>,
}

pub async fn of_stack(stack: &Deployed) -> Result<Report, Trouble> {
    let (mut keys, mut plans) = (Vec::new(), Vec::new());
    for record in stack.ledger.watched().await? {
        let (checked, plan) = check(stack, record).await?;
        keys.push(checked);
        plans.extend(plan);
    }
    let by_units = servers(&plans);
    let asked: BTreeSet<String> = by_units.values().flatten().cloned().collect();
    let seen = look(stack, &by_units).await?;
    let last_sweep = stack.ledger.last_sweep().await?;
    let apps = stack.ledger.apps().await?.into_iter().map(|app| app.app).collect();
    let (now, servers) = (clock::now(), asked.len());
    let watched = keys.iter().map(|checked| checked.key.clone()).collect();
    let findings = findings(&Facts { seen, last_sweep, keys, apps, asked }, now);
    let fails = findings.iter().any(|finding| finding.severity == Severity::Fails);
    let checkup = Checkup { checked_at: now, keys: watched, servers, findings };
    Ok(Report::new(&checkup, text(&checkup))?.finding(fails))
}

/// The rules about a key, and what its shutdown would do; a search that fails is a finding, not the end.
async fn check(stack: &Deployed, record: KeyRecord) -> Result<(CheckedKey, Vec<PlannedResource>), Trouble> {
    let asked = keys::ask(stack, record.key.as_str()).await?;
    let (groups, unplanned, resources) = match plan::search(stack, record.key.clone()).await {
        Ok(plan) => (plan.preview.groups, None, plan.resources),
        Err(Trouble::Failed(why)) => (Vec::new(), Some(why), Vec::new()),
        Err(refused) => return Err(refused),
    };
    let is_up = record.direction == Direction::Startup && record.epoch > 0;
    let last_startup = if is_up { stack.ledger.resources(&record.run()).await? } else { Vec::new() };
    let (paused, keys::Checked { refused, warnings, .. }) = (record.paused, asked);
    let checked = CheckedKey { key: record.key, paused, refused, warnings, groups, unplanned, last_startup };
    Ok((checked, resources))
}

/// The servers that run and would be asked to stop units, by their units.
fn servers(plan: &[PlannedResource]) -> BTreeMap<String, BTreeSet<String>> {
    let is_asked = |resource: &&PlannedResource| {
        let runs = resource.id.kind() == Kind::Server && resource.state == State::Running;
        runs && resource.treatment == Treatment::Act && !resource.units.is_empty()
    };
    let mut by_units: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for server in plan.iter().filter(is_asked) {
        let units: Vec<&str> = server.units.iter().map(|unit| unit.as_str()).collect();
        by_units.entry(units.join(" ")).or_default().insert(server.id.name().to_owned());
    }
    by_units
}

async fn look(stack: &Deployed, by_units: &BTreeMap<String, BTreeSet<String>>) -> Result<Seen, Trouble> {
    let batches = by_units.iter().flat_map(|(units, ids)| {
        let ids: Vec<&String> = ids.iter().collect();
        ids.chunks(SERVERS_AT_ONCE).map(|ids| json!({ "ids": ids, "units": units })).collect::<Vec<Value>>()
    });
    let input = json!({ "servers": batches.collect::<Vec<_>>() });
    let name = format!("checkup-{}-{:04x}", clock::now().as_second(), fastrand::u16(..));
    let machine = stack.stack.output("CheckupStateMachineArn")?;
    let started = stack.executions.start(machine, &name, &input).await?;
    let output = wait::for_end(&stack.executions, &started, "looking at trails, mail, rules and servers").await?;
    serde_json::from_value(output).map_err(|error| Trouble::Failed(format!("reading what the checkup saw: {error}")))
}

fn text(checkup: &Checkup) -> String {
    let seen = format!("{} and {} were looked at.", count(checkup.keys.len(), "key"), count(checkup.servers, "server"));
    if checkup.findings.is_empty() {
        return format!("{} Nothing would make the real day fail. {seen}", good("ok"));
    }
    let of = |finding: &Finding| {
        let mark = match finding.severity {
            Severity::Fails => bad("fails "),
            Severity::Advice => odd("advice"),
        };
        format!("{mark} {}: {}\n       → {}", finding.check, finding.value, finding.remedy)
    };
    let lines: Vec<String> = checkup.findings.iter().map(of).collect();
    format!("{}\n\n{seen}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_put_together_by_their_units_and_those_that_are_down_are_not_asked() {
        let resource = |id: &str, units: &[&str], state: &str| -> PlannedResource {
            let row = json!({
                "id": id, "units": units, "state": state, "treatment": { "do": "act" }, "seen_in": "preview",
            });
            serde_json::from_value(row).unwrap()
        };
        let plan = [
            resource("i-1", &["a.service"], "running"),
            resource("i-2", &["a.service"], "running"),
            resource("i-3", &["a.service", "b.service"], "running"),
            resource("i-4", &["a.service"], "stopped"),
            resource("i-5", &[], "running"),
            resource("db:orders", &[], "running"),
        ];
        let by_units = servers(&plan);
        assert_eq!(by_units.keys().collect::<Vec<_>>(), ["a.service", "a.service b.service"]);
        assert_eq!(by_units["a.service"].len(), 2);
    }
}
