use super::*;

fn row(state: State, check: &str) -> StatusRow {
    let check = Some(check.to_owned());
    StatusRow { name: "i-1".into(), state, system: check.clone(), instance: check }
}

fn invocation(status: &str, output: &str) -> Invocation {
    Invocation { name: "i-1".into(), status: status.into(), output: output.into() }
}

fn units() -> Vec<UnitName> {
    ["a.service", "b.service"].map(|unit| UnitName::parse(unit).unwrap()).to_vec()
}

fn reason(outcome: Option<Outcome>) -> String {
    match outcome {
        Some(Outcome::NotDone { reason }) => reason,
        other => panic!("{other:?}"),
    }
}

const SOON: SignedDuration = SignedDuration::from_secs(20);

#[test]
fn services_are_down_only_when_each_was_seen_down() {
    let down = invocation("Success", "b.service active inactive\na.service active inactive\n");
    assert_eq!(settle_services(&units(), Some(&down), true, Wanted::Down, SOON), Some(Outcome::Done));
    let half = invocation("Failed", "b.service active inactive\na.service active active\n");
    assert_eq!(reason(settle_services(&units(), Some(&half), true, Wanted::Down, SOON)), "a.service is active");
    let silent = invocation("Success", "");
    assert!(reason(settle_services(&units(), Some(&silent), true, Wanted::Down, SOON)).contains("was not reached"));
}

#[test]
fn an_unfinished_command_is_waited_for_until_the_deadline() {
    let delayed = invocation("Delayed", "");
    assert_eq!(settle_services(&units(), Some(&delayed), true, Wanted::Down, SOON), None);
    assert!(
        reason(settle_services(&units(), Some(&delayed), true, Wanted::Down, SERVICES_DEADLINE)).contains("Delayed")
    );
    assert!(reason(settle_services(&units(), None, false, Wanted::Up, SOON)).contains("offline"));
}

#[test]
fn an_unknown_unit_is_named() {
    let unknown = invocation("Failed", "a.service unknown unknown\nb.service active inactive");
    assert!(
        reason(settle_services(&units(), Some(&unknown), true, Wanted::Down, SOON)).contains("not known to systemd")
    );
}

#[test]
fn accepted_is_not_stopped() {
    assert_eq!(settle_stop(Kind::Server, Some(&row(State::Stopping, "ok")), None, SOON), None);
    assert_eq!(settle_stop(Kind::Server, Some(&row(State::Stopped, "ok")), None, SOON), Some(Outcome::Done));
    assert!(
        reason(settle_stop(Kind::Server, Some(&row(State::Stopping, "ok")), None, Kind::Server.facts().stops_within))
            .contains("10 minutes")
    );
    assert!(reason(settle_stop(Kind::Server, Some(&row(State::Terminated, "ok")), None, SOON)).contains("terminated"));
    assert!(reason(settle_stop(Kind::Server, None, None, SOON)).contains("no longer exists"));
}

#[test]
fn a_database_has_no_checks_and_more_time() {
    let seen = |state| StatusRow { name: "orders".into(), state, system: None, instance: None };
    let start = |state, waited| settle_start(Kind::Database, Some(&seen(state)), None, None, waited);
    let stop = |state, refused, waited| settle_stop(Kind::Database, Some(&seen(state)), refused, waited);
    assert_eq!(start(State::Running, SOON), Some(Outcome::Done));
    assert_eq!(
        (
            start(State::Pending, Kind::Server.facts().starts_within),
            start(State::Busy, Kind::Server.facts().starts_within)
        ),
        (None, None)
    );
    assert!(reason(start(State::Pending, Kind::Database.facts().starts_within)).contains("120 minutes"));
    assert!(reason(start(State::Inaccessible, STALE)).contains("could not use its key"));
    assert!(reason(start(State::Lost, SOON)).contains("from a backup"));
    assert_eq!(stop(State::Stopping, None, Kind::Server.facts().stops_within), None);
    assert_eq!(stop(State::Inaccessible, None, SOON), Some(Outcome::Done));
    assert_eq!(reason(stop(State::Busy, Some("not now"), SOON)), "not now");
    assert_eq!(stop(State::Stopping, Some("not now"), SOON), None, "somebody's stop is under way");
}

#[test]
fn running_is_not_ready() {
    assert_eq!(settle_start(Kind::Server, Some(&row(State::Running, "initializing")), None, Some(true), SOON), None);
    assert_eq!(settle_start(Kind::Server, Some(&row(State::Running, "ok")), None, Some(false), SOON), None);
    assert_eq!(
        settle_start(Kind::Server, Some(&row(State::Running, "ok")), None, Some(true), SOON),
        Some(Outcome::Done)
    );
    assert_eq!(settle_start(Kind::Server, Some(&row(State::Running, "ok")), None, None, SOON), Some(Outcome::Done));
}

#[test]
fn a_start_that_falls_back_to_stopped_is_a_failed_start() {
    let stopped = row(State::Stopped, "ok");
    assert_eq!(settle_start(Kind::Server, Some(&stopped), None, Some(false), SOON), None);
    assert!(
        reason(settle_start(Kind::Server, Some(&stopped), None, Some(false), STALE)).contains("went back to stopped")
    );
}

#[test]
fn what_comes_up_is_looked_at_twice_as_often_as_what_goes_down() {
    let looks = |step, until_s| {
        let mut at_s = vec![next_look(step, SignedDuration::ZERO)];
        while let Some(last_s) = at_s.last().copied().filter(|last_s| *last_s < until_s) {
            at_s.push(last_s + next_look(step, SignedDuration::from_secs(last_s)));
        }
        at_s
    };
    assert_eq!(looks(Step::StopServices, 60), [10, 20, 30, 45, 67]);
    assert_eq!(looks(Step::Stop(Kind::Server), 150), [45, 67, 97, 127, 157]);
    assert_eq!(looks(Step::Stop(Kind::Database), 400), [60, 90, 135, 202, 303, 423]);
    assert_eq!(looks(Step::Start(Kind::Server), 77), [30, 40, 50, 62, 77]);
}
