use jiff::SignedDuration;

use super::*;
use crate::kind::Kind;
use crate::outcome::LONGEST_WAIT;
use crate::run::{Direction, RunName};
use crate::samples::{batch, hold, key, planned, row};
use crate::unit::UnitState;

mod containers;
mod databases;
mod refusals;

const SOON: SignedDuration = SignedDuration::from_secs(20);

fn answer(before: Option<State>, refused: Option<&str>) -> Evidence {
    let refused = refused.map(|cause| CallRefusal { error: "Ec2.Ec2Exception".into(), cause: cause.into() });
    let answers =
        before.map(|before| CallAnswer { name: "i-1".into(), before: Some(before), count: None }).into_iter().collect();
    let part = PartAnswer { names: vec!["i-1".into()], answers, refused };
    Evidence { answers: vec![part], ..Evidence::default() }
}

fn stop(own: Own, evidence: &Evidence) -> Proof {
    prove(&batch(Step::Stop(Kind::Server)), &planned(1), Some(hold(1, own)), evidence, SOON)
}

fn start(evidence: &Evidence, waited: SignedDuration) -> Proof {
    prove(&batch(Step::Start(Kind::Server)), &planned(1), Some(hold(1, Own::Starting)), evidence, waited)
}

#[test]
fn the_answer_to_our_stop_makes_the_server_ours() {
    let proof = stop(Own::Intent, &answer(Some(State::Running), None));
    assert_eq!(proof.hold.unwrap().own, Own::Stopped);
    assert_eq!((proof.outcome, proof.release), (None, None));
    let proof = stop(Own::Intent, &answer(Some(State::Stopped), None));
    assert_eq!(proof.hold.unwrap().own, Own::NotOurs);
}

#[test]
fn an_answer_proves_nothing_where_no_intent_was_written() {
    assert_eq!(stop(Own::Stopped, &answer(Some(State::Stopping), None)).hold, None);
}

#[test]
fn a_refused_server_is_not_ours_and_what_it_is_then_settles_it() {
    let proof = stop(Own::Intent, &answer(None, Some("Protected (Service: Ec2, Status Code: 400, Request ID: 1)")));
    assert_eq!(proof.hold.unwrap().own, Own::Services);
    assert_eq!((proof.outcome, proof.again), (None, false));
    let refused = PlannedResource { refused: proof.refused, ..planned(1) };
    let look = |step, state| {
        let seen = Evidence { states: Some(vec![row(1, state, "ok")]), ..Evidence::default() };
        prove(&batch(step), &refused, Some(hold(1, Own::Services)), &seen, SOON)
    };
    let said = Some(Outcome::not_done("StopInstances was refused: Protected"));
    assert_eq!(look(Step::Stop(Kind::Server), State::Running).outcome, said);
    assert_eq!(look(Step::Stop(Kind::Server), State::Stopping).outcome, None);
    assert_eq!(look(Step::Stop(Kind::Server), State::Stopped).outcome, Some(Outcome::Done));
    let gone = look(Step::Start(Kind::Server), State::Terminated);
    assert!(matches!(gone.outcome, Some(Outcome::NotDone { reason }) if reason.contains("terminated")));
    assert!(gone.release.unwrap().keys.is_empty());
}

#[test]
fn a_server_that_was_seen_up_is_not_ours_when_it_is_down_again() {
    let seen = |state| Evidence {
        states: Some(vec![row(1, state, "ok")]),
        agents: Some(BTreeSet::from(["i-1".to_owned()])),
        ..Evidence::default()
    };
    let look = |run: RunName, own, state| {
        let hold = Hold { run, ..hold(1, own) };
        prove(
            &batch(Step::Start(Kind::Server)),
            &planned(1),
            Some(hold),
            &seen(state),
            Kind::Server.facts().starts_within,
        )
    };
    let of_run = batch(Step::Start(Kind::Server)).of.run;
    let up = look(of_run.clone(), Own::Starting, State::Running);
    assert_eq!((up.hold.unwrap().own, up.release), (Own::Services, None));
    let of_another = RunName::new(&key("k1"), 9, Direction::Startup, 1);
    assert_eq!(look(of_another, Own::Starting, State::Running).hold, None, "another run acted on it since");
    let down = look(of_run, Own::Services, State::Stopped);
    assert!(down.release.unwrap().keys.is_empty());
    assert!(matches!(down.outcome, Some(Outcome::NotDone { reason }) if reason.contains("somebody else")));
}

#[test]
fn a_server_without_capacity_waits_for_the_next_attempt_and_keeps_no_other() {
    let full =
        answer(None, Some("insufficient capacity: InsufficientInstanceCapacity (Service: Ec2, Status Code: 500)"));
    let proof = start(&full, SOON);
    assert!(matches!(proof.outcome, Some(Outcome::NotDone { reason }) if reason.contains("waits for capacity")));
    assert!(!proof.again && proof.release.is_none());
}

#[test]
fn a_lost_answer_leaves_the_server_in_doubt() {
    let refused = Some(CallRefusal { error: "States.Timeout".into(), cause: String::new() });
    let part = PartAnswer { names: vec!["i-1".into()], answers: vec![], refused };
    let lost = Evidence { answers: vec![part], ..Evidence::default() };
    assert_eq!(lost.refusal().map(CallRefusal::said).as_deref(), Some("States.Timeout"));
    let proof = stop(Own::Intent, &lost);
    assert!(proof.again);
    let hold = proof.hold.unwrap();
    assert_eq!(hold.own, Own::Intent);
    let mut asked_again = hold;
    asked_again.note_answer(State::Stopping);
    assert_eq!(asked_again.own, Own::Intent);
}

#[test]
fn a_stopped_server_is_done_and_a_gone_one_is_let_go() {
    let seen = |rows: Vec<StatusRow>| Evidence { states: Some(rows), ..Evidence::default() };
    let done = stop(Own::Stopped, &seen(vec![row(1, State::Stopped, "not-applicable")]));
    assert_eq!((done.outcome, done.release), (Some(Outcome::Done), None));
    let gone = stop(Own::Stopped, &seen(vec![row(1, State::Terminated, "not-applicable")]));
    assert!(gone.release.unwrap().keys.is_empty() && gone.outcome.is_some());
    assert!(stop(Own::Stopped, &seen(Vec::new())).release.unwrap().keys.is_empty());
    assert_eq!(stop(Own::Stopped, &seen(vec![row(1, State::Stopping, "not-applicable")])).outcome, None);
}

#[test]
fn a_server_is_up_once_checks_and_agent_are() {
    let seen = |checks: &str, online: bool| Evidence {
        states: Some(vec![row(1, State::Running, checks)]),
        agents: Some(if online { BTreeSet::from(["i-1".to_owned()]) } else { BTreeSet::new() }),
        ..Evidence::default()
    };
    assert_eq!(start(&seen("ok", true), SOON).outcome, Some(Outcome::Done));
    assert_eq!(start(&seen("ok", true), SOON).release, None, "its services are not up yet");
    assert_eq!(start(&seen("ok", false), SOON).outcome, None);
    assert_eq!(start(&seen("initializing", true), SOON).outcome, None);
    assert!(matches!(
        start(&seen("ok", false), Kind::Server.facts().starts_within).outcome,
        Some(Outcome::NotDone { .. })
    ));
}

#[test]
fn a_server_without_units_is_let_go_as_soon_as_it_is_up() {
    let unitless = PlannedResource { units: Vec::new(), ..planned(1) };
    let seen = Evidence { states: Some(vec![row(1, State::Running, "ok")]), ..Evidence::default() };
    let batch = batch(Step::Start(Kind::Server));
    let held = Hold { run: batch.of.run.clone(), ..hold(1, Own::Starting) };
    let proof = prove(&batch, &unitless, Some(held), &seen, SOON);
    assert_eq!(proof.outcome, Some(Outcome::Done));
    assert!(proof.release.unwrap().keys.is_empty());
    // An operator may have paused the key: what is stopped after this was stopped by somebody else all the same.
    assert_eq!(proof.hold.unwrap().own, Own::Services);
}

#[test]
fn what_a_unit_was_before_is_kept_and_its_start_lets_the_server_go() {
    let said = |output: &str| Evidence {
        commanded: BTreeSet::from(["i-1".to_owned()]),
        invocations: Some(vec![Invocation { name: "i-1".into(), status: "Success".into(), output: output.into() }]),
        ..Evidence::default()
    };
    let stopped = said("a.service active inactive\n");
    let proof = prove(&batch(Step::StopServices), &planned(1), Some(hold(1, Own::Services)), &stopped, SOON);
    assert_eq!(proof.outcome, Some(Outcome::Done));
    assert_eq!(proof.hold.unwrap().unit_priors.into_values().collect::<Vec<_>>(), [UnitState::Active]);
    let started = said("a.service inactive active\n");
    let proof = prove(&batch(Step::StartServices), &planned(1), Some(hold(1, Own::Starting)), &started, SOON);
    assert_eq!((proof.outcome, proof.hold), (Some(Outcome::Done), None));
    assert!(proof.release.unwrap().keys.is_empty());
    let failed = said("a.service inactive failed\n");
    let proof = prove(&batch(Step::StartServices), &planned(1), Some(hold(1, Own::Starting)), &failed, SOON);
    assert!(proof.release.is_none() && proof.outcome != Some(Outcome::Done));
}

#[test]
fn a_batch_that_is_given_up_says_why_and_changes_no_hold() {
    let evidence = Evidence { gave_up: Some("EC2 would not tell".into()), ..Evidence::default() };
    let proof = stop(Own::Intent, &evidence);
    assert_eq!((proof.hold, proof.release), (None, None));
    assert_eq!(proof.outcome, Some(Outcome::not_done("EC2 would not tell")));
}

#[test]
fn a_server_that_ec2_has_forgotten_is_gone_and_keeps_no_other_from_being_looked_at() {
    let look = |id: &str, waited| {
        let gave_up = Some(format!("The instance ID '{id}' does not exist (Service: Ec2, Status Code: 400)"));
        let evidence = Evidence { gave_up, ..Evidence::default() };
        prove(&batch(Step::Start(Kind::Server)), &planned(1), Some(hold(1, Own::Starting)), &evidence, waited)
    };
    let gone = look("i-1", SOON);
    assert!(gone.release.unwrap().keys.is_empty() && gone.outcome.is_some());
    let other = look("i-2", SOON);
    assert_eq!((other.outcome, other.release), (None, None));
    assert!(look("i-2", LONGEST_WAIT).outcome.is_some(), "but not for ever");
}

#[test]
fn a_server_that_is_up_is_let_go_by_this_key_only() {
    let mut two = hold(1, Own::Starting);
    two.keys.insert(key("k2"));
    let evidence = Evidence { states: Some(vec![row(1, State::Running, "ok")]), ..Evidence::default() };
    let unitless = PlannedResource { units: Vec::new(), ..planned(1) };
    let proof = prove(&batch(Step::Start(Kind::Server)), &unitless, Some(two), &evidence, SOON);
    assert_eq!(proof.release.unwrap().keys.into_iter().collect::<Vec<_>>(), [key("k2")]);
}
