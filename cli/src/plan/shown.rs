//! A plan as people read it: one page, whatever the fleet.

use lockstep_domain::kind::Kind;
use lockstep_domain::preview::{Fate, Group, Preview, Stage, takes};

use super::Plan;
use crate::tables::{bad, bold, count, list, odd, table};
use crate::times;

/// So many groups fit on a page.
const GROUPS_SHOWN: usize = 24;

pub fn text(plan: &Plan, all: bool) -> String {
    let preview = &plan.preview;
    let mut parts = vec![head(plan)];
    if !plan.watched {
        let remedy = format!("`lockstep key add {}`", plan.key);
        parts.push(format!("{} The key is not watched, so nothing would happen: {remedy}", odd("!")));
    }
    if preview.shutdown.is_empty() {
        parts.push("Nothing that Lockstep manages would go down.".to_owned());
    } else {
        parts.push(format!("{}\n{}", bold("In this order"), order(&preview.shutdown)));
        parts.push(format!("{}\n{}", bold("What goes down"), groups(down(preview), all)));
    }
    let left = left(preview, all);
    if !left.is_empty() {
        parts.push(format!("{}\n{left}", bold("What is left as it is")));
    }
    parts.extend(duration(plan));
    parts.join("\n\n")
}

fn head(plan: &Plan) -> String {
    let counts = &plan.preview.counts;
    let what = [(counts.services, "service"), (counts.servers, "server"), (counts.guards, "scaling guard")];
    let what: Vec<String> = what.iter().filter(|(n, _)| *n > 0).map(|(n, one)| count(*n, one)).collect();
    let what = if what.is_empty() { "nothing".to_owned() } else { what.join(", ") };
    format!(
        "If key {} were disabled now: {}. Searched {}; nothing was touched.",
        plan.key,
        bold(&what),
        times::at(plan.searched_at)
    )
}

fn order(stages: &[Stage]) -> String {
    let lines = stage_lines(stages).into_iter().enumerate();
    table(
        &["", "step", "tier", "call", "of", "batches"],
        lines.map(|(n, line)| [vec![(n + 1).to_string()], line].concat()),
    )
}

/// State, tier, calls, how many, in how many batches.
fn stage_lines(stages: &[Stage]) -> Vec<Vec<String>> {
    let line = |stage: &Stage| {
        let mut calls: Vec<&str> = stage.batches.iter().map(|batch| batch.call).collect();
        calls.sort_unstable();
        calls.dedup();
        vec![
            stage.state.to_owned(),
            stage.tier.map_or(String::new(), |tier| tier.to_string()),
            calls.join(" "),
            stage.resources().count().to_string(),
            stage.batches.len().to_string(),
        ]
    };
    stages.iter().map(line).collect()
}

fn down(preview: &Preview) -> impl Iterator<Item = &Group> {
    preview.groups.iter().filter(|group| matches!(group.fate, Fate::Suspended | Fate::Stopped | Fate::Joined))
}

/// What a shutdown leaves, and what the startup after it would leave down.
pub fn left(preview: &Preview, all: bool) -> String {
    let stays =
        preview.groups.iter().filter(|group| !matches!(group.fate, Fate::Suspended | Fate::Stopped | Fate::Joined));
    let stays = groups(stays, all);
    let stays_down = groups(preview.left_down.iter(), all);
    [stays, stays_down].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}

fn groups<'a>(groups: impl Iterator<Item = &'a Group>, all: bool) -> String {
    let groups: Vec<&Group> = groups.collect();
    let shown = if all { groups.len() } else { groups.len().min(GROUPS_SHOWN) };
    let lines = groups[..shown].iter().map(|group| line(group, all));
    let mut text = lines.collect::<Vec<_>>().join("\n");
    if shown < groups.len() {
        let rest: usize = groups[shown..].iter().map(|group| group.members.len()).sum();
        text.push_str(&format!("\n  … and {rest} more in {}; --all lists them", count(groups.len() - shown, "group")));
    }
    text
}

fn line(group: &Group, all: bool) -> String {
    let names: Vec<String> = group.members.iter().map(|member| shown(member.id.shown(), &member.name)).collect();
    let app = group.app.as_ref().map_or("no app", |app| app.as_str());
    let tier = if group.tier == 0 { String::new() } else { format!(", tier {}", group.tier) };
    let reason = group.reason.as_ref().map_or(String::new(), |reason| format!("\n      {reason}"));
    let what = count(group.members.len(), kind(group.kind));
    format!("  {app}{tier}: {what} {}: {}{reason}", fate(group.fate), list(&names, all))
}

fn shown(id: &str, name: &str) -> String {
    if name.is_empty() || name == id { id.to_owned() } else { format!("{id} ({name})") }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Server => "server",
        Kind::Database => "database",
        Kind::Cluster => "cluster",
        Kind::ContainerService => "ECS service",
        Kind::Group => "Auto Scaling group",
        Kind::ScalableTarget => "scaling target",
    }
}

fn fate(fate: Fate) -> String {
    match fate {
        Fate::Suspended => "suspended".to_owned(),
        Fate::Stopped => "stopped".to_owned(),
        Fate::Joined => "down already because of another key, kept down by this one too".to_owned(),
        Fate::InDoubt => bad("in doubt"),
        Fate::NotManaged => odd("not managed (no lockstep:app tag)"),
        Fate::Excluded => "excluded by lockstep:exclude".to_owned(),
        Fate::OnAnotherKey => odd("left up: follows what goes down, on another key"),
        Fate::AlreadyStopped => "stopped already, by somebody else".to_owned(),
        Fate::Follows => "down and up with what it is part of".to_owned(),
        Fate::LeftDown => "not started again when this key comes on".to_owned(),
    }
}

/// By what is known: the grace, and the times between a call and the looks that follow it.
fn duration(plan: &Plan) -> Option<String> {
    if plan.preview.shutdown.is_empty() {
        return None;
    }
    let grace = plan.grace_minutes.map_or(String::new(), |minutes| format!("{minutes} min of grace, then "));
    let of = |stages: &[Stage]| {
        let (least, most) = takes(stages);
        format!(
            "{} at least; what is not done after {} is given up and named",
            times::length(least),
            times::length(most)
        )
    };
    let (down, up) = (of(&plan.preview.shutdown), of(&plan.preview.startup));
    Some(format!("{}\n  down: {grace}{down}\n  up:   {up}", bold("How long")))
}

#[cfg(test)]
mod tests {
    use lockstep_domain::plan::PlannedResource;
    use lockstep_domain::preview::preview;
    use lockstep_domain::run::RunRef;
    use serde_json::json;

    use super::*;

    fn plan(servers: usize) -> Plan {
        let key = lockstep_domain::key::KeyArn::parse("arn:aws:kms:eu-west-1:111122223333:key/k1").unwrap();
        let resource = |n: usize| -> PlannedResource {
            let row = json!({
                "id": format!("i-{n:x}"), "name": "db\u{202e}", "app": format!("app-{}", n % 50), "units": ["a.service"],
                "tier": n % 2, "state": "running", "treatment": {"do": "act"}, "seen_in": "preview",
            });
            serde_json::from_value(row).unwrap()
        };
        let resources: Vec<PlannedResource> = (0..servers).map(resource).collect();
        let run: RunRef =
            serde_json::from_value(json!({ "run": "k1-preview-1-0001", "key": key, "epoch": 0 })).unwrap();
        let now = jiff::Timestamp::UNIX_EPOCH;
        let preview = preview(&run, &resources, &[], now);
        Plan { key, watched: true, run: run.run, searched_at: now, grace_minutes: Some(10), preview, resources }
    }

    #[test]
    fn a_thousand_servers_fit_on_one_page_and_all_lists_every_one() {
        let plan = plan(1_000);
        let page = text(&plan, false);
        assert!(page.lines().count() <= 50, "{}", page.lines().count());
        assert!(page.contains("1000 servers") && page.contains("more in 26 groups") && page.contains("and 15 more"));
        let listed = text(&plan, true);
        assert!(plan.resources.iter().all(|resource| listed.contains(&format!("{} (", resource.id.as_str()))));
        assert!(!listed.contains('\u{202e}'));
    }

    #[test]
    fn a_key_that_nothing_uses_is_said_to_stop_nothing() {
        let page = text(&plan(0), false);
        assert!(page.contains("Nothing that Lockstep manages") && !page.contains("How long"));
    }
}
