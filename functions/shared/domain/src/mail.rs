//! What a mail is, and what it is about; `lockstep-mail` writes it.

use crate::plan::PlannedResource;
use crate::report::{Line, Said, has_left_untold};
use crate::run::Ending;

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    GraceStarted,
    /// The key is switched on and off again and again.
    Flapping,
    /// A startup in which an app lacks nothing but capacity of AWS.
    WaitingForCapacity,
    Ended(Ending),
}

impl Occasion {
    /// Part of the id of a mail in the ledger, so that each is sent once.
    pub fn name(self) -> &'static str {
        match self {
            Self::GraceStarted => "grace_started",
            Self::Flapping => "flapping",
            Self::WaitingForCapacity => "waiting_for_capacity",
            Self::Ended(ending) => ending.name(),
        }
    }

    /// What admins are told of a run, if anything: one that found nothing is not news, and one that the next
    /// change of the key has overtaken leaves the telling to its successor, but for what only it can tell.
    pub fn of_ending(ending: Ending, flapping: bool, resources: &[PlannedResource]) -> Option<Self> {
        match ending {
            Ending::StartupSuperseded if has_left_untold(resources) => Some(Self::Ended(ending)),
            Ending::NothingToDo | Ending::ShutdownSuperseded | Ending::StartupSuperseded => None,
            Ending::ShutdownCancelled if flapping => None,
            ending => Some(Self::Ended(ending)),
        }
    }

    /// The same occasion as the admins of one app see it, whose lines these are. An app of which everything is settled
    /// (`is_settled`) is complete, whatever became of others.
    pub fn of_app(self, lines: &[Line], is_settled: bool) -> Self {
        let waits = |line: &Line| matches!(line.said, Said::WaitsForCapacity(_));
        let is_amiss = |line: &Line| matches!(line.said, Said::Problem(_) | Said::NotReached);
        match self {
            Self::Ended(Ending::StartupIncomplete) if lines.iter().any(waits) && !lines.iter().any(is_amiss) => {
                Self::WaitingForCapacity
            }
            Self::Ended(ending) if is_settled => Self::Ended(without_problems(ending)),
            other => other,
        }
    }

    /// The key is off, so that it may be waiting for its deletion.
    pub fn is_of_a_key_that_is_off(self) -> bool {
        matches!(
            self,
            Self::GraceStarted | Self::Flapping | Self::Ended(Ending::ShutdownComplete | Ending::ShutdownIncomplete)
        )
    }
}

/// What it would be if every resource were where it should be.
fn without_problems(ending: Ending) -> Ending {
    match ending {
        Ending::ShutdownIncomplete => Ending::ShutdownComplete,
        Ending::StartupIncomplete => Ending::StartupComplete,
        other => other,
    }
}

/// A mail, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// One line, at most 200 characters, free of control characters.
    pub subject: String,
    pub text: String,
    /// The same for those who read HTML.
    pub html: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Kind;
    use crate::plan::Outcome;
    use crate::samples::{planned, units};

    #[test]
    fn a_startup_that_was_broken_off_tells_of_units_that_only_it_knows_of() {
        let superseded = |untold| {
            let resource = PlannedResource { untold, outcome: Some(Outcome::Done), ..planned(1) };
            Occasion::of_ending(Ending::StartupSuperseded, true, &[resource])
        };
        assert_eq!(superseded(Vec::new()), None);
        assert_eq!(superseded(units(&["b.service"])), Some(Occasion::Ended(Ending::StartupSuperseded)));
    }

    #[test]
    fn an_app_is_told_what_became_of_it_whatever_became_of_others() {
        let of = |ending, said: &[Said], is_settled| {
            let line = |said: &Said| Line {
                kind: Kind::Server,
                id: String::new(),
                name: String::new(),
                units: Vec::new(),
                said: said.clone(),
            };
            Occasion::Ended(ending).of_app(&said.iter().map(line).collect::<Vec<_>>(), is_settled)
        };
        let (waits, up) = (Said::WaitsForCapacity("t3.micro".into()), Said::Started);
        let incomplete = Ending::StartupIncomplete;
        assert_eq!(of(incomplete, &[waits.clone(), up.clone()], false), Occasion::WaitingForCapacity);
        for other in [Said::Problem("failed".into()), Said::NotReached] {
            assert_eq!(of(incomplete, &[waits.clone(), other], false), Occasion::Ended(incomplete));
        }
        assert_eq!(of(incomplete, std::slice::from_ref(&up), true), Occasion::Ended(Ending::StartupComplete));
        assert_eq!(of(incomplete, &[up], false), Occasion::Ended(incomplete), "nothing was seen of its units");
        assert_eq!(of(Ending::ShutdownIncomplete, &[waits], false), Occasion::Ended(Ending::ShutdownIncomplete));
    }
}
