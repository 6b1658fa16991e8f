//! Calls that were refused, and in which parts they are made again.

use std::ops::RangeInclusive;

use super::*;

const MISSING: &str = "The instance ID 'i-2' does not exist (Service: Ec2, Status Code: 400, Request ID: 1)";
const THROTTLED: &str = "Request limit exceeded. (Service: Ec2, Status Code: 503, Request ID: 1)";

fn names(numbers: RangeInclusive<usize>) -> Vec<String> {
    numbers.map(|number| format!("i-{number:x}")).collect()
}

fn part(numbers: RangeInclusive<usize>, refused: Option<&str>) -> PartAnswer {
    let refused = refused.map(|cause| CallRefusal { error: "Ec2.Ec2Exception".into(), cause: cause.into() });
    PartAnswer { names: names(numbers), answers: Vec::new(), refused }
}

#[test]
fn a_call_that_was_refused_because_of_one_is_made_again_in_halves() {
    let refused = |count| Evidence { answers: vec![part(1..=count, Some(MISSING))], ..Evidence::default() };
    let of_five = refused(5);
    assert_eq!(of_five.again(false), [names(1..=2), names(3..=5)]);
    assert!(of_five.is_of_one_among_many() && !of_five.is_progress());
    let proof = stop(Own::Intent, &of_five);
    assert_eq!((proof.hold.unwrap().own, proof.outcome, proof.refused), (Own::Services, None, None));
    assert!(proof.again);
    assert!(refused(1).again(false).is_empty(), "one alone is the one at fault");
}

#[test]
fn a_throttled_call_is_made_again_as_it_is_and_in_halves_if_there_is_no_room_for_long() {
    let refused = |count| {
        let answers = vec![part(1..=count, Some(THROTTLED)), part(90..=99, None)];
        Evidence { answers, ..Evidence::default() }
    };
    assert!(!refused(50).is_of_one_among_many());
    assert!(refused(50).is_progress());
    assert_eq!(refused(50).again(false), [names(1..=50)], "what was accepted is not called for again");
    assert_eq!(refused(50).again(true), [names(1..=25), names(26..=50)]);
    assert_eq!(refused(10).again(true), [names(1..=10)], "each call takes a token of its own");
}

#[test]
fn a_throttled_server_is_asked_again() {
    let throttled = answer(None, Some(THROTTLED));
    let proof = stop(Own::Intent, &throttled);
    assert_eq!((proof.outcome, proof.again), (None, true));
    assert_eq!(proof.hold.unwrap().own, Own::Services);
    assert!(start(&throttled, SOON).again);
}
