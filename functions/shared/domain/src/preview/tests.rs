use jiff::SignedDuration;

use super::*;
use crate::hold::Own;
use crate::plan::{Leave, Round, close_round};
use crate::samples::{hold, key, planned, run, server};

fn id(text: &str) -> ResourceId {
    ResourceId::parse(text).unwrap()
}

fn without_units(text: &str) -> PlannedResource {
    PlannedResource { id: id(text), units: Vec::new(), ..planned(1) }
}

fn told(plan: &[PlannedResource], holds: &[Hold]) -> Preview {
    preview(&run(1, Direction::Shutdown), plan, holds, Timestamp::UNIX_EPOCH)
}

fn walk(stages: &[Stage]) -> Vec<(&str, Option<i32>, usize)> {
    stages.iter().map(|stage| (stage.state, stage.tier, stage.resources().count())).collect()
}

fn guarded_fleet() -> Vec<PlannedResource> {
    let guard = Some(id("group:shop"));
    let mut plan: Vec<_> = (1..=60).map(|n| PlannedResource { guard: guard.clone(), ..planned(n) }).collect();
    plan.push(PlannedResource { tier: 10, ..without_units("db:orders") });
    plan.push(without_units("group:shop"));
    close_round(plan, Round::Shutdown, 0).0
}

#[test]
fn guards_come_first_then_services_from_the_highest_tier_then_servers_and_a_startup_turns_it_round() {
    let preview = told(&guarded_fleet(), &[]);
    assert_eq!(
        walk(&preview.shutdown),
        [
            ("Suspend the scaling", None, 1),
            ("Stop the services", Some(10), 1),
            ("Stop the services", Some(0), 60),
            ("Stop the servers", None, 60),
        ]
    );
    assert_eq!(
        walk(&preview.startup),
        [
            ("Start the servers", None, 60),
            ("Start the services", Some(0), 60),
            ("Start the services", Some(10), 1),
            ("Resume the scaling", None, 1),
        ]
    );
}

#[test]
fn a_batch_has_what_one_call_takes_and_its_units_in_the_order_in_which_they_are_asked() {
    let units = crate::samples::units(&["db.service", "web.service"]);
    let plan: Vec<_> = (1..=51).map(|n| PlannedResource { units: units.clone(), ..planned(n) }).collect();
    let preview = told(&plan, &[]);
    let batches = &preview.shutdown[0].batches;
    assert_eq!(batches.iter().map(|batch| batch.resources.len()).collect::<Vec<_>>(), [50, 1]);
    assert_eq!(
        (batches[0].call, &batches[0].units),
        ("SendCommand", &crate::samples::units(&["web.service", "db.service"]))
    );
    assert_eq!(preview.startup[1].batches[0].units, units);
    assert_eq!((preview.counts.servers, preview.counts.services), (51, 102));
}

#[test]
fn what_is_left_is_named_with_its_reason() {
    let leave = |n, reason| PlannedResource { app: None, treatment: Treatment::Leave { reason }, ..planned(n) };
    let doubt = Treatment::Doubt { reason: "a replica cannot be stopped".to_owned() };
    let plan = vec![
        leave(1, Leave::NotManaged),
        leave(2, Leave::Excluded),
        leave(3, Leave::AlreadyStopped),
        leave(4, Leave::NotNeeded),
        PlannedResource { treatment: doubt, ..planned(5) },
    ];
    let preview = told(&plan, &[]);
    assert!(preview.shutdown.is_empty() && preview.startup.is_empty());
    let counts = Counts { not_managed: 1, excluded: 1, already_stopped: 1, in_doubt: 1, ..Counts::default() };
    assert_eq!(preview.counts, counts);
    let doubted = preview.groups.iter().find(|group| group.fate == Fate::InDoubt).unwrap();
    assert_eq!(doubted.reason.as_deref(), Some("a replica cannot be stopped"));
}

#[test]
fn what_another_key_holds_down_is_joined_and_stays_down_when_this_key_is_on_again() {
    let other = hold(1, Own::Stopped);
    let joined = PlannedResource { treatment: Treatment::Join, state: State::Stopped, ..planned(1) };
    let of_k2 = RunRef { key: key("k2"), ..run(1, Direction::Shutdown) };
    let preview = preview(&of_k2, &[joined], &[other], Timestamp::UNIX_EPOCH);
    assert_eq!((preview.counts.joined, preview.counts.servers), (1, 0));
    let [left] = &preview.left_down[..] else { panic!("{:?}", preview.left_down) };
    assert_eq!((left.fate, left.members[0].id.clone()), (Fate::LeftDown, server(1)));
}

#[test]
fn a_startup_starts_what_the_key_holds_already_and_names_what_is_in_doubt() {
    let preview = told(&[], &[hold(1, Own::Stopped), hold(2, Own::Intent)]);
    assert_eq!(walk(&preview.startup), [("Start the servers", None, 1)], "its unit's state before is not known");
    assert_eq!(preview.left_down[0].members[0].id, server(2));
}

#[test]
fn more_batches_than_go_side_by_side_take_their_turns() {
    let of = |servers| takes(&told(&(1..=servers).map(planned).collect::<Vec<_>>(), &[]).shutdown);
    let minutes = SignedDuration::from_mins;
    assert_eq!(of(50).1, minutes(5 + 10));
    assert_eq!(of(500).1, minutes(5 + 10));
    assert_eq!(of(501).1, minutes(2 * 5 + 10), "servers stop by the hundred, their units by fifty");
    assert_eq!(of(1001).1, minutes(3 * 5 + 2 * 10));
    assert_eq!(of(1).0, SignedDuration::from_secs(10 + 45));
}
