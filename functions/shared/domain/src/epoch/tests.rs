use super::*;

const GRACE: SignedDuration = SignedDuration::from_mins(10);

fn now() -> Timestamp {
    "2026-11-01T03:00:00Z".parse().unwrap()
}

fn record(epoch: u64, direction: Direction) -> KeyRecord {
    let key = KeyArn::parse("arn:aws:kms:eu-west-1:111122223333:key/1234").unwrap();
    KeyRecord { epoch, direction, ..KeyRecord::enrolled(key, now()) }
}

fn off() -> KeyLook {
    KeyLook::Off { state: "Disabled".into() }
}

#[test]
fn a_key_seen_off_opens_an_epoch_with_a_full_grace_from_now() {
    let decision = decide(&record(4, Direction::Startup), &off(), GRACE, now());
    let KeyAction::OpenEpoch(next) = decision.action else { panic!("{decision:?}") };
    assert_eq!((next.epoch, next.direction), (5, Direction::Shutdown));
    assert_eq!(next.grace_ends_at, now() + GRACE);
    assert_eq!(next.run().as_str(), "1234-5-shutdown-1");
}

#[test]
fn a_key_seen_on_after_off_opens_a_startup_without_grace() {
    let decision = decide(&record(5, Direction::Shutdown), &KeyLook::On, GRACE, now());
    let KeyAction::OpenEpoch(next) = decision.action else { panic!("{decision:?}") };
    assert_eq!((next.epoch, next.direction, next.grace_ends_at), (6, Direction::Startup, now()));
}

#[test]
fn a_second_notice_of_the_same_change_opens_nothing() {
    assert_eq!(decide(&record(5, Direction::Shutdown), &off(), GRACE, now()).action, KeyAction::EnsureRun);
    assert_eq!(decide(&record(6, Direction::Startup), &KeyLook::On, GRACE, now()).action, KeyAction::EnsureRun);
    assert_eq!(decide(&record(0, Direction::Startup), &KeyLook::On, GRACE, now()).action, KeyAction::Nothing);
}

#[test]
fn unknown_neither_stops_nor_starts() {
    let unknown = KeyLook::Unknown { reason: "DescribeKey was denied".into() };
    for direction in [Direction::Startup, Direction::Shutdown] {
        let decision = decide(&record(3, direction), &unknown, GRACE, now());
        assert_eq!(decision.action, KeyAction::Nothing);
        assert!(decision.reason.contains("denied"));
    }
}

fn died(attempt: u32) -> KeyRecord {
    KeyRecord { attempt, ..record(5, Direction::Shutdown) }
}

fn ended(ending: Ending, worth_another_try: bool) -> RunRecord {
    RunRecord { ending: Some(ending), worth_another_try, ..died(1).open_run() }
}

fn next(record: &KeyRecord, run: Option<&RunRecord>, execution: Execution, minutes: i64) -> RunAction {
    continue_run(record, run, execution, GRACE, now() + SignedDuration::from_mins(minutes)).0
}

#[test]
fn a_run_that_was_not_started_is_started_and_one_under_way_is_left_alone() {
    let open = died(1).open_run();
    assert_eq!(next(&died(1), None, Execution::NotStarted, 0), RunAction::Start);
    assert_eq!(next(&died(1), Some(&open), Execution::NotStarted, 0), RunAction::Start);
    assert_eq!(next(&died(1), Some(&open), Execution::Running, 500), RunAction::Nothing);
}

#[test]
fn a_dead_run_is_continued_under_the_next_attempt_with_the_original_deadline() {
    let RunAction::Open(again) = next(&died(1), Some(&died(1).open_run()), Execution::Closed, 5) else { panic!() };
    assert_eq!(again.run().as_str(), "1234-5-shutdown-2");
    assert_eq!((again.noticed_at, again.grace_ends_at), (died(1).noticed_at, died(1).grace_ends_at));
    assert_eq!(next(&died(4), None, Execution::Closed, 5), RunAction::Nothing, "it rests longer each time");
    assert!(matches!(next(&died(40), None, Execution::Closed, 60), RunAction::Open(_)), "an hour at most");
}

#[test]
fn a_run_that_did_all_it_could_is_not_tried_again() {
    for ending in [Ending::ShutdownComplete, Ending::ShutdownIncomplete, Ending::NothingToDo] {
        assert_eq!(next(&died(1), Some(&ended(ending, false)), Execution::Closed, 500), RunAction::Nothing);
    }
}

#[test]
fn a_run_whose_databases_aws_may_have_started_is_followed_by_another_attempt_when_that_is_due() {
    let at = now() + SignedDuration::from_mins(100);
    let complete = RunRecord { look_again_at: Some(at), ..ended(Ending::ShutdownComplete, false) };
    assert_eq!(next(&died(3), Some(&complete), Execution::Closed, 99), RunAction::Nothing);
    let RunAction::Open(again) = next(&died(3), Some(&complete), Execution::Closed, 100) else { panic!() };
    assert_eq!((again.epoch, again.attempt), (5, 4), "the grace is long over");
}

#[test]
fn an_incomplete_run_is_tried_again_at_longer_and_longer_intervals() {
    let incomplete = ended(Ending::ShutdownIncomplete, true);
    for (attempt, rest) in [(1, 5), (2, 10), (5, 80), (7, 320), (8, 360), (50, 360)] {
        assert_eq!(next(&died(attempt), Some(&incomplete), Execution::Closed, rest - 1), RunAction::Nothing);
        assert!(matches!(next(&died(attempt), Some(&incomplete), Execution::Closed, rest), RunAction::Open(_)));
    }
}

#[test]
fn a_shutdown_that_saw_the_key_on_is_not_resumed_but_followed_by_a_full_grace() {
    for ending in [Ending::ShutdownCancelled, Ending::ShutdownSuperseded] {
        let RunAction::Open(next) = next(&died(1), Some(&ended(ending, false)), Execution::Closed, 30) else {
            panic!("{ending:?}")
        };
        assert_eq!((next.epoch, next.direction, next.attempt), (6, Direction::Shutdown, 1));
        assert_eq!(next.grace_ends_at, now() + SignedDuration::from_mins(30) + GRACE);
    }
}

#[test]
fn a_run_that_let_go_and_died_before_its_ending_is_followed_by_another_epoch() {
    let let_go = RunRecord { let_go_at: Some(now()), ..died(1).open_run() };
    let RunAction::Open(next) = next(&died(1), Some(&let_go), Execution::Closed, 30) else { panic!("it has let go") };
    assert_eq!((next.epoch, next.attempt), (6, 1));
    assert_eq!(next.grace_ends_at, now() + SignedDuration::from_mins(30) + GRACE);
}

#[test]
fn a_pause_ends_the_epoch_that_it_interrupted() {
    let resumed = KeyRecord { resumed_at: Some(now() + SignedDuration::from_mins(20)), ..died(1) };
    assert!(resumed.was_paused_since());
    for execution in [Execution::Closed, Execution::NotStarted] {
        let RunAction::Open(next) = next(&resumed, None, execution, 30) else { panic!("{execution:?}") };
        assert_eq!((next.epoch, next.direction, next.was_paused_since()), (6, Direction::Shutdown, false));
        assert_eq!(next.grace_ends_at, now() + SignedDuration::from_mins(30) + GRACE);
    }
    let done = ended(Ending::ShutdownComplete, false);
    assert_eq!(next(&resumed, Some(&done), Execution::Closed, 30), RunAction::Nothing);
}

#[test]
fn a_paused_key_opens_nothing() {
    let paused = KeyRecord { paused: true, ..record(4, Direction::Startup) };
    assert_eq!(decide(&paused, &off(), GRACE, now()).action, KeyAction::Nothing);
}

#[test]
fn the_fifth_startup_in_an_hour_waits_until_the_first_is_an_hour_old() {
    let mut record = record(0, Direction::Startup);
    let mut began = Vec::new();
    for flip in 0..12 {
        let at = now() + SignedDuration::from_mins(flip);
        let look = if flip % 2 == 0 { off() } else { KeyLook::On };
        let KeyAction::OpenEpoch(next) = decide(&record, &look, GRACE, at).action else { panic!("flip {flip}") };
        record = next;
        if record.direction == Direction::Startup {
            began.push(record.open_run().starts_from);
        }
    }
    let minute = |m| now() + SignedDuration::from_mins(m);
    assert_eq!(began[..4], [minute(1), minute(3), minute(5), minute(7)]);
    assert_eq!(began[4..], [minute(61), minute(61)], "one that was put off and never began has not worn anything out");
    assert!(record.is_flapping());
    let calm = now() + SignedDuration::from_hours(3);
    let KeyAction::OpenEpoch(next) = decide(&record, &off(), GRACE, calm).action else { panic!() };
    assert!(!next.is_flapping());
}
