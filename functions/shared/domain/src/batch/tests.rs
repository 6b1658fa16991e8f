use jiff::Timestamp;

use super::*;
use crate::hold::{Hold, Own};
use crate::kind::Kind;
use crate::plan::{Batch, Leave, Outcome, PlannedResource, Treatment};
use crate::resource::State;
use crate::samples::{hold, key, planned, run, units};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn down() -> RunRef {
    run(1, Direction::Shutdown)
}

fn up() -> RunRef {
    run(2, Direction::Startup)
}

fn act(step: Step, resource: &PlannedResource, hold: Option<&Hold>) -> Act {
    let run = if step.direction() == Direction::Shutdown { down() } else { up() };
    decide(step, resource, hold, &run, StuckPolicy::Proceed, NOW)
}

fn record(epoch: u64, direction: Direction) -> KeyRecord {
    KeyRecord { epoch, direction, ..KeyRecord::enrolled(key("k1"), NOW) }
}

fn off() -> KeyLook {
    KeyLook::Off { state: "Disabled".into() }
}

fn not_done(act: Act) -> String {
    match act {
        Act::Settle(_, Outcome::NotDone { reason }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_run_acts_only_in_the_newest_epoch_and_while_the_key_is_as_it_was() {
    let unknown = KeyLook::Unknown { reason: "denied".into() };
    let asked = |direction, epoch, look: &KeyLook| {
        confirm(direction, &run(1, direction), Some(&record(epoch, direction)), look)
    };
    assert_eq!(asked(Direction::Shutdown, 1, &off()), Confirmation::Go);
    assert_eq!(asked(Direction::Startup, 1, &KeyLook::On), Confirmation::Go);
    assert!(matches!(asked(Direction::Shutdown, 2, &off()), Confirmation::Superseded { .. }));
    let next_attempt = KeyRecord { attempt: 2, ..record(1, Direction::Shutdown) };
    let paused = KeyRecord { paused: true, ..record(1, Direction::Shutdown) };
    for newest in [next_attempt, paused] {
        let confirmed = confirm(Direction::Shutdown, &down(), Some(&newest), &off());
        assert!(matches!(confirmed, Confirmation::Superseded { .. }), "{confirmed:?}");
    }
    assert!(matches!(asked(Direction::Shutdown, 1, &KeyLook::On), Confirmation::Superseded { .. }));
    assert!(matches!(asked(Direction::Startup, 1, &off()), Confirmation::Superseded { .. }));
    assert!(matches!(confirm(Direction::Shutdown, &down(), None, &off()), Confirmation::Superseded { .. }));
    for direction in [Direction::Shutdown, Direction::Startup] {
        assert!(matches!(asked(direction, 1, &unknown), Confirmation::Unknown { .. }));
    }
}

#[test]
fn units_stop_in_reverse_of_their_start_order() {
    let units = units(&["a.service", "b.service"]);
    assert_eq!(Step::StopServices.units_in_order(&units), "b.service a.service");
    assert_eq!(Step::StartServices.units_in_order(&units), "a.service b.service");
}

#[test]
fn services_are_asked_after_a_hold_with_the_prior_state_is_written() {
    let Act::Call(hold) = act(Step::StopServices, &planned(1), None) else { panic!("asked") };
    assert_eq!((hold.prior, hold.own), (State::Running, Own::Services));
    assert_eq!(hold.keys.into_iter().collect::<Vec<_>>(), [key("k1")]);
}

#[test]
fn what_is_settled_or_left_alone_is_skipped() {
    for step in [Step::StopServices, Step::Stop(Kind::Server), Step::Start(Kind::Server), Step::StartServices] {
        let mut settled = planned(1);
        (settled.services, settled.outcome) = (Some(Outcome::Done), Some(Outcome::Done));
        assert_eq!(act(step, &settled, Some(&hold(1, Own::Stopped))), Act::Skip);
        for treatment in [
            Treatment::Leave { reason: Leave::NotManaged },
            Treatment::Leave { reason: Leave::AlreadyStopped },
            Treatment::Doubt { reason: "bad tag".into() },
        ] {
            let left = PlannedResource { treatment, ..planned(1) };
            assert_eq!(act(step, &left, Some(&hold(1, Own::Stopped))), Act::Skip);
        }
    }
}

#[test]
fn servers_stay_up_while_a_service_is_not_seen_stopped() {
    assert!(not_done(act(Step::Stop(Kind::Server), &planned(1), None)).contains("not seen stopped"));
}

#[test]
fn a_server_is_asked_to_stop_after_its_services_with_the_intent_written() {
    let resource = PlannedResource { services: Some(Outcome::Done), ..planned(1) };
    let Act::Call(hold) = act(Step::Stop(Kind::Server), &resource, None) else { panic!("asked") };
    assert_eq!((hold.own, hold.prior), (Own::Intent, State::Running));
    let unitless = PlannedResource { units: Vec::new(), ..planned(1) };
    assert!(matches!(act(Step::Stop(Kind::Server), &unitless, None), Act::Call(_)));
}

#[test]
fn the_policy_decides_about_a_server_whose_service_will_not_stop() {
    let stuck = PlannedResource { services: Some(Outcome::not_done("a.service is active")), ..planned(1) };
    let with = |policy| decide(Step::Stop(Kind::Server), &stuck, None, &down(), policy, NOW);
    assert!(matches!(with(StuckPolicy::Proceed), Act::Call(_)));
    assert!(not_done(with(StuckPolicy::Hold)).contains("a.service is active"));
}

#[test]
fn a_server_that_this_run_has_stopped_is_only_watched() {
    let resource = PlannedResource { services: Some(Outcome::Done), ..planned(1) };
    assert_eq!(act(Step::Stop(Kind::Server), &resource, Some(&hold(1, Own::Stopped))), Act::Watch);
}

#[test]
fn a_server_whose_call_was_refused_is_not_asked_again() {
    let refused = PlannedResource { refused: Some("protected".into()), services: Some(Outcome::Done), ..planned(1) };
    assert_eq!(act(Step::Stop(Kind::Server), &refused, Some(&hold(1, Own::Services))), Act::Watch);
    assert_eq!(act(Step::Start(Kind::Server), &refused, Some(&hold(1, Own::Stopped))), Act::Watch);
}

#[test]
fn a_second_key_joins_the_hold_and_the_prior_state_stays() {
    let mut first = hold(1, Own::Stopped);
    first.keys = std::collections::BTreeSet::from([key("k2")]);
    let joined = PlannedResource { treatment: Treatment::Join, state: State::Stopped, ..planned(1) };
    let Act::Settle(Some(hold), Outcome::Done) = act(Step::Stop(Kind::Server), &joined, Some(&first)) else {
        panic!("joins")
    };
    assert_eq!(hold.keys.len(), 2);
    assert_eq!((hold.prior, hold.own), (State::Running, Own::Stopped));
}

#[test]
fn only_a_proven_hold_of_no_other_key_is_started() {
    let start = |hold: Option<&Hold>| act(Step::Start(Kind::Server), &planned(1), hold);
    assert!(matches!(start(Some(&hold(1, Own::Stopped))), Act::Call(Hold { own: Own::Starting, .. })));
    assert!(matches!(start(Some(&hold(1, Own::Starting))), Act::Call(_)));
    assert_eq!(start(Some(&hold(1, Own::Services))), Act::Watch);
    assert!(not_done(start(None)).contains("no hold"));
    for own in [Own::Intent, Own::NotOurs] {
        assert!(not_done(start(Some(&hold(1, own)))).contains("not proven"), "{own:?}");
    }
    let mut stopped_before = hold(1, Own::Stopped);
    stopped_before.prior = State::Stopped;
    assert!(not_done(start(Some(&stopped_before))).contains("not proven"));
    let mut two_keys = hold(1, Own::Stopped);
    two_keys.keys.insert(key("k2"));
    assert!(not_done(start(Some(&two_keys))).contains("another key"));
}

#[test]
fn services_start_only_on_a_server_that_is_up() {
    let held = hold(1, Own::Starting);
    let up = PlannedResource { outcome: Some(Outcome::Done), ..planned(1) };
    assert!(matches!(act(Step::StartServices, &up, Some(&held)), Act::Call(_)));
    assert_eq!(act(Step::StartServices, &PlannedResource { units: Vec::new(), ..up }, Some(&held)), Act::Skip);
    let mut two_keys = held.clone();
    two_keys.keys.insert(key("k2"));
    let up = PlannedResource { outcome: Some(Outcome::Done), ..planned(1) };
    assert!(not_done(act(Step::StartServices, &up, Some(&two_keys))).contains("another key"));
    for outcome in [None, Some(Outcome::not_done("no capacity"))] {
        let resource = PlannedResource { outcome, ..planned(1) };
        assert!(not_done(act(Step::StartServices, &resource, Some(&held))).contains("not up"));
    }
}

#[test]
fn services_stop_from_the_highest_tier_and_start_from_the_lowest() {
    let names = |direction, run: &RunRef| {
        let of_tier =
            |tier| Batch { resources: Vec::new(), units: Vec::new(), tier, parts: Vec::new(), refused_since: None };
        let names = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        let tiers = Tier::in_order(run, direction, &[0, 2, 0, -1].map(of_tier), names).into_iter();
        tiers.map(|tier| tier.services.into_iter().map(|b| b.batch).collect::<String>()).collect::<Vec<_>>()
    };
    assert_eq!(names(Direction::Shutdown, &down()), ["b", "ac", "d"]);
    assert_eq!(names(Direction::Startup, &up()), ["d", "ac", "b"]);
}

#[test]
fn the_name_of_a_batch_that_is_handed_in_is_short_and_plain() {
    let read = |name: &str| {
        let row = serde_json::json!({ "run": "k1-1-shutdown-1", "key": key("k1"), "epoch": 1, "batch": name, "step": "stop_services" });
        serde_json::from_value::<BatchRef>(row)
    };
    assert_eq!(read("container_services#0001").unwrap().batch, "container_services#0001");
    for name in ["", "servers 1", &"x".repeat(65)] {
        assert!(read(name).unwrap_err().to_string().starts_with("bad_batch_name: batch is "), "{name}");
    }
}
