//! The laws of `invariants.md` that the model keeps watch over, and the guards that a mutant takes away.

/// A property; its number is its bit in [`crate::world::Ghost::broken`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Law {
    /// A stop is confirmed only when the newest epoch has had its full grace.
    FullGrace,
    /// A stop is confirmed only by a run of whose epoch nobody has seen the key enabled.
    EnableEndsEpoch,
    /// A change is confirmed only after a look that found the key as the run needs it.
    FreshLook,
    /// An unknown state causes neither a stop nor a start nor an epoch.
    UnknownIsNeither,
    /// A server is stopped only after its unit is down, or was asked and is reported.
    OrderDown,
    /// No call without a hold in the ledger that says so.
    WriteAhead,
    /// Nothing is started that somebody else has stopped.
    Ownership,
    /// Nothing is started that another key holds down.
    AllKeys,
    /// A unit is started only on a running server.
    OrderUp,
    /// One live execution for each epoch of a key.
    OneWriter,
    /// A hold is let go only by the newest run of its key.
    NewestLetsGo,
    /// What was before is written once.
    PriorOnce,
    /// One target that fails does not keep the others from their try.
    Isolation,
    /// A server is reported stopped only once it was seen so.
    Verified,
    /// Epochs count up by one.
    Monotonic,
}

impl Law {
    pub const ALL: [Self; 15] = [
        Self::FullGrace,
        Self::EnableEndsEpoch,
        Self::FreshLook,
        Self::UnknownIsNeither,
        Self::OrderDown,
        Self::WriteAhead,
        Self::Ownership,
        Self::AllKeys,
        Self::OrderUp,
        Self::OneWriter,
        Self::NewestLetsGo,
        Self::PriorOnce,
        Self::Isolation,
        Self::Verified,
        Self::Monotonic,
    ];

    pub fn bit(self) -> u16 {
        1 << (self as u16)
    }

    /// The law's name in the table and in the traces.
    pub fn name(self) -> &'static str {
        match self {
            Self::FullGrace => "S1 full grace",
            Self::EnableEndsEpoch => "S4 a seen enable ends the epoch",
            Self::FreshLook => "S2 fresh look",
            Self::UnknownIsNeither => "S3 unknown is neither",
            Self::OrderDown => "S5 order down",
            Self::WriteAhead => "S6 write ahead",
            Self::Ownership => "S7 ownership",
            Self::AllKeys => "S8 all keys",
            Self::OrderUp => "S9 order up",
            Self::OneWriter => "S10 one live run an epoch",
            Self::NewestLetsGo => "S10 only the newest run lets go",
            Self::PriorOnce => "S12 prior written once",
            Self::Isolation => "S17 isolation",
            Self::Verified => "S18 accepted is not done",
            Self::Monotonic => "S22 monotonic epochs",
        }
    }
}

/// One guard taken away around a production call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mutant {
    NoRecheck,
    RecheckByStateOnly,
    HoldIsABool,
    OwnershipAfterTheCall,
    OverwritesPrior,
    StartsWithOneKeyOff,
    NoEpochConditionOnClose,
    EventIdAsExecutionName,
    UnknownIsDisabled,
    MailBeforeVerification,
    BatchErrorAbortsTheRest,
    StartOrderInverted,
    SweepDisabled,
}

impl Mutant {
    pub const ALL: [Self; 13] = [
        Self::NoRecheck,
        Self::RecheckByStateOnly,
        Self::HoldIsABool,
        Self::OwnershipAfterTheCall,
        Self::OverwritesPrior,
        Self::StartsWithOneKeyOff,
        Self::NoEpochConditionOnClose,
        Self::EventIdAsExecutionName,
        Self::UnknownIsDisabled,
        Self::MailBeforeVerification,
        Self::BatchErrorAbortsTheRest,
        Self::StartOrderInverted,
        Self::SweepDisabled,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::NoRecheck => "no re-check",
            Self::RecheckByStateOnly => "re-check by state only",
            Self::HoldIsABool => "hold as a bool",
            Self::OwnershipAfterTheCall => "ownership written after the call",
            Self::OverwritesPrior => "overwrite prior state",
            Self::StartsWithOneKeyOff => "start with one of two keys off",
            Self::NoEpochConditionOnClose => "no epoch condition on close",
            Self::EventIdAsExecutionName => "event id as execution name",
            Self::UnknownIsDisabled => "unknown is disabled",
            Self::MailBeforeVerification => "mail before verification",
            Self::BatchErrorAbortsTheRest => "batch error aborts the rest",
            Self::StartOrderInverted => "start order inverted",
            Self::SweepDisabled => "sweep disabled",
        }
    }
}
