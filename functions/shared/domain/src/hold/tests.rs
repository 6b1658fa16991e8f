use super::*;

fn hold(prior: State, own: Own) -> Hold {
    let seed = HoldSeed {
        id: ResourceId::parse("i-1").unwrap(),
        name: String::new(),
        app: AppName::parse("orders").unwrap(),
        units: vec![UnitName::parse("b.service").unwrap(), UnitName::parse("a.service").unwrap()],
        guard: None,
        settings: crate::resource::Settings::default(),
        tier: 0,
        state: prior,
    };
    let key = KeyArn::parse("arn:aws:kms:eu-west-1:111122223333:key/1").unwrap();
    let run = RunName::new(&key, 1, crate::run::Direction::Shutdown, 1);
    Hold { own, ..Hold::open(&seed, &key, &run, Timestamp::UNIX_EPOCH) }
}

#[test]
fn only_a_running_server_that_we_stopped_is_ours_to_start() {
    assert!(hold(State::Running, Own::Stopped).is_ours_to_start());
    assert!(hold(State::Busy, Own::Stopped).is_ours_to_start(), "a database in its backup runs");
    assert!(!hold(State::Stopped, Own::Stopped).is_ours_to_start());
    assert!(!hold(State::Running, Own::Intent).is_ours_to_start());
    assert!(!hold(State::Running, Own::Services).is_ours_to_start());
}

#[test]
fn the_state_before_the_call_proves_whose_stop_it_was() {
    for (before, own) in [
        (State::Running, Own::Stopped),
        (State::Pending, Own::Stopped),
        (State::Stopping, Own::Intent),
        (State::Stopped, Own::NotOurs),
    ] {
        let mut hold = hold(State::Running, Own::Services);
        hold.intend_to_stop(&hold.run.clone(), Timestamp::UNIX_EPOCH);
        hold.note_answer(before);
        assert_eq!(hold.own, own, "{before:?}");
    }
}

#[test]
fn after_a_lost_answer_a_stopped_server_stays_in_doubt() {
    let mut hold = hold(State::Running, Own::Services);
    let run = hold.run.clone();
    hold.intend_to_stop(&run, Timestamp::UNIX_EPOCH);
    hold.note_refusal(Meaning::AnswerLost);
    hold.intend_to_stop(&run, Timestamp::UNIX_EPOCH);
    hold.note_answer(State::Stopping);
    assert_eq!(hold.own, Own::Intent);
    hold.note_refusal(Meaning::Refused);
    assert_eq!(hold.own, Own::Intent);
    hold.note_answer(State::Running);
    assert_eq!(hold.own, Own::Stopped);
}

#[test]
fn an_intent_that_was_never_answered_is_remembered() {
    let mut hold = hold(State::Running, Own::Services);
    let run = hold.run.clone();
    hold.intend_to_stop(&run, Timestamp::UNIX_EPOCH);
    assert_eq!(hold.was, Own::Services);
    hold.intend_to_stop(&run, Timestamp::UNIX_EPOCH);
    assert_eq!(hold.was, Own::Intent);
    assert!(hold.is_in_doubt());
    hold.note_answer(State::Stopped);
    assert!(hold.is_in_doubt());
}

#[test]
fn what_was_proven_ours_stays_ours_when_another_key_stops_it_again() {
    for was in [Own::Stopped, Own::Starting] {
        let mut hold = hold(State::Running, was);
        let run = hold.run.clone();
        hold.intend_to_stop(&run, Timestamp::UNIX_EPOCH);
        hold.note_refusal(Meaning::AnswerLost);
        hold.intend_to_stop(&run, Timestamp::UNIX_EPOCH);
        assert!(hold.is_ours_to_start() && !hold.is_in_doubt());
        hold.note_answer(State::Stopping);
        assert_eq!(hold.own, was);
    }
}

#[test]
fn a_refused_stop_leaves_the_server_as_it_was() {
    let mut hold = hold(State::Running, Own::Services);
    hold.intend_to_stop(&hold.run.clone(), Timestamp::UNIX_EPOCH);
    hold.note_refusal(Meaning::Passing);
    assert_eq!((hold.own, hold.was), (Own::Services, Own::Services));
}

#[test]
fn a_prior_state_is_written_once() {
    let mut hold = hold(State::Running, Own::Stopped);
    let unit = hold.units[0].clone();
    hold.note_prior(&unit, UnitState::Active);
    hold.note_prior(&unit, UnitState::Inactive);
    assert_eq!(hold.units_to_start(), [unit]);
}
