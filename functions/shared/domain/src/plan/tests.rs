use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::batch::Step;
use crate::hold::Hold;
use crate::kind::Kind;
use crate::run::Direction;
use crate::samples::{hold, key, planned, server, units};

fn seen(state: State, tags: &[(&str, &str)]) -> SeenResource {
    let tags: BTreeMap<String, String> = tags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    SeenResource::new(server(1), state, tags)
}

fn treatment(state: State, tags: &[(&str, &str)], hold: Option<&Hold>) -> Treatment {
    plan_resource(&seen(state, tags), hold, &key("k1"), Round::Shutdown).treatment
}

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const MANAGED: [(&str, &str); 2] = [("lockstep:app", "orders"), ("lockstep:services", "a.service")];

#[test]
fn a_running_managed_server_is_stopped() {
    for state in [State::Pending, State::Running, State::Stopping] {
        assert_eq!(treatment(state, &MANAGED, None), Treatment::Act, "{state:?}");
    }
}

#[test]
fn a_server_without_the_tag_or_excluded_is_left_and_named() {
    assert_eq!(treatment(State::Running, &[], None), Treatment::Leave { reason: Leave::NotManaged });
    let excluded = [MANAGED[0], MANAGED[1], ("lockstep:exclude", "true")];
    assert_eq!(treatment(State::Running, &excluded, None), Treatment::Leave { reason: Leave::Excluded });
}

#[test]
fn a_server_that_was_already_stopped_is_left_unless_we_stopped_it() {
    let stopped = |hold: Option<&Hold>| treatment(State::Stopped, &MANAGED, hold);
    assert_eq!(stopped(None), Treatment::Leave { reason: Leave::AlreadyStopped });
    assert_eq!(stopped(Some(&hold(1, Own::Stopped))), Treatment::Act);
    let mut of_another = hold(1, Own::Stopped);
    of_another.keys = std::collections::BTreeSet::from([key("k2")]);
    assert_eq!(stopped(Some(&of_another)), Treatment::Join);
    assert!(matches!(stopped(Some(&hold(1, Own::Intent))), Treatment::Doubt { .. }));
}

#[test]
fn a_server_that_is_gone_is_left() {
    for state in [State::ShuttingDown, State::Terminated] {
        assert_eq!(treatment(state, &MANAGED, None), Treatment::Leave { reason: Leave::Gone });
    }
}

#[test]
fn hostile_tags_leave_the_server_alone_and_stay_short_and_clean() {
    let long = "x".repeat(10_000);
    for services in ["a.service;reboot", "$(reboot).service", long.as_str()] {
        let tags = [("lockstep:app", "orders"), ("lockstep:services", services), ("Name", "db\r\nBcc: x\u{202E}")];
        let planned = plan_resource(&seen(State::Running, &tags), None, &key("k1"), Round::Shutdown);
        let Treatment::Doubt { reason } = &planned.treatment else { panic!("{services}") };
        assert!(reason.contains("lockstep:services") && reason.len() < 600);
        assert_eq!(planned.name, "dbBcc: x");
        assert_eq!(planned.app.unwrap().as_str(), "orders", "its admins are told");
    }
    let tags = [("lockstep:app", "orders"), ("Name", long.as_str())];
    let planned = plan_resource(&seen(State::Running, &tags), None, &key("k1"), Round::Shutdown);
    assert!(planned.name.chars().count() <= 65);
}

#[test]
fn what_no_longer_uses_the_key_after_the_grace_is_let_off() {
    let warned_only = PlannedResource { seen_in: Round::Warning, ..planned(1) };
    let (plan, changed) = close_round(vec![warned_only, planned(2)], Round::Shutdown, 0);
    assert_eq!(plan[0].treatment, Treatment::Leave { reason: Leave::Gone });
    assert_eq!(plan[1].treatment, Treatment::Act);
    assert_eq!(changed, plan[..1]);
}

#[test]
fn a_plan_larger_than_the_cap_is_not_carried_out() {
    let resources = || vec![planned(1), planned(2), planned(3)];
    assert!(close_round(resources(), Round::Shutdown, 0).1.is_empty());
    assert!(close_round(resources(), Round::Shutdown, 3).1.is_empty());
    let database = PlannedResource { id: ResourceId::parse("db:orders").unwrap(), ..planned(4) };
    let with_database = resources().into_iter().chain([database]).collect();
    assert!(close_round(with_database, Round::Shutdown, 3).1.is_empty(), "the cap is one of servers");
    let (plan, changed) = close_round(resources(), Round::Shutdown, 2);
    assert_eq!(changed.len(), 3);
    for resource in plan {
        assert!(matches!(resource.treatment, Treatment::Doubt { reason } if reason.contains("MaxServersPerRun")));
    }
}

#[test]
fn a_startup_acts_only_on_what_is_proven_ours_and_held_by_no_other_key() {
    assert_eq!(plan_startup(&hold(1, Own::Stopped), &key("k1")).treatment, Treatment::Act);
    let not_ours = plan_startup(&hold(1, Own::NotOurs), &key("k1")).treatment;
    assert!(matches!(not_ours, Treatment::Release { reason } if reason.contains("somebody else")));
    let doubtful = plan_startup(&hold(1, Own::Intent), &key("k1")).treatment;
    assert!(matches!(doubtful, Treatment::Doubt { reason } if reason.contains("lost")));
    let mut two = hold(1, Own::Stopped);
    two.keys.insert(key("k2"));
    assert!(matches!(plan_startup(&two, &key("k1")).treatment, Treatment::Release { reason } if reason.contains("k2")));
}

#[test]
fn a_startup_starts_only_units_that_were_active() {
    let mut held = hold(1, Own::Stopped);
    held.units = units(&["a.service", "b.service", "c.service"]);
    held.note_prior(&held.units[0].clone(), crate::unit::UnitState::Active);
    held.note_prior(&held.units[1].clone(), crate::unit::UnitState::Inactive);
    let plan = plan_startup(&held, &key("k1"));
    assert_eq!((plan.units, plan.untold), (units(&["a.service"]), units(&["c.service"])));
}

#[test]
fn a_server_on_its_way_up_is_not_taken_for_stopped() {
    let tags = [("lockstep:app", "orders")];
    let plan = plan_resource(&seen(State::Stopped, &tags), Some(&hold(1, Own::Starting)), &key("k2"), Round::Shutdown);
    assert_eq!((plan.state, plan.treatment), (State::Pending, Treatment::Act));
}

#[test]
fn the_search_joins_what_is_held_and_notes_what_is_up() {
    let tags = [("lockstep:app", "orders")];
    for own in [Own::Stopped, Own::Intent] {
        let held = hold(1, own);
        let plan = plan_resource(&seen(State::Stopped, &tags), Some(&held), &key("k2"), Round::Shutdown);
        assert_eq!(noted(&plan, Some(&held), &key("k2"), NOW).unwrap().keys.len(), 2, "{own:?}");
    }
    let group = SeenResource { id: ResourceId::parse("group:shop").unwrap(), ..seen(State::Stopped, &tags) };
    let plan = plan_resource(&group, Some(&hold(1, Own::Stopped)), &key("k2"), Round::Shutdown);
    assert_eq!(
        (&plan.treatment, noted(&plan, Some(&hold(1, Own::Stopped)), &key("k2"), NOW)),
        (&Treatment::Join, None)
    );
    let running = plan_resource(&seen(State::Running, &tags), None, &key("k2"), Round::Shutdown);
    assert_eq!(noted(&running, Some(&hold(1, Own::Services)), &key("k2"), NOW), None);
    assert_eq!(noted(&running, Some(&hold(1, Own::Starting)), &key("k2"), NOW).unwrap().own, Own::Services);
    let stopped = Hold { asked_at: Some(NOW), ..hold(1, Own::Stopped) };
    let seen_after = |minutes| noted(&running, Some(&stopped), &key("k2"), NOW + SignedDuration::from_mins(minutes));
    assert_eq!(seen_after(1), None, "an old answer would take away the proof that we stopped it");
    assert_eq!(seen_after(30).unwrap().own, Own::Services, "somebody has started it");
}

#[test]
fn the_last_of_two_keys_that_let_go_starts_the_server() {
    let mut two = hold(1, Own::Stopped);
    two.keys.insert(key("k2"));
    let released = plan_startup(&two, &key("k1"));
    assert_eq!(replanned(released.clone(), Some(&two), &key("k1")), released);
    assert_eq!(replanned(released.clone(), Some(&hold(1, Own::Stopped)), &key("k1")).treatment, Treatment::Act);
    let settled = released.settled(Step::Start(Kind::Server), Outcome::Done, Timestamp::UNIX_EPOCH);
    assert_eq!(replanned(settled.clone(), Some(&hold(1, Own::Stopped)), &key("k1")), settled);
}

#[test]
fn a_batch_has_what_its_calls_and_looks_take_and_one_list_of_units() {
    let mut resources: Vec<PlannedResource> = (1..=120).map(planned).collect();
    for resource in &mut resources[..10] {
        resource.units = units(&["b.service"]);
    }
    resources[11].units = Vec::new();
    resources[12].treatment = Treatment::Leave { reason: Leave::Excluded };
    let services = service_batches(Direction::Shutdown, &resources);
    assert_eq!(services.iter().map(|batch| batch.resources.len()).sum::<usize>(), 118);
    assert!(services.iter().all(|batch| batch.resources.len() <= 50 && batch.units.len() == 1));
    let of = |step| batches_of(step, &resources).iter().map(|batch| batch.resources.len()).collect::<Vec<_>>();
    assert_eq!(of(Step::Stop(Kind::Server)), [100, 19]);
    assert_eq!(of(Step::Start(Kind::Server)), [50, 50, 19]);
}

#[test]
fn what_cannot_be_stopped_is_named_and_not_tried() {
    let of = |state, unfit: Unfit| {
        let seen = SeenResource { unfit: Some(unfit), ..seen(state, &MANAGED) };
        plan_resource(&seen, None, &key("k1"), Round::Shutdown).treatment
    };
    let cannot = || Unfit::Cannot("it is a read replica".to_owned());
    assert_eq!(of(State::Running, cannot()), Treatment::Doubt { reason: "it is a read replica".to_owned() });
    assert_eq!(of(State::Stopped, cannot()), Treatment::Leave { reason: Leave::AlreadyStopped });
    let member = of(State::Running, Unfit::PartOf);
    assert_eq!(member, Treatment::Leave { reason: Leave::PartOf });
}

#[test]
fn a_database_that_rds_has_taken_down_is_ours_only_if_we_had_stopped_it() {
    let ours = hold(1, Own::Stopped);
    assert_eq!(treatment(State::Inaccessible, &MANAGED, Some(&ours)), Treatment::Act);
    for hold in [None, Some(&hold(1, Own::Services))] {
        let treated = treatment(State::Inaccessible, &MANAGED, hold);
        assert!(matches!(treated, Treatment::Doubt { reason } if reason.contains("by hand within 7 days")));
    }
    let treated = treatment(State::Lost, &MANAGED, Some(&ours));
    assert!(matches!(treated, Treatment::Doubt { reason } if reason.contains("from a backup")));
}

#[test]
fn services_are_batched_by_tier_and_kind() {
    let database = |name: &str, tier| PlannedResource {
        id: ResourceId::parse(name).unwrap(),
        units: Vec::new(),
        tier,
        ..planned(1)
    };
    let orders = [database("cluster:c", 0), database("db:b", 1), planned(1), database("db:a", 0), database("db:d", 0)];
    let batches = service_batches(Direction::Shutdown, &orders);
    let told: Vec<_> = batches.iter().map(|batch| (batch.tier, batch.kind(), batch.resources.len())).collect();
    assert_eq!(told, [(0, Kind::Server, 1), (0, Kind::Database, 2), (0, Kind::Cluster, 1), (1, Kind::Database, 1)],);
    assert_eq!(batches_of(Step::Stop(Kind::Server), &orders).len(), 1);
    let many: Vec<_> = (0..41).map(|number| database(&format!("db:d{number}"), 0)).collect();
    assert_eq!(service_batches(Direction::Shutdown, &many).len(), 3, "20 at most to a look");
}

#[test]
fn calls_are_made_in_the_parts_that_a_refusal_has_left() {
    let servers: Vec<_> = (1..=5).map(planned).collect();
    let ids: Vec<ResourceId> = servers.iter().map(|server| server.id.clone()).collect();
    let [batch] = &batches_of(Step::Stop(Kind::Server), &servers)[..] else { panic!("one batch") };
    let parts = |batch: &Batch, called: &[ResourceId]| batch.in_parts(called).iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(parts(batch, &ids), [5]);
    let halved = Batch { parts: vec![ids[..2].to_vec(), ids[2..4].to_vec()], ..batch.clone() };
    assert_eq!(parts(&halved, &ids[..3]), [2, 1], "what has settled is not called again");
    assert!(halved.is_due(&ids[3]) && !halved.is_due(&ids[4]) && batch.is_due(&ids[4]));
    let database =
        |name: &str| PlannedResource { id: ResourceId::parse(name).unwrap(), units: Vec::new(), ..planned(1) };
    let databases = [database("db:a"), database("db:b")];
    let ids: Vec<ResourceId> = databases.iter().map(|database| database.id.clone()).collect();
    assert_eq!(parts(&service_batches(Direction::Shutdown, &databases)[0], &ids), [1, 1], "RDS takes one at a time");
}

#[test]
fn a_preview_notes_nothing_whatever_it_finds() {
    let tags = [("lockstep:app", "orders")];
    for state in [State::Stopped, State::Running] {
        for own in [Own::Stopped, Own::Intent, Own::Starting] {
            let held = Some(hold(1, own));
            let plan = plan_resource(&seen(state, &tags), held.as_ref(), &key("k2"), Round::Preview);
            assert_eq!(noted(&plan, held.as_ref(), &key("k2"), NOW), None, "{state:?} {own:?}");
        }
    }
}
