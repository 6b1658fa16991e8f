//! The steps of a run, by what is done and to which kind.

use serde::{Deserialize, Serialize};

use crate::error::Refusal;
use crate::kind::Kind;
use crate::run::Direction;
use crate::unit::UnitName;

/// SSM `SendCommand` takes 50 instance ids.
const SERVERS_TO_A_COMMAND: usize = 50;
/// Seconds until the first look at units, and the most between two looks.
const UNITS_LOOKS_S: (i64, i64) = (10, 30);

/// What a workflow does to a batch; as text `stop_services`, `stop_databases`, `start_servers` and so on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Step {
    /// The units of servers.
    StopServices,
    StartServices,
    /// The resources themselves.
    Stop(Kind),
    Start(Kind),
}

impl Step {
    /// What a run does to services of a kind; those of servers are their units.
    pub fn on_services(direction: Direction, kind: Kind) -> Self {
        match (direction, kind) {
            (Direction::Shutdown, Kind::Server) => Self::StopServices,
            (Direction::Startup, Kind::Server) => Self::StartServices,
            (Direction::Shutdown, kind) => Self::Stop(kind),
            (Direction::Startup, kind) => Self::Start(kind),
        }
    }

    pub fn direction(self) -> Direction {
        match self {
            Self::StopServices | Self::Stop(_) => Direction::Shutdown,
            Self::StartServices | Self::Start(_) => Direction::Startup,
        }
    }

    pub fn kind(self) -> Kind {
        match self {
            Self::StopServices | Self::StartServices => Kind::Server,
            Self::Stop(kind) | Self::Start(kind) => kind,
        }
    }

    /// It asks for the units of servers, not for the resources themselves.
    pub fn is_about_units(self) -> bool {
        matches!(self, Self::StopServices | Self::StartServices)
    }

    /// At most so many resources are in a batch of it.
    pub fn batch(self) -> usize {
        match self {
            Self::StopServices | Self::StartServices => SERVERS_TO_A_COMMAND,
            Self::Stop(kind) => kind.facts().batch.0,
            Self::Start(kind) => kind.facts().batch.1,
        }
    }

    /// Seconds until the first look after its call, and the most between two looks.
    pub fn looks_s(self) -> (i64, i64) {
        let facts = self.kind().facts();
        match self {
            Self::StopServices | Self::StartServices => UNITS_LOOKS_S,
            Self::Stop(_) => (facts.first_look_s.0, facts.longest_look_s),
            Self::Start(_) => (facts.first_look_s.1, facts.longest_look_s),
        }
    }

    /// The call that it makes, as AWS names it.
    pub fn call(self) -> &'static str {
        match self {
            Self::StopServices | Self::StartServices => "SendCommand",
            Self::Stop(kind) => kind.facts().calls.0,
            Self::Start(kind) => kind.facts().calls.1,
        }
    }

    /// `units` (in start order) in the order in which this step acts, separated by spaces.
    pub fn units_in_order(self, units: &[UnitName]) -> String {
        let names = units.iter().map(UnitName::as_str);
        let ordered: Vec<&str> = match self.direction() {
            Direction::Shutdown => names.rev().collect(),
            Direction::Startup => names.collect(),
        };
        ordered.join(" ")
    }
}

impl From<Step> for String {
    fn from(step: Step) -> Self {
        match step {
            Step::StopServices => "stop_services".to_owned(),
            Step::StartServices => "start_services".to_owned(),
            Step::Stop(kind) => format!("stop_{}", kind.facts().plural),
            Step::Start(kind) => format!("start_{}", kind.facts().plural),
        }
    }
}

impl TryFrom<String> for Step {
    type Error = Refusal;
    fn try_from(text: String) -> Result<Self, Refusal> {
        let every = [Self::StopServices, Self::StartServices].into_iter();
        let mut every = every.chain(Kind::ALL.into_iter().flat_map(|kind| [Self::Stop(kind), Self::Start(kind)]));
        let found = every.find(|step| String::from(*step) == text);
        found.ok_or_else(|| Refusal::new("bad_step", "step", &text, "this is a fault in a workflow; report it"))
    }
}
