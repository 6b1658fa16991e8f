use jiff::SignedDuration;

use super::again::{LOOKS_EVERY, RESTART_TAKES};
use super::*;
use crate::resource::{ResourceId, State};
use crate::samples::planned;

fn done() -> PlannedResource {
    PlannedResource { services: Some(Outcome::Done), outcome: Some(Outcome::Done), ..planned(1) }
}

fn stuck() -> PlannedResource {
    PlannedResource { services: Some(Outcome::not_done("a.service is active")), ..done() }
}

fn left(reason: Leave) -> PlannedResource {
    PlannedResource { treatment: Treatment::Leave { reason }, ..planned(2) }
}

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

#[test]
fn incomplete_never_hides_behind_complete() {
    let doubtful = PlannedResource { treatment: Treatment::Doubt { reason: "bad tag".into() }, ..planned(3) };
    let not_reached = planned(3);
    let without_services = PlannedResource { services: None, ..done() };
    for flaw in [stuck(), doubtful, not_reached, without_services] {
        let resources = [done(), flaw];
        assert_eq!(ending(Direction::Shutdown, CameTo::TheEnd, &resources), Ending::ShutdownIncomplete);
        assert_eq!(ending(Direction::Startup, CameTo::TheEnd, &resources), Ending::StartupIncomplete);
    }
}

#[test]
fn what_was_left_alone_makes_no_run_incomplete() {
    let resources =
        [done(), left(Leave::NotManaged), left(Leave::AlreadyStopped), left(Leave::Excluded), left(Leave::Gone)];
    assert_eq!(ending(Direction::Shutdown, CameTo::TheEnd, &resources), Ending::ShutdownComplete);
    assert_eq!(ending(Direction::Startup, CameTo::TheEnd, &resources), Ending::StartupComplete);
    assert_eq!(ending(Direction::Shutdown, CameTo::TheEnd, &resources[1..]), Ending::NothingToDo);
    assert_eq!(ending(Direction::Startup, CameTo::TheEnd, &[]), Ending::NothingToDo);
}

#[test]
fn how_far_the_workflow_came_decides_before_the_lines_do() {
    let resources = [done()];
    for (direction, came_to, expected) in [
        (Direction::Shutdown, CameTo::CancelledInGrace, Ending::ShutdownCancelled),
        (Direction::Shutdown, CameTo::Superseded, Ending::ShutdownSuperseded),
        (Direction::Shutdown, CameTo::Failure, Ending::ShutdownIncomplete),
        (Direction::Startup, CameTo::Superseded, Ending::StartupSuperseded),
        (Direction::Startup, CameTo::CancelledInGrace, Ending::StartupSuperseded),
        (Direction::Startup, CameTo::Failure, Ending::StartupIncomplete),
    ] {
        assert_eq!(ending(direction, came_to, &resources), expected);
    }
}

#[test]
fn a_line_says_what_became_of_the_server_and_of_its_services() {
    let said = |resource: &PlannedResource, direction, before| line(resource, direction, before, NOW).said;
    assert_eq!(said(&planned(1), Direction::Shutdown, true), Said::WillStop);
    assert_eq!(said(&planned(1), Direction::Shutdown, false), Said::NotReached);
    assert_eq!(said(&done(), Direction::Shutdown, false), Said::Stopped);
    assert_eq!(said(&done(), Direction::Startup, false), Said::Started);
    assert_eq!(said(&stuck(), Direction::Shutdown, false), Said::Problem("a.service is active".into()));
    let both = PlannedResource { outcome: Some(Outcome::not_done("protected")), ..stuck() };
    assert_eq!(said(&both, Direction::Shutdown, false), Said::Problem("a.service is active; protected".into()));
    for (reason, expected) in [
        (Leave::NotManaged, Said::NotManaged),
        (Leave::Excluded, Said::Excluded),
        (Leave::AlreadyStopped, Said::WasStoppedBefore),
        (Leave::Gone, Said::Gone),
    ] {
        assert_eq!(said(&left(reason), Direction::Shutdown, true), expected);
    }
}

#[test]
fn servers_are_told_to_the_admins_of_their_app_and_the_unmanaged_to_all() {
    let resources = [done(), PlannedResource { app: None, ..left(Leave::NotManaged) }];
    let report = by_app(&resources);
    assert_eq!(report.apps.keys().map(AppName::as_str).collect::<Vec<_>>(), ["orders"]);
    assert_eq!(report.unmanaged, [&resources[1]]);
}

#[test]
fn a_run_is_worth_another_try_while_a_server_is_not_where_it_should_be() {
    let worth = |direction, came_to, resource: PlannedResource| worth_another_try(direction, came_to, &[resource]);
    for direction in [Direction::Shutdown, Direction::Startup] {
        assert!(worth(direction, CameTo::TheEnd, planned(1)));
        assert!(worth(direction, CameTo::Failure, done()));
        assert!(!worth(direction, CameTo::TheEnd, done()));
        assert!(!worth(direction, CameTo::Superseded, planned(1)));
        assert!(!worth(direction, CameTo::TheEnd, left(Leave::NotManaged)));
        let doubtful = PlannedResource { treatment: Treatment::Doubt { reason: "bad tag".into() }, ..planned(3) };
        assert!(!worth(direction, CameTo::TheEnd, doubtful));
    }
    assert!(worth(Direction::Startup, CameTo::TheEnd, stuck()));
    assert!(!worth(Direction::Shutdown, CameTo::TheEnd, stuck()), "its server is down");
}

#[test]
fn units_of_which_nothing_is_known_are_named_and_not_tried_again() {
    let untold = PlannedResource { untold: crate::samples::units(&["b.service"]), ..done() };
    let resources = [untold];
    assert_eq!(ending(Direction::Startup, CameTo::TheEnd, &resources), Ending::StartupIncomplete);
    assert!(!worth_another_try(Direction::Startup, CameTo::TheEnd, &resources));
    let Said::Problem(said) = line(&resources[0], Direction::Startup, false, NOW).said else { panic!("a problem") };
    assert!(said.contains("b.service") && said.contains("by hand"));
}

#[test]
fn what_aws_starts_after_a_week_is_looked_at_and_its_days_are_counted() {
    let down = |state, restarts_at| PlannedResource {
        id: ResourceId::parse("db:orders").unwrap(),
        state,
        restarts_at,
        held_since: Some(NOW),
        outcome: Some(Outcome::Done),
        ..planned(1)
    };
    let day = SignedDuration::from_hours(24);
    let look = |resource: PlannedResource, now| look_again_at(Direction::Shutdown, &[resource], now);
    assert_eq!(look(down(State::Running, None), NOW), Some(NOW + day * 7 + RESTART_TAKES));
    let known = down(State::Stopped, Some(NOW + day));
    assert_eq!(look(known.clone(), NOW), Some(NOW + day + RESTART_TAKES));
    assert_eq!(look(known.clone(), NOW + day * 2), Some(NOW + day * 2 + LOOKS_EVERY), "AWS is late");
    assert_eq!(look_again_at(Direction::Startup, &[known], NOW), None);
    assert_eq!(look(PlannedResource { outcome: Some(Outcome::Done), ..planned(1) }, NOW), None, "a server stays down");
    let (again, still) = (down(State::Running, None), down(State::Stopped, None));
    assert_eq!(told_again_after(Direction::Shutdown, &[still.clone(), again.clone()], NOW + day * 7), Some(7));
    let said = |resource: &PlannedResource| line(resource, Direction::Shutdown, false, NOW + day * 7).said;
    assert_eq!((said(&again), said(&still)), (Said::StoppedAgain(7), Said::Stopped));
    let said_early = line(&again, Direction::Shutdown, false, NOW + day * 6).said;
    assert_eq!(said_early, Said::Stopped, "a person had started it");
    let lost = down(State::Inaccessible, None);
    assert_eq!((said(&lost), told_again_after(Direction::Shutdown, &[lost], NOW)), (Said::TakenDown, Some(0)));
    assert_eq!(told_again_after(Direction::Shutdown, &[still], NOW + day * 7), None);
}

#[test]
fn what_concerns_nobody_is_not_told() {
    let id = |text: &str| crate::resource::ResourceId::parse(text).unwrap();
    let told = |text: &str, reason| {
        let resources = [PlannedResource { id: id(text), ..left(reason) }];
        by_app(&resources).apps.len() == 1
    };
    for guard in ["group:shop", "scaling:service/shop/web"] {
        assert!(!told(guard, Leave::NotNeeded) && !told(guard, Leave::AlreadyStopped), "{guard}");
    }
    assert!(!told("db:reports", Leave::NotNeeded), "what it follows does not use the key");
    assert!(told("db:reports", Leave::OnAnotherKey) && told("i-2", Leave::AlreadyStopped));
}

#[test]
fn a_server_that_waits_for_capacity_has_one_problem_whatever_its_services_say() {
    let waits = PlannedResource {
        services: Some(Outcome::not_done("the server is not running")),
        outcome: Some(Outcome::not_done(format!("{WAITS_FOR_CAPACITY}t3.micro"))),
        ..planned(1)
    };
    let said = line(&waits, Direction::Startup, false, NOW).said;
    assert_eq!(said, Said::WaitsForCapacity("t3.micro".into()));
}
