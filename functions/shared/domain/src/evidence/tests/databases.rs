use super::*;
use crate::resource::ResourceId;
use crate::samples::run;

fn database() -> PlannedResource {
    PlannedResource { id: ResourceId::parse("db:orders").unwrap(), units: Vec::new(), ..planned(1) }
}

fn of_database(own: Own) -> Hold {
    Hold { id: database().id, units: Vec::new(), ..hold(1, own) }
}

fn seen_database(state: State) -> Evidence {
    let row = StatusRow { name: "orders".into(), state, system: None, instance: None };
    Evidence { states: Some(vec![row]), ..Evidence::default() }
}

fn answer_of_database(before: Option<State>, error: Option<&str>) -> Evidence {
    let refused =
        error.map(|error| CallRefusal { error: error.into(), cause: "(Service: Rds, Status Code: 400)".into() });
    let answers = before
        .map(|before| CallAnswer { name: "orders".into(), before: Some(before), count: None })
        .into_iter()
        .collect();
    let part = PartAnswer { names: vec!["orders".into()], answers, refused };
    Evidence { answers: vec![part], ..Evidence::default() }
}

#[test]
fn an_accepted_stop_makes_a_database_ours() {
    let evidence = answer_of_database(Some(State::Running), None);
    let proof = prove(&batch(Step::Stop(Kind::Database)), &database(), Some(of_database(Own::Intent)), &evidence, SOON);
    assert_eq!((proof.hold.unwrap().own, proof.outcome), (Own::Stopped, None));
}

#[test]
fn a_database_in_the_wrong_state_is_looked_at_before_anything_is_believed() {
    let evidence = answer_of_database(None, Some("Rds.InvalidDbInstanceStateException"));
    let stop = |database: &PlannedResource, evidence: &Evidence| {
        prove(&batch(Step::Stop(Kind::Database)), database, Some(of_database(Own::Intent)), evidence, SOON)
    };
    let proof = stop(&database(), &evidence);
    assert_eq!((proof.hold, proof.outcome, proof.again), (None, None, false));
    let refused = PlannedResource { refused: proof.refused, ..database() };
    let busy = stop(&refused, &seen_database(State::Busy));
    assert_eq!(busy.hold.unwrap().own, Own::Services, "it was not stopped by us, for it was not stopped");
    assert!(matches!(busy.outcome, Some(Outcome::NotDone { reason }) if reason.contains("StopDBInstance")));
    let of_another = Hold { run: run(9, Direction::Shutdown).run, ..of_database(Own::Intent) };
    let seen = seen_database(State::Running);
    let stays = prove(&batch(Step::Stop(Kind::Database)), &refused, Some(of_another), &seen, SOON);
    assert_eq!(stays.hold, None, "another key's run is about to call");
    let stopped = stop(&refused, &seen_database(State::Stopped));
    assert_eq!((stopped.hold, stopped.outcome), (None, Some(Outcome::Done)), "whose stop it was stays in doubt");
}

#[test]
fn a_database_that_is_starting_already_is_waited_for() {
    let start = |database: &PlannedResource, evidence: &Evidence| {
        prove(&batch(Step::Start(Kind::Database)), database, Some(of_database(Own::Starting)), evidence, SOON)
    };
    let proof = start(&database(), &answer_of_database(None, Some("Rds.InvalidDbInstanceStateException")));
    let refused = PlannedResource { refused: proof.refused, ..database() };
    assert_eq!(start(&refused, &seen_database(State::Pending)).outcome, None);
    let up = start(&refused, &seen_database(State::Running));
    assert_eq!(up.outcome, Some(Outcome::Done));
    assert!(up.release.unwrap().keys.is_empty());
}

#[test]
fn a_database_that_rds_took_down_before_we_could_stop_it_is_left_to_a_person() {
    let late = Kind::Database.facts().starts_within;
    let evidence = seen_database(State::Inaccessible);
    let of = |own| prove(&batch(Step::Start(Kind::Database)), &database(), Some(of_database(own)), &evidence, late);
    let not_ours = of(Own::Services);
    assert!(matches!(not_ours.outcome, Some(Outcome::NotDone { reason }) if reason.contains("by hand within 7 days")));
    assert!(not_ours.release.unwrap().keys.is_empty());
    assert!(of(Own::Starting).release.is_none(), "ours is started again by the next attempt");
}
