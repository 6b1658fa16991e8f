//! What a call or a look that failed proves.

use jiff::SignedDuration;

use super::{PartAnswer, Proof};
use crate::batch::Step;
use crate::hold::{Hold, Own};
use crate::outcome::LONGEST_WAIT;
use crate::plan::{Outcome, PlannedResource};
use crate::refusal::{CallRefusal, Meaning, WAITS_FOR_CAPACITY, names_missing_servers};

/// Only a stop leaves anything in doubt; a start is asked again until it is seen.
fn after_refusal(step: Step, hold: Option<&Hold>, refusal: &CallRefusal) -> Option<Hold> {
    let hold = hold.filter(|hold| matches!(step, Step::Stop(_)) && hold.own == Own::Intent)?;
    let mut noted = hold.clone();
    noted.note_refusal(refusal.meaning());
    (noted != *hold).then_some(noted)
}

/// A call that failed: made again, in halves if one of several is at fault; looked at if it was refused for good; or left
/// to the next attempt.
pub(super) fn refused(step: Step, hold: Option<&Hold>, part: &PartAnswer) -> Option<Proof> {
    let refusal = part.refused.as_ref()?;
    let mut proof = Proof { hold: after_refusal(step, hold, refusal), ..Proof::outcome(None) };
    if part.is_made_again() {
        proof.again = true;
    } else if refusal.meaning() == Meaning::NoCapacity {
        // It may take hours, and the others of the batch shall not wait for it.
        proof.outcome = Some(Outcome::not_done(format!("{WAITS_FOR_CAPACITY}{}", refusal.said())));
    } else {
        proof.refused = Some(format!("{} was refused: {}", step.call(), refusal.said()));
    }
    Some(proof)
}

/// A look that failed. EC2 fails it for the whole batch if it has forgotten one of the servers, and names that one:
/// it is gone, and the others are looked at again.
pub(super) fn gave_up(resource: &PlannedResource, hold: Option<Hold>, reason: &str, waited: SignedDuration) -> Proof {
    if !names_missing_servers(reason) || waited >= LONGEST_WAIT {
        return Proof::outcome(Some(Outcome::not_done(reason)));
    }
    if !reason.contains(resource.id.name()) {
        return Proof::outcome(None);
    }
    let gone = Outcome::not_done("it no longer exists");
    Proof { release: hold.map(Hold::of_gone), ..Proof::outcome(Some(gone)) }
}
