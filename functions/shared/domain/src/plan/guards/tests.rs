use super::*;
use crate::kind::Kind;
use crate::plan::{Round, close_round};
use crate::resource::State;
use crate::samples::planned;

fn shop() -> ResourceId {
    ResourceId::parse("group:shop").unwrap()
}

fn group(treatment: Treatment) -> PlannedResource {
    PlannedResource { id: shop(), units: Vec::new(), treatment, ..planned(9) }
}

fn member() -> PlannedResource {
    PlannedResource { guard: Some(shop()), ..planned(1) }
}

/// What the plan does with the member and the group once the round is closed.
fn closed(group: PlannedResource, member: PlannedResource) -> (Treatment, Treatment) {
    let (plan, _) = close_round(vec![group, member], Round::Shutdown, 0);
    (plan[1].treatment.clone(), plan[0].treatment.clone())
}

#[test]
fn a_member_stops_only_if_its_group_may_be_suspended() {
    assert_eq!(closed(group(Treatment::Act), member()), (Treatment::Act, Treatment::Act));
    assert_eq!(closed(group(Treatment::Join), member()), (Treatment::Act, Treatment::Join));
    let suspended = Treatment::Leave { reason: Leave::AlreadyStopped };
    assert_eq!(closed(group(suspended.clone()), member()), (Treatment::Act, suspended));
    for (treatment, why) in [
        (Treatment::Leave { reason: Leave::NotManaged }, "shop, which would replace it and has no lockstep:app tag"),
        (Treatment::Leave { reason: Leave::Excluded }, "excluded"),
        (Treatment::Leave { reason: Leave::Gone }, "could not be seen"),
        (Treatment::Doubt { reason: "bad tag".into() }, "bad tag"),
    ] {
        let (member, _) = closed(group(treatment), member());
        assert!(matches!(&member, Treatment::Doubt { reason } if reason.contains(why)), "{member:?}");
    }
    let (plan, _) = close_round(vec![member()], Round::Shutdown, 0);
    assert!(matches!(&plan[0].treatment, Treatment::Doubt { reason } if reason.contains("could not be seen")));
}

#[test]
fn a_group_is_left_at_work_if_nothing_under_it_stops() {
    for treatment in [Treatment::Leave { reason: Leave::Excluded }, Treatment::Doubt { reason: "bad tag".into() }] {
        let idle = PlannedResource { treatment, ..member() };
        assert_eq!(closed(group(Treatment::Act), idle).1, Treatment::Leave { reason: Leave::NotNeeded });
    }
}

#[test]
fn nothing_stops_before_its_group_was_seen_suspended() {
    let seen = |outcome| PlannedResource { outcome, ..group(Treatment::Act) };
    for step in [Step::StopServices, Step::Stop(Kind::Server)] {
        let held = |plan: &[PlannedResource]| held_back(step, &member(), plan, None);
        for plan in [vec![], vec![seen(None)], vec![seen(Some(Outcome::not_done("denied")))]] {
            assert!(held(&plan).unwrap().contains("group shop could not be suspended"));
        }
        assert_eq!(held(&[seen(Some(Outcome::Done))]), None);
        assert_eq!(held(&[group(Treatment::Leave { reason: Leave::AlreadyStopped })]), None);
        assert_eq!(held_back(step, &planned(1), &[], None), None, "it has no guard");
    }
}

#[test]
fn a_group_is_resumed_only_when_all_that_it_guards_is_back() {
    let calm = Members::default();
    let held = |plan: &[PlannedResource], members: Option<&Members>| {
        held_back(Step::Start(Kind::Group), &group(Treatment::Act), plan, members)
    };
    let up = || PlannedResource { outcome: Some(Outcome::Done), ..member() };
    assert_eq!(held(&[up()], Some(&calm)), None);
    assert!(held(&[up()], None).unwrap().contains("nobody could tell"));
    for late in [member(), PlannedResource { services: Some(Outcome::not_done("failed")), ..up() }] {
        assert!(held(&[up(), late], Some(&calm)).unwrap().contains("i-1 is not back"));
    }
    let of_another = PlannedResource { guard: None, state: State::Stopped, ..planned(2) };
    assert_eq!(held(&[up(), of_another], Some(&calm)), None);
    let in_doubt = PlannedResource { treatment: Treatment::Doubt { reason: "lost".into() }, ..member() };
    assert_eq!(held(&[in_doubt], Some(&calm)), None, "it was seen to run, or is gone");
    let down = BTreeSet::from(["i-7".to_owned()]);
    let stopped = Members { in_service: down.clone(), down, ..Members::default() };
    assert!(held(&[up()], Some(&stopped)).unwrap().contains("i-7 does not run"));
}
