use serde_json::json;

use super::*;
use crate::resource::{ResourceId, Settings};

fn service() -> PlannedResource {
    PlannedResource { id: ResourceId::parse("ecs:shop/web").unwrap(), units: Vec::new(), ..planned(1) }
}

/// Three tasks were wanted when it was planned.
fn of_service(own: Own, was: Own) -> Hold {
    let settings = Settings { count: Some(3), ..Settings::default() };
    Hold { id: service().id, units: Vec::new(), was, settings, ..hold(1, own) }
}

fn stop(hold: Hold, evidence: serde_json::Value) -> Proof {
    let evidence = serde_json::from_value(evidence).unwrap();
    prove(&batch(Step::Stop(Kind::ContainerService)), &service(), Some(hold), &evidence, SOON)
}

fn answered(count: u32) -> serde_json::Value {
    json!({ "answers": [{ "names": ["shop/web"], "answers": [{ "name": "shop/web", "count": count }] }] })
}

#[test]
fn the_count_right_before_the_call_proves_whose_stop_it_was_and_is_what_it_gets_back() {
    let noted = stop(of_service(Own::Intent, Own::Services), answered(5)).hold.unwrap();
    assert_eq!((noted.own, noted.settings.count), (Own::Stopped, Some(5)));
    let theirs = stop(of_service(Own::Intent, Own::Services), answered(0)).hold.unwrap();
    assert_eq!((theirs.own, theirs.settings.count), (Own::NotOurs, Some(3)), "somebody else had stopped it");
    let again = stop(of_service(Own::Intent, Own::Stopped), answered(1)).hold.unwrap();
    assert_eq!((again.own, again.settings.count), (Own::Stopped, Some(3)), "what was noted first stays");
}

#[test]
fn a_call_that_was_not_made_because_the_look_before_it_failed_proves_nothing() {
    let refused = json!({ "error": "Lockstep.NotLooked", "cause": "Unable to execute HTTP request" });
    let proof = stop(
        of_service(Own::Intent, Own::Services),
        json!({ "answers": [{ "names": ["shop/web"], "refused": refused }] }),
    );
    assert_eq!((proof.again, proof.hold.unwrap().own), (true, Own::Services), "it is asked again");
}

#[test]
fn a_service_is_down_when_its_last_task_is_gone() {
    let seen = |running: u32| json!({ "states": [{ "name": "shop/web", "status": "ACTIVE", "desired": 0, "running": running, "pending": 0 }] });
    let outcome = |running| stop(of_service(Own::Stopped, Own::Services), seen(running)).outcome;
    assert_eq!((outcome(1), outcome(0)), (None, Some(Outcome::Done)));
}
