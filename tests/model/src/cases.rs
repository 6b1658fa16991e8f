//! The configurations: the searches, and for each mutant the smallest world that shows it.

use crate::laws::{Law, Mutant};
use crate::rules::Rules;
use crate::settle;
use crate::world::Budget;

const NONE: Budget = Budget { flips: 0, crashes: 0, lost_answers: 0, refusals: 0, unknowns: 0, meddling: 0 };
const KEY_0: u8 = 0b01;
const KEY_1: u8 = 0b10;
const BOTH_KEYS: u8 = 0b11;
/// No state is run on alone: for properties that are broken on the way.
const NEVER: u64 = u64::MAX;

/// Everything in place and nothing that goes wrong but `flips` changes of the `flipped` keys.
pub fn calm(flips: u8, flipped: u8) -> Rules {
    Rules {
        mutant: None,
        budget: Budget { flips, ..NONE },
        flipped,
        events: false,
        sweep: true,
        watchers: 1,
        settle_one_in: NEVER,
    }
}

/// A search, and at most how many states it generates, repeats included.
#[derive(Debug)]
pub struct Case {
    pub name: &'static str,
    pub rules: Rules,
    pub most: usize,
}

const NO_END: usize = usize::MAX;

/// The searches of the protocol; all laws must hold in all of them.
pub fn searches() -> Vec<Case> {
    let case = |name, flips, flipped, faults: Budget, most| {
        let budget = Budget { flips, ..faults };
        Case { name, rules: Rules { budget, settle_one_in: 64, ..calm(0, flipped) }, most }
    };
    let crash = Budget { crashes: 1, ..NONE };
    let lost = Budget { lost_answers: 1, ..NONE };
    let mut with_events = case("2 flips, events, 2 watchers, a crash", 2, BOTH_KEYS, crash, 2_000_000);
    (with_events.rules.events, with_events.rules.watchers) = (true, 2);
    vec![
        case("3 flips of both keys", 3, BOTH_KEYS, NONE, NO_END),
        case("2 flips of both keys, a lost answer", 2, BOTH_KEYS, lost, NO_END),
        case("2 flips of both keys, a crash", 2, BOTH_KEYS, crash, 8_000_000),
        with_events,
        case("4 flips of key 0", 4, KEY_0, NONE, NO_END),
        case(
            "2 flips of key 0, a crash, a lost answer, another's stop",
            2,
            KEY_0,
            Budget { crashes: 1, lost_answers: 1, meddling: 1, ..NONE },
            NO_END,
        ),
        case(
            "2 flips of key 0, a crash, a refusal, an unknown look",
            2,
            KEY_0,
            Budget { crashes: 1, refusals: 1, unknowns: 1, ..NONE },
            NO_END,
        ),
    ]
}

/// The largest world, for random walks: four flips of both keys, and every fault once.
pub fn walked() -> Rules {
    let budget = Budget { flips: 4, crashes: 1, lost_answers: 1, refusals: 1, unknowns: 1, meddling: 1 };
    Rules { budget, events: true, watchers: 2, ..calm(0, BOTH_KEYS) }
}

/// The smallest world in which a mutant is caught, and by which property.
pub fn of_mutant(mutant: Mutant) -> (Rules, &'static str) {
    let (rules, law) = match mutant {
        Mutant::NoRecheck => (calm(2, KEY_0), Law::FreshLook.name()),
        Mutant::RecheckByStateOnly => (calm(3, KEY_0), Law::FullGrace.name()),
        Mutant::HoldIsABool | Mutant::StartsWithOneKeyOff => (calm(3, BOTH_KEYS), Law::AllKeys.name()),
        Mutant::OwnershipAfterTheCall => (calm(1, KEY_0), Law::WriteAhead.name()),
        Mutant::OverwritesPrior => (calm(2, BOTH_KEYS), Law::PriorOnce.name()),
        Mutant::NoEpochConditionOnClose => (calm(3, KEY_0), Law::NewestLetsGo.name()),
        Mutant::EventIdAsExecutionName => {
            (Rules { events: true, sweep: false, ..calm(1, KEY_0) }, Law::OneWriter.name())
        }
        Mutant::UnknownIsDisabled => {
            (Rules { budget: Budget { unknowns: 1, ..NONE }, ..calm(0, KEY_0) }, Law::UnknownIsNeither.name())
        }
        Mutant::MailBeforeVerification => (calm(1, KEY_0), Law::Verified.name()),
        Mutant::BatchErrorAbortsTheRest => {
            (Rules { budget: Budget { flips: 1, refusals: 1, ..NONE }, ..calm(0, KEY_1) }, Law::Isolation.name())
        }
        Mutant::StartOrderInverted => (calm(2, KEY_0), Law::OrderUp.name()),
        Mutant::SweepDisabled => (Rules { events: true, sweep: false, ..calm(1, KEY_1) }, settle::GOAL),
    };
    (Rules { mutant: Some(mutant), ..rules }, law)
}
