use serde_json::json;

use super::*;
use crate::kind::Kind;
use crate::plan::Outcome;
use crate::preview::Member;
use crate::samples::{key, planned, server};

/// Facts in which nothing is wrong.
fn well() -> Facts {
    let seen = json!({
        "trails": [{ "name": "main", "logging": true, "selectors": [{ "ReadWriteType": "All" }] }],
        "account": { "production": true, "sending": true, "enforcement": "HEALTHY" },
        "domain": { "verified": true },
        "sender": "lockstep@example.com",
        "sweep": { "name": "sweep", "state": "ENABLED", "schedule": "rate(5 minutes)" },
        "key_events": { "name": "events", "state": "ENABLED" },
        "servers": [{ "online": ["i-1", "i-2"], "wrong": [] }],
    });
    let groups = vec![group(Fate::Stopped, "orders")];
    let done = Some(Outcome::Done);
    let started = PlannedResource { services: done.clone(), outcome: done, ..planned(1) };
    let key = CheckedKey {
        key: key("k1"),
        paused: false,
        refused: None,
        warnings: Vec::new(),
        groups,
        unplanned: None,
        last_startup: vec![started],
    };
    Facts {
        seen: serde_json::from_value(seen).unwrap(),
        last_sweep: Some(LastSweep { at: at(0), keys: 1, failed: 0 }),
        keys: vec![key],
        apps: BTreeSet::from([AppName::parse("orders").unwrap()]),
        asked: BTreeSet::from(["i-1".to_owned(), "i-2".to_owned()]),
    }
}

fn at(minutes: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
}

fn group(fate: Fate, app: &str) -> Group {
    let members = (1..=7).map(|n| Member { id: server(n), name: String::new() }).collect();
    let app = AppName::parse(app).ok();
    Group { app, fate, kind: Kind::Server, tier: 0, reason: Some("it is a replica".to_owned()), members }
}

/// The checks that find something once `spoil` has been at work.
fn found(spoil: impl FnOnce(&mut Facts)) -> Vec<&'static str> {
    let mut facts = well();
    spoil(&mut facts);
    findings(&facts, at(5)).iter().map(|finding| finding.check).collect()
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    assert_eq!(findings(&well(), at(5)), []);
}

#[test]
fn each_fault_is_found_and_nothing_else() {
    assert_eq!(found(|facts| facts.seen.trails.clear()), ["no_trail"]);
    assert_eq!(found(|facts| facts.seen.account.as_mut().unwrap().production = false), ["mail_sandbox"]);
    assert_eq!(found(|facts| facts.seen.account.as_mut().unwrap().sending = false), ["mail_paused"]);
    let shut = Some("SHUTDOWN".to_owned());
    assert_eq!(found(|facts| facts.seen.account.as_mut().unwrap().enforcement = shut), ["mail_paused"]);
    assert_eq!(found(|facts| facts.seen.domain = None), ["sender_unverified"]);
    assert_eq!(found(|facts| facts.seen.sweep.as_mut().unwrap().state = "DISABLED".to_owned()), ["sweep_disabled"]);
    assert_eq!(
        found(|facts| facts.seen.key_events.as_mut().unwrap().state = "DISABLED".to_owned()),
        ["key_events_disabled"]
    );
    assert_eq!(found(|facts| facts.last_sweep.as_mut().unwrap().at = at(-8)), ["sweep_stopped"]);
    assert_eq!(found(|facts| facts.last_sweep.as_mut().unwrap().failed = 2), ["sweep_failed"]);
    assert_eq!(found(|facts| facts.seen.servers[0].online.truncate(1)), ["agent_offline"]);
    assert_eq!(found(|facts| facts.keys[0].paused = true), ["key_paused"]);
    assert_eq!(
        found(|facts| facts.keys[0].refused = Some("not_usable: …; enable the key".to_owned())),
        ["key_refused"]
    );
    assert_eq!(found(|facts| facts.keys[0].unplanned = Some("the search failed".to_owned())), ["no_plan"]);
    assert_eq!(found(|facts| facts.keys.clear()), ["nothing_watched"]);
    let refused = Some(Outcome::not_done("Client.UnauthorizedOperation: no grant"));
    assert_eq!(found(|facts| facts.keys[0].last_startup[0].outcome = refused), ["not_started"]);
    for (fate, check) in [
        (Fate::NotManaged, "not_managed"),
        (Fate::InDoubt, "unstoppable"),
        (Fate::OnAnotherKey, "follower_on_another_key"),
    ] {
        assert_eq!(found(|facts| facts.keys[0].groups.push(group(fate, "orders"))), [check]);
    }
}

#[test]
fn a_unit_that_does_not_exist_is_named_with_its_servers() {
    let mut facts = well();
    let units = "a.service".to_owned();
    facts.seen.servers[0].wrong = vec![
        Wrong { id: "i-1".to_owned(), status: "Failed".to_owned(), units },
        Wrong { id: "i-2".to_owned(), status: "TimedOut".to_owned(), units: String::new() },
    ];
    let values: Vec<String> = findings(&facts, at(5)).into_iter().map(|finding| finding.value).collect();
    assert_eq!(values, ["i-2: the look ended as TimedOut", "a.service does not exist on 1: i-1"]);
}

#[test]
fn a_verified_address_will_do_and_a_look_that_failed_is_no_verdict() {
    let verified = Some(Identity { verified: true });
    assert_eq!(found(|facts| (facts.seen.address, facts.seen.domain) = (verified, None)), [] as [&str; 0]);
    let denied = |facts: &mut Facts| {
        facts.seen.domain = None;
        facts.seen.errors.insert("domain".to_owned(), "SesV2.SesV2Exception".to_owned());
    };
    assert_eq!(found(denied), ["not_seen"]);
}

#[test]
fn advice_comes_last_and_makes_nothing_fail() {
    let mut facts = well();
    facts.apps.clear();
    facts.keys[0].warnings =
        vec!["rotation_off: rotation is off; turn it on".to_owned(), "no_grant: …; allow it".to_owned()];
    let found = findings(&facts, at(5));
    let told: Vec<(&str, Severity)> = found.iter().map(|finding| (finding.check, finding.severity)).collect();
    let advice = Severity::Advice;
    assert_eq!(told, [("key_warning", Severity::Fails), ("key_warning", advice), ("no_admins", advice)]);
    assert_eq!(found[1].remedy, "turn it on");
}

#[test]
fn every_finding_has_a_remedy_and_a_long_list_is_cut() {
    let mut facts = well();
    facts.keys[0].groups.push(group(Fate::NotManaged, "orders"));
    let [finding] = &findings(&facts, at(5))[..] else { panic!() };
    assert!(finding.value.contains("i-5 and 2 more") && finding.remedy.contains("lockstep:app"));
}
