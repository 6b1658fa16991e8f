//! Following a watched key: what an event and the sweep do alike.

use aws_config::SdkConfig;
use jiff::SignedDuration;
use lockstep_domain::epoch::{KeyAction, KeyRecord, RunAction, continue_run, decide};
use lockstep_domain::key::KeyArn;
use lockstep_domain::run::RunName;

use crate::clock;
use crate::configuration;
use crate::error::Failure;
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::runs::{Runs, Started};

#[derive(Debug, Clone)]
pub struct Watch {
    pub ledger: Ledger,
    keys: Keys,
    runs: Runs,
    grace: SignedDuration,
}

/// What came of a look at a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Followed {
    NotWatched,
    /// There was nothing to start.
    Nothing {
        reason: String,
    },
    Started {
        run: RunName,
        reason: String,
    },
}

impl Watch {
    pub fn new(sdk: &SdkConfig) -> Result<Self, Failure> {
        Ok(Self {
            ledger: Ledger::new(sdk)?,
            keys: Keys::new(sdk),
            runs: Runs::new(sdk)?,
            grace: configuration::grace()?,
        })
    }

    /// Looks at a key and makes sure that the run it asks for is under way or done.
    pub async fn follow(&self, key: &KeyArn) -> Result<Followed, Failure> {
        let Some(record) = self.ledger.key(key).await? else { return Ok(Followed::NotWatched) };
        let look = self.keys.look(key).await?;
        let decision = decide(&record, &look, self.grace, clock::now());
        match decision.action {
            KeyAction::Nothing => Ok(Followed::Nothing { reason: decision.reason }),
            KeyAction::OpenEpoch(next) => self.open(&record, &next, decision.reason).await,
            KeyAction::EnsureRun => self.ensure_run(&record).await,
        }
    }

    async fn ensure_run(&self, record: &KeyRecord) -> Result<Followed, Failure> {
        let name = record.run();
        let run = self.ledger.run(&name).await?;
        let execution = self.runs.execution(&name, record.direction).await?;
        let (action, reason) = continue_run(record, run.as_ref(), execution, self.grace, clock::now());
        match action {
            RunAction::Nothing => Ok(Followed::Nothing { reason: reason.to_owned() }),
            RunAction::Start => self.start(record, reason.to_owned()).await,
            RunAction::Open(next) => self.open(record, &next, reason.to_owned()).await,
        }
    }

    async fn open(&self, record: &KeyRecord, next: &KeyRecord, reason: String) -> Result<Followed, Failure> {
        if !self.ledger.advance_key(record, next).await? {
            return Err(Failure::retryable(format!("opening run {}: another came first", next.run())));
        }
        self.start(next, reason).await
    }

    async fn start(&self, record: &KeyRecord, reason: String) -> Result<Followed, Failure> {
        let run = record.open_run();
        self.ledger.open_run(&run).await?;
        match self.runs.start(&run).await? {
            Started::Running => Ok(Followed::Started { run: run.run, reason }),
            Started::EndedBefore => Ok(Followed::Nothing { reason: format!("run {} has ended", run.run) }),
        }
    }
}
