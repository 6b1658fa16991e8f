//! Counterexamples that the model has found in the production code, each with the change that takes it away.
//!
//! The whole search is made with every repair in place, so that one finding does not hide the next. Each repair is
//! then left out alone: as long as that brings a counterexample, the finding is open; when it brings none any more,
//! production has been repaired and the entry goes.

/// A change to production that the model makes around its decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Repair {
    /// `plan-startup` waits for every shutdown of the key that still acts, not only for the epoch before.
    WaitsForEveryShutdown,
    /// `batch::start_services` starts no unit while another key holds the server.
    UnitsMindOtherKeys,
    /// `record-dependents` joins a hold that is in doubt, too.
    DoubtJoins,
    /// `plan_server` takes a server whose hold says `Starting` for one that is coming up, whatever EC2 shows.
    StartingIsNotStopped,
    /// `evidence::start` notes that a server was seen up: from then on its being down is not ours.
    SeenUpIsNotOurs,
    /// `evidence::start` gives up a server that somebody else stopped while we held only its units.
    OthersStopIsFinal,
    /// A run that has seen its key enabled writes that down, and every later write of it is refused.
    SeenEnableIsWritten,
    /// A hold knows that its units were asked to stop; if the answer never came, the startup says so.
    UnansweredUnitsAreReported,
    /// `confirm-batch` plans a server anew that was planned to be let go because another key held it, if none does now.
    StalePlanIsRedone,
    /// The command document keeps what a unit was until we start it again, whichever key or epoch asks: a second
    /// command finds the unit stopped by the first.
    KeptUntilStarted,
}

impl Repair {
    pub const ALL: [Self; 10] = [
        Self::WaitsForEveryShutdown,
        Self::UnitsMindOtherKeys,
        Self::DoubtJoins,
        Self::StartingIsNotStopped,
        Self::SeenUpIsNotOurs,
        Self::OthersStopIsFinal,
        Self::SeenEnableIsWritten,
        Self::UnansweredUnitsAreReported,
        Self::StalePlanIsRedone,
        Self::KeptUntilStarted,
    ];
    /// All of them, as bits.
    pub const EVERY: u16 = (1 << Self::ALL.len()) - 1;

    pub fn bit(self) -> u16 {
        1 << (self as u16)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::WaitsForEveryShutdown => "a startup waits for every acting shutdown",
            Self::UnitsMindOtherKeys => "a unit is not started while another key holds its server",
            Self::DoubtJoins => "a hold in doubt is joined",
            Self::StartingIsNotStopped => "a server on its way up is not taken for stopped",
            Self::SeenUpIsNotOurs => "a server that was seen up is not ours when it is down again",
            Self::OthersStopIsFinal => "a server that somebody else stopped is let go",
            Self::SeenEnableIsWritten => "an enable that a run has seen is written down",
            Self::UnansweredUnitsAreReported => "units whose answer never came are reported",
            Self::KeptUntilStarted => "what a unit was is kept until we start it",
            Self::StalePlanIsRedone => "the last of two keys that let go starts the server",
        }
    }
}
