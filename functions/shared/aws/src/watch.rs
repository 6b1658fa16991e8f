//! Following a watched key: what an event and the sweep do alike.

use aws_config::SdkConfig;
use futures_util::{StreamExt, stream};
use jiff::SignedDuration;
use lockstep_domain::enrolment::check_own_key;
use lockstep_domain::epoch::{KeyAction, KeyRecord, RunAction, continue_run, decide};
use lockstep_domain::key::{KeyArn, KeyLook};
use lockstep_domain::notice::{SeenKey, see};
use lockstep_domain::outbox::{UnsentAction, decide_unsent};
use lockstep_domain::run::RunName;
use lockstep_domain::standing::{Standing, is_stuck};

use crate::clock;
use crate::configuration;
use crate::error::Failure;
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::metrics;
use crate::runs::{Runs, Started};

/// Keys looked at side by side; KMS takes hundreds of DescribeKey calls a second.
const AT_ONCE: usize = 10;

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
        standing: Standing,
    },
    Started {
        run: RunName,
        reason: String,
        standing: Standing,
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

    /// The key of its owner's that the ledger is encrypted with. What is not known keeps nothing from its way.
    async fn own_key(&self) -> Option<String> {
        self.ledger.own_key().await.unwrap_or_else(|failure| {
            tracing::error!(error.chain = failure.chain(), "nobody can tell what the ledger is encrypted with");
            metrics::count_denial(&failure);
            None
        })
    }

    /// Looks at a key and makes sure that the run it asks for is under way or done, and that who must know is told.
    pub async fn follow(&self, key: &KeyArn) -> Result<Followed, Failure> {
        match self.ledger.key(key).await? {
            Some(record) => self.follow_watched(record, self.own_key().await.as_deref()).await,
            None => Ok(Followed::NotWatched),
        }
    }

    /// The same for several keys, in the order in which they are done; one that cannot be followed does not keep the
    /// others.
    pub async fn follow_each<'a>(
        &self,
        keys: impl IntoIterator<Item = &'a KeyArn>,
    ) -> Vec<(&'a KeyArn, Result<Followed, Failure>)> {
        let own = self.own_key().await;
        let follow = async |key| match self.ledger.key(key).await? {
            Some(record) => self.follow_watched(record, own.as_deref()).await,
            None => Ok(Followed::NotWatched),
        };
        let looks = stream::iter(keys).map(async |key| (key, follow(key).await));
        looks.buffer_unordered(AT_ONCE).collect().await
    }

    async fn follow_watched(&self, record: KeyRecord, own: Option<&str>) -> Result<Followed, Failure> {
        let key = &record.key;
        let look = match check_own_key(key, own) {
            Ok(()) => self.keys.look(key).await?,
            Err(refusal) => KeyLook::Unknown { reason: format!("it may not be watched: {refusal}") },
        };
        let decision = decide(&record, &look, self.grace, clock::now());
        let standing = Standing::of(&record, &look);
        let followed = match decision.action {
            KeyAction::Nothing => Followed::Nothing { reason: decision.reason, standing },
            KeyAction::OpenEpoch(next) => self.open(&record, &next, decision.reason, standing).await?,
            KeyAction::EnsureRun => self.ensure_run(&record, standing).await?,
        };
        // Telling comes last: no run waits for it, and the next look makes good what fails here.
        self.tell(key, &look).await?;
        Ok(followed)
    }

    async fn tell(&self, key: &KeyArn, look: &KeyLook) -> Result<(), Failure> {
        let before = self.ledger.seen_lately(key).await?;
        let next = see(before.as_ref(), look, clock::now());
        if let Some(next) = &next
            && !self.ledger.see(key, before.as_ref(), next).await?
        {
            return Ok(());
        }
        let Some(SeenKey { since, untold: Some(notice), .. }) = next.or(before) else { return Ok(()) };
        self.runs.tell(key, notice, since).await?;
        let reason = format!("{} is to be told", notice.name());
        tracing::warn!(decision = "told", reason, key.arn = %key, "a notice is on its way");
        self.ledger.told(key, since).await
    }

    /// Has mailed again what its workflows could not mail; returns how many mailings are given up.
    pub async fn send_again(&self) -> Result<usize, Failure> {
        let (mut given_up, now) = (0, clock::now());
        for unsent in self.ledger.unsent().await? {
            let (action, reason) = decide_unsent(&unsent, now);
            match action {
                UnsentAction::Leave => {}
                UnsentAction::SendAgain => {
                    self.runs.send_again(&unsent, now).await?;
                    tracing::warn!(decision = "mailed again", reason, mail.id = unsent.id, "a mail is late");
                }
                UnsentAction::GiveUp => {
                    self.ledger.forget_unsent(&unsent.id).await?;
                    tracing::error!(decision = "given up", reason, mail.id = unsent.id, "a mail is given up");
                    given_up += 1;
                }
            }
        }
        Ok(given_up)
    }

    async fn ensure_run(&self, record: &KeyRecord, mut standing: Standing) -> Result<Followed, Failure> {
        let name = record.run();
        let run = self.ledger.run(&name).await?;
        let execution = self.runs.execution(&name, record.direction).await?;
        let now = clock::now();
        let (action, reason) = continue_run(record, run.as_ref(), execution, self.grace, now);
        standing.is_stuck = is_stuck(record, run.as_ref(), execution, now);
        match action {
            RunAction::Nothing => Ok(Followed::Nothing { reason: reason.to_owned(), standing }),
            RunAction::Start => self.start(record, reason.to_owned(), standing).await,
            RunAction::Open(next) => self.open(record, &next, reason.to_owned(), standing).await,
        }
    }

    async fn open(
        &self,
        record: &KeyRecord,
        next: &KeyRecord,
        reason: String,
        standing: Standing,
    ) -> Result<Followed, Failure> {
        if !self.ledger.advance_key(record, next).await? {
            return Err(Failure::retryable(format!("opening run {}: another came first", next.run())));
        }
        self.start(next, reason, standing).await
    }

    async fn start(&self, record: &KeyRecord, reason: String, standing: Standing) -> Result<Followed, Failure> {
        let run = record.open_run();
        self.ledger.open_run(&run).await?;
        match self.runs.start(&run).await? {
            Started::Running => Ok(Followed::Started { run: run.run, reason, standing }),
            Started::EndedBefore => Ok(Followed::Nothing { reason: format!("run {} has ended", run.run), standing }),
        }
    }
}
