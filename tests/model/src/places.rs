//! Where an execution of a workflow can be, step by step.

use std::fmt;

use lockstep_domain::batch::Step;
use lockstep_domain::kind::Kind;
use lockstep_domain::report::CameTo;

use crate::world::Power;

/// What came back from a fleet call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// The server's state before the call.
    Before(Power),
    /// The unit's state before the first command of this epoch, and after this one.
    Unit { before: bool, after: bool },
    /// The agent is offline, so nobody was asked.
    Offline,
    /// The call was refused for good.
    Refused,
    /// The call was carried out and its answer lost.
    Lost,
}

/// Where a batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum At {
    /// About to read the key's record and the key.
    Look,
    /// The key was read; about to write the intent.
    Commit,
    /// The intent is written; about to make the call.
    Call,
    Record(Answer),
    /// Looking at the server until it has settled.
    Settle,
}

/// Where an execution is. A batch has one server, so that two batches of a run can be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pc {
    /// Finding the dependents to warn about.
    Warn,
    /// Waiting for the end of the grace.
    Wait,
    /// The key was read after the grace; about to begin acting.
    Begin,
    /// Finding the dependents once more.
    Find,
    /// A startup before its plan.
    Plan,
    Batch {
        step: BatchStep,
        server: u8,
        at: At,
    },
    End(End),
}

impl fmt::Display for Pc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Batch { step, server, at: At::Record(answer) } => {
                write!(f, "{step:?} of server {server}: record {answer:?}")
            }
            Self::Batch { step, server, at } => write!(f, "{step:?} of server {server}: {at:?}"),
            other => write!(f, "{other:?}"),
        }
    }
}

/// [`Step`] with a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BatchStep {
    StopServices,
    StopServers,
    StartServers,
    StartServices,
}

impl From<BatchStep> for Step {
    fn from(step: BatchStep) -> Self {
        match step {
            BatchStep::StopServices => Self::StopServices,
            BatchStep::StopServers => Self::Stop(Kind::Server),
            BatchStep::StartServers => Self::Start(Kind::Server),
            BatchStep::StartServices => Self::StartServices,
        }
    }
}

/// [`CameTo`] with a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    TheEnd,
    Cancelled,
    Superseded,
}

impl From<End> for CameTo {
    fn from(end: End) -> Self {
        match end {
            End::TheEnd => Self::TheEnd,
            End::Cancelled => Self::CancelledInGrace,
            End::Superseded => Self::Superseded,
        }
    }
}
