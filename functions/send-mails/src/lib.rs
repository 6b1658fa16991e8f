//! One mail to each admin of each app that a run concerns; each is claimed before it is sent.

use jiff::Timestamp;
use lockstep_aws::clock;
use lockstep_aws::configuration::{self, SdkConfig};
use lockstep_aws::error::Failure;
use lockstep_aws::keys::Keys;
use lockstep_aws::lambda;
use lockstep_aws::ledger::Ledger;
use lockstep_aws::ledger::mails::{Claim, MailId};
use lockstep_aws::mails::{Mails, Sent};
use lockstep_domain::app::{Address, AppName, AppRecord, Language};
use lockstep_domain::key::KeyArn;
use lockstep_domain::mail::{Occasion, Story, render};
use lockstep_domain::plan::PlannedResource;
use lockstep_domain::report::{by_app, line, told_again_after};
use lockstep_domain::run::{RunRecord, RunRef};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub struct World {
    ledger: Ledger,
    keys: Keys,
    mails: Mails,
    operator: Address,
    language: Language,
}

impl World {
    pub fn new(sdk: &SdkConfig) -> Result<Self, Failure> {
        Ok(Self {
            ledger: Ledger::new(sdk)?,
            keys: Keys::new(sdk),
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
    /// Mails that a retry is to send.
    pub put_off: u32,
}

pub async fn handle(world: &World, input: Value) -> Result<Answer, Failure> {
    let Input { run, about } = lambda::read(input)?;
    let record = world.ledger.record(&run.run, "mailing about").await?;
    let mut answer = Answer::default();
    let resources = world.ledger.resources(&run.run).await?;
    let Some(occasion) = occasion(&record, &resources, about) else { return Ok(answer) };
    let report = by_app(&resources);
    let deleted_at = if occasion.is_of_a_key_that_is_off() { world.deletion_date(&record.key).await } else { None };
    let again_after = record.ended_at.and_then(|at| told_again_after(record.direction, &resources, at));
    for (app, of_app) in &report.apps {
        let addressed = world.addressed(app).await?;
        for admin in &addressed.admins {
            let language = addressed.language;
            let words = Words { record: &record, occasion, deleted_at, app: app.as_str(), language, again_after };
            world.send(&words, of_app, &report.unmanaged, admin, &mut answer).await?;
        }
    }
    if report.apps.is_empty() && (!report.unmanaged.is_empty() || about == About::Ended) {
        let words = Words {
            record: &record,
            occasion,
            deleted_at,
            app: "(no app)",
            language: world.language,
            again_after: None,
        };
        world.send(&words, &[], &report.unmanaged, &world.operator, &mut answer).await?;
    }
    let (sent, refused, put_off) = (answer.sent, answer.refused, answer.put_off);
    tracing::info!(sent, refused, put_off, run.name = %run.run, "mails sent");
    // What can still be sent is sent first: one address that is refused does not keep the others.
    if put_off > 0 {
        return Err(Failure::retryable(format!("mailing about run {}: {put_off} mails were put off", run.run)));
    }
    if refused > 0 {
        return Err(Failure::terminal(format!("mailing about run {}: {refused} mails were refused", run.run)));
    }
    Ok(answer)
}

/// A run that has ended in its grace warns nobody any more.
fn occasion(record: &RunRecord, resources: &[PlannedResource], about: About) -> Option<Occasion> {
    match (about, record.ending) {
        (About::GraceStarted, None) if record.flapping => Some(Occasion::Flapping),
        (About::GraceStarted, None) => Some(Occasion::GraceStarted),
        (About::GraceStarted, Some(_)) | (About::Ended, None) => None,
        (About::Ended, Some(ending)) => Occasion::of_ending(ending, record.flapping, resources),
    }
}

struct Words<'a> {
    record: &'a RunRecord,
    occasion: Occasion,
    deleted_at: Option<Timestamp>,
    app: &'a str,
    language: Language,
    /// Days after which AWS has done something to what is kept down: news, whatever the epoch has told before.
    again_after: Option<i64>,
}

impl Words<'_> {
    /// What the mail is about, in a word that no other mail of the epoch has.
    fn about(&self) -> String {
        let again = self.again_after.map_or_else(String::new, |days| format!("_again_{days}"));
        format!("{}{again}", self.occasion.name())
    }

    fn mail_id(&self, to: &Address) -> MailId {
        let mail = format!("{}#{}#{to}", self.about(), self.app);
        match self.occasion {
            Occasion::Flapping => MailId::hourly(&self.record.key, &mail),
            _ => MailId::of_epoch(&self.record.run, &mail),
        }
    }
}

impl World {
    /// A mail without the date is better than none.
    async fn deletion_date(&self, key: &KeyArn) -> Option<Timestamp> {
        match self.keys.deletion_date(key).await {
            Ok(date) => date,
            Err(failure) => {
                tracing::warn!(error.chain = failure.chain(), "a mail does without the key's deletion date");
                None
            }
        }
    }

    /// An app that nobody enrolled is mailed to the operator.
    async fn addressed(&self, app: &AppName) -> Result<AppRecord, Failure> {
        let enrolled = self.ledger.app(app).await?;
        let operator = || AppRecord { app: app.clone(), admins: vec![self.operator.clone()], language: self.language };
        Ok(enrolled.unwrap_or_else(operator))
    }

    async fn send(
        &self,
        words: &Words<'_>,
        of_app: &[&PlannedResource],
        unmanaged: &[&PlannedResource],
        to: &Address,
        answer: &mut Answer,
    ) -> Result<(), Failure> {
        let (record, now, id) = (words.record, clock::now(), words.mail_id(to));
        match self.ledger.claim_mail(&id, now).await? {
            Claim::Ours => {}
            Claim::Sent => {
                answer.sent_before += 1;
                return Ok(());
            }
            Claim::Exhausted => {
                tracing::error!(run.name = %record.run, "nobody knows whether any copy of a mail was accepted");
                answer.refused += 1;
                return Ok(());
            }
            Claim::Taken => {
                answer.put_off += 1;
                return Ok(());
            }
        }
        let (before, told_at) = (record.ending.is_none(), record.ended_at.unwrap_or(now));
        let lines = |resources: &[&PlannedResource]| -> Vec<_> {
            resources.iter().map(|resource| line(resource, record.direction, before, told_at)).collect()
        };
        let story = Story {
            occasion: words.occasion,
            app: words.app,
            key: &record.key,
            run: &record.run,
            noticed_at: record.noticed_at,
            grace_ends_at: record.grace_ends_at,
            deleted_at: words.deleted_at,
            now,
            lines: &lines(of_app),
            unmanaged: &lines(unmanaged),
        };
        let outbox_id = format!("{}-{}", record.run.of_epoch(), words.about());
        match self.mails.send(&render(&story, words.language), to, &outbox_id).await? {
            Sent::Accepted => {
                self.ledger.mark_mail(&id, now).await?;
                answer.sent += 1;
            }
            Sent::Refused(Failure::Retryable { .. }) => {
                self.ledger.release_mail(&id).await?;
                answer.put_off += 1;
            }
            Sent::Unclear(_) => {
                self.ledger.doubt_mail(&id).await?;
                answer.put_off += 1;
            }
            Sent::Refused(failure) => {
                tracing::error!(error.chain = failure.chain(), run.name = %record.run, "a mail was refused");
                answer.refused += 1;
            }
        }
        Ok(())
    }
}
