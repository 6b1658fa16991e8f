//! The state of the small world: what KMS, EC2, Step Functions and the ledger hold, and the ghosts of the proof.

use lockstep_domain::hold::Own;
use lockstep_domain::run::Ending;

pub use crate::places::{Answer, At, BatchStep, End, Pc};

/// A run by its name: key, epoch, direction, attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId {
    pub key: u8,
    pub epoch: u8,
    pub startup: bool,
    pub attempt: u8,
}

/// `KEY#<arn>` / `KEY`, its times relative to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyRow {
    pub epoch: u8,
    pub startup: bool,
    pub attempt: u8,
    /// Ticks since the epoch was noticed.
    pub noticed: u8,
    /// Ticks that are left of the grace.
    pub grace: u8,
    /// Ticks since the newest attempt.
    pub tried: u8,
    pub before: Option<RunId>,
}

/// What EC2 says of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Power {
    Running,
    Stopping,
    Stopped,
    Pending,
}

/// Ghost: whose call took a server down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum By {
    Nobody,
    Us,
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Server {
    pub power: Power,
    /// Ticks since it began to stop or to start.
    pub moving_for: u8,
    pub unit_active: bool,
    /// The command document's note of what the unit was before we stopped it; lost when the server goes down.
    pub kept: Option<bool>,
    pub stopped_by: By,
    /// Ghost: our command stopped the unit while it was active.
    pub unit_is_ours: bool,
}

impl Server {
    pub fn is_moving(&self) -> bool {
        matches!(self.power, Power::Stopping | Power::Pending)
    }

    pub fn turn(&mut self, power: Power) {
        (self.power, self.moving_for) = (power, 0);
    }
}

/// `HOLD#<server>` / `HOLD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HoldRow {
    /// Bits of the keys that hold the server.
    pub keys: u8,
    pub prior: Power,
    pub own: Own,
    pub was: Own,
    /// Whether the unit was active before; empty until an answer said so.
    pub unit_prior: Option<bool>,
    pub run: RunId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Treat {
    Act,
    Join,
    Release,
    Leave,
    Doubt,
}

/// `RUN#<run>` / `RESOURCE#<id>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Line {
    pub treat: Treat,
    pub power: Power,
    /// Whether the run has to do with the server's unit.
    pub has_unit: bool,
    /// No answer told what the unit was before.
    pub untold: bool,
    pub services: Option<bool>,
    /// The call for the server was refused for good.
    pub refused: bool,
    pub outcome: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exec {
    NotStarted,
    Running(Pc),
    Closed,
}

/// `RUN#<run>` / `RUN` with its lines, and the execution of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Run {
    pub id: RunId,
    pub before: Option<RunId>,
    pub acting: bool,
    pub ending: Option<Ending>,
    pub again: bool,
    pub exec: Exec,
    /// A batch answered `superseded`.
    pub superseded: bool,
    /// It was told that the key had changed.
    pub let_go: bool,
    pub lines: [Option<Line>; 2],
}

/// A `receive-key-event` or `sweep-keys` between its look at a key and its write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Watcher {
    pub key: u8,
    /// The key's record as it was read.
    pub row: KeyRow,
    pub saw_on: bool,
}

/// How much may still go wrong or change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Budget {
    pub flips: u8,
    pub crashes: u8,
    pub lost_answers: u8,
    pub refusals: u8,
    pub unknowns: u8,
    pub meddling: u8,
}

/// Everything that the checker tells states apart by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    /// Whether each key is enabled.
    pub on: [bool; 2],
    /// Whether an event about each key is under way; it may be delivered any number of times, or lost.
    pub hints: [bool; 2],
    pub keys: [KeyRow; 2],
    pub runs: Vec<Run>,
    pub holds: [Option<HoldRow>; 2],
    pub servers: [Server; 2],
    pub watchers: Vec<Watcher>,
    pub budget: Budget,
    pub ghost: Ghost,
}

/// What only the proof knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Ghost {
    /// Ticks since the ledger last took a key to be off after it was on; counted apart from the production record.
    pub off_for: [u8; 2],
    /// A run of the newest shutdown epoch has seen its key enabled.
    pub seen_on: [bool; 2],
    /// Servers (bits) that a shutdown of each key has reported as down, until a startup of it is opened.
    pub down_for: [u8; 2],
    /// The properties that were broken on the way here, as bits of [`crate::laws::Law`].
    pub broken: u16,
}
