use super::*;
use crate::samples::planned;

fn done() -> PlannedServer {
    PlannedServer { services: Some(Outcome::Done), outcome: Some(Outcome::Done), ..planned(1) }
}

fn stuck() -> PlannedServer {
    PlannedServer { services: Some(Outcome::not_done("a.service is active")), ..done() }
}

fn left(reason: Leave) -> PlannedServer {
    PlannedServer { treatment: Treatment::Leave { reason }, ..planned(2) }
}

#[test]
fn incomplete_never_hides_behind_complete() {
    let doubtful = PlannedServer { treatment: Treatment::Doubt { reason: "bad tag".into() }, ..planned(3) };
    let not_reached = planned(3);
    let without_services = PlannedServer { services: None, ..done() };
    for flaw in [stuck(), doubtful, not_reached, without_services] {
        let servers = [done(), flaw];
        assert_eq!(ending(Direction::Shutdown, CameTo::TheEnd, &servers), Ending::ShutdownIncomplete);
        assert_eq!(ending(Direction::Startup, CameTo::TheEnd, &servers), Ending::StartupIncomplete);
    }
}

#[test]
fn what_was_left_alone_makes_no_run_incomplete() {
    let servers =
        [done(), left(Leave::NotManaged), left(Leave::AlreadyStopped), left(Leave::Excluded), left(Leave::Gone)];
    assert_eq!(ending(Direction::Shutdown, CameTo::TheEnd, &servers), Ending::ShutdownComplete);
    assert_eq!(ending(Direction::Startup, CameTo::TheEnd, &servers), Ending::StartupComplete);
    assert_eq!(ending(Direction::Shutdown, CameTo::TheEnd, &servers[1..]), Ending::NothingToDo);
    assert_eq!(ending(Direction::Startup, CameTo::TheEnd, &[]), Ending::NothingToDo);
}

#[test]
fn how_far_the_workflow_came_decides_before_the_lines_do() {
    let servers = [done()];
    for (direction, came_to, expected) in [
        (Direction::Shutdown, CameTo::CancelledInGrace, Ending::ShutdownCancelled),
        (Direction::Shutdown, CameTo::Superseded, Ending::ShutdownSuperseded),
        (Direction::Shutdown, CameTo::Failure, Ending::ShutdownIncomplete),
        (Direction::Startup, CameTo::Superseded, Ending::StartupSuperseded),
        (Direction::Startup, CameTo::CancelledInGrace, Ending::StartupSuperseded),
        (Direction::Startup, CameTo::Failure, Ending::StartupIncomplete),
    ] {
        assert_eq!(ending(direction, came_to, &servers), expected);
    }
}

#[test]
fn a_line_says_what_became_of_the_server_and_of_its_services() {
    let said = |server: &PlannedServer, direction, before| line(server, direction, before).said;
    assert_eq!(said(&planned(1), Direction::Shutdown, true), Said::WillStop);
    assert_eq!(said(&planned(1), Direction::Shutdown, false), Said::NotReached);
    assert_eq!(said(&done(), Direction::Shutdown, false), Said::Stopped);
    assert_eq!(said(&done(), Direction::Startup, false), Said::Started);
    assert_eq!(said(&stuck(), Direction::Shutdown, false), Said::Problem("a.service is active".into()));
    let both = PlannedServer { outcome: Some(Outcome::not_done("protected")), ..stuck() };
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
    let servers = [done(), PlannedServer { app: None, ..left(Leave::NotManaged) }];
    let report = by_app(&servers);
    assert_eq!(report.apps.keys().map(AppName::as_str).collect::<Vec<_>>(), ["orders"]);
    assert_eq!(report.unmanaged, [&servers[1]]);
}

#[test]
fn a_run_is_worth_another_try_while_a_server_is_not_where_it_should_be() {
    let worth = |direction, came_to, server: PlannedServer| worth_another_try(direction, came_to, &[server]);
    for direction in [Direction::Shutdown, Direction::Startup] {
        assert!(worth(direction, CameTo::TheEnd, planned(1)));
        assert!(worth(direction, CameTo::Failure, done()));
        assert!(!worth(direction, CameTo::TheEnd, done()));
        assert!(!worth(direction, CameTo::Superseded, planned(1)));
        assert!(!worth(direction, CameTo::TheEnd, left(Leave::NotManaged)));
        let doubtful = PlannedServer { treatment: Treatment::Doubt { reason: "bad tag".into() }, ..planned(3) };
        assert!(!worth(direction, CameTo::TheEnd, doubtful));
    }
    assert!(worth(Direction::Startup, CameTo::TheEnd, stuck()));
    assert!(!worth(Direction::Shutdown, CameTo::TheEnd, stuck()), "its server is down");
}

#[test]
fn units_of_which_nothing_is_known_are_named_and_not_tried_again() {
    let untold = PlannedServer { untold: crate::samples::units(&["b.service"]), ..done() };
    let servers = [untold];
    assert_eq!(ending(Direction::Startup, CameTo::TheEnd, &servers), Ending::StartupIncomplete);
    assert!(!worth_another_try(Direction::Startup, CameTo::TheEnd, &servers));
    let Said::Problem(said) = line(&servers[0], Direction::Startup, false).said else { panic!("a problem") };
    assert!(said.contains("b.service") && said.contains("by hand"));
}
