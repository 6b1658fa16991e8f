//! One mail to each admin of each app that a run concerns; each is claimed before it is sent.

use lockstep_aws::clock;
use lockstep_aws::configuration::{self, SdkConfig};
use lockstep_aws::error::Failure;
use lockstep_aws::lambda;
use lockstep_aws::ledger::Ledger;
use lockstep_aws::mails::Mails;
use lockstep_domain::app::{Address, AppName, AppRecord, Language};
use lockstep_domain::mail::{Occasion, Story, render};
use lockstep_domain::plan::PlannedServer;
use lockstep_domain::report::{by_app, line};
use lockstep_domain::run::{RunRecord, RunRef};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub struct World {
    ledger: Ledger,
    mails: Mails,
    operator: Address,
    language: Language,
}

impl World {
    pub fn new(sdk: &SdkConfig) -> Result<Self, Failure> {
        Ok(Self {
            ledger: Ledger::new(sdk)?,
            mails: Mails::new(sdk)?,
            operator: Address::parse(&configuration::required("OPERATOR_ADDRESS")?)?,
            language: configuration::default_language()?,
        })
    }
}

#[derive(Debug, Deserialize)]
struct Input {
    run: RunRef,
    about: About,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum About {
    GraceStarted,
    Ended,
}

#[derive(Debug, Default, Serialize)]
pub struct Answer {
    pub sent: u32,
    pub sent_before: u32,
    /// Mails that SES refused for good; the log says why.
    pub refused: u32,
}

pub async fn handle(world: &World, input: Value) -> Result<Answer, Failure> {
    let Input { run, about } = lambda::read(input)?;
    let record = world.ledger.record(&run.run, "mailing about").await?;
    let mut answer = Answer::default();
    let Some(occasion) = occasion(&record, about) else { return Ok(answer) };
    let servers = world.ledger.servers(&run.run).await?;
    let report = by_app(&servers);
    for (app, of_app) in &report.apps {
        let addressed = world.addressed(app).await?;
        for admin in &addressed.admins {
            let words = Words { record: &record, occasion, app: app.as_str(), language: addressed.language };
            world.send(&words, of_app, &report.unmanaged, admin, &mut answer).await?;
        }
    }
    if report.apps.is_empty() && (!report.unmanaged.is_empty() || occasion != Occasion::GraceStarted) {
        let words = Words { record: &record, occasion, app: "(no app)", language: world.language };
        world.send(&words, &[], &report.unmanaged, &world.operator, &mut answer).await?;
    }
    tracing::info!(sent = answer.sent, refused = answer.refused, run.name = %run.run, "mails sent");
    if answer.refused > 0 {
        return Err(Failure::terminal(format!("mailing about run {}: {} mails were refused", run.run, answer.refused)));
    }
    Ok(answer)
}

/// A run that has ended in its grace warns nobody any more.
fn occasion(record: &RunRecord, about: About) -> Option<Occasion> {
    match (about, record.ending) {
        (About::GraceStarted, None) => Some(Occasion::GraceStarted),
        (About::GraceStarted, Some(_)) | (About::Ended, None) => None,
        (About::Ended, Some(ending)) => Some(Occasion::Ended(ending)).filter(|occasion| occasion.is_mailed()),
    }
}

struct Words<'a> {
    record: &'a RunRecord,
    occasion: Occasion,
    app: &'a str,
    language: Language,
}

impl World {
    /// An app that nobody enrolled is mailed to the operator.
    async fn addressed(&self, app: &AppName) -> Result<AppRecord, Failure> {
        let enrolled = self.ledger.app(app).await?;
        let operator = || AppRecord { app: app.clone(), admins: vec![self.operator.clone()], language: self.language };
        Ok(enrolled.unwrap_or_else(operator))
    }

    async fn send(
        &self,
        words: &Words<'_>,
        of_app: &[&PlannedServer],
        unmanaged: &[&PlannedServer],
        to: &Address,
        answer: &mut Answer,
    ) -> Result<(), Failure> {
        let (record, now) = (words.record, clock::now());
        let id = format!("{}#{}#{to}", words.occasion.name(), words.app);
        if !self.ledger.claim_mail(&record.run, &id, now).await? {
            answer.sent_before += 1;
            return Ok(());
        }
        let lines = |servers: &[&PlannedServer]| -> Vec<_> {
            servers
                .iter()
                .map(|server| line(server, record.direction, words.occasion == Occasion::GraceStarted))
                .collect()
        };
        let story = Story {
            occasion: words.occasion,
            app: words.app,
            key: &record.key,
            run: &record.run,
            noticed_at: record.noticed_at,
            grace_ends_at: record.grace_ends_at,
            now,
            lines: &lines(of_app),
            unmanaged: &lines(unmanaged),
        };
        let outbox_id = format!("{}-{}", record.run, words.occasion.name());
        match self.mails.send(&render(&story, words.language), to, &outbox_id).await {
            Ok(()) => answer.sent += 1,
            Err(failure @ Failure::Retryable { .. }) => {
                self.ledger.release_mail(&record.run, &id).await?;
                return Err(failure);
            }
            Err(failure) => {
                tracing::error!(error.chain = failure.chain(), run.name = %record.run, "a mail was refused");
                answer.refused += 1;
            }
        }
        Ok(())
    }
}
