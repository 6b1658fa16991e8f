//! One mail to each admin of each app that a run or a notice concerns; each is claimed before it is sent.

mod notices;
mod outbox;

use jiff::Timestamp;
use lockstep_aws::clock;
use lockstep_aws::configuration::{self, SdkConfig};
use lockstep_aws::error::Failure;
use lockstep_aws::keys::Keys;
use lockstep_aws::lambda;
use lockstep_aws::ledger::Ledger;
use lockstep_aws::ledger::mails::MailId;
use lockstep_aws::mails::Mails;
use lockstep_aws::metrics;
use lockstep_domain::app::{Address, AppName, AppRecord, Language};
use lockstep_domain::key::KeyArn;
use lockstep_domain::mail::Occasion;
use lockstep_domain::metrics::{Metric, counted};
use lockstep_domain::outbox::{NEWS_FOR, Unsent};
use lockstep_domain::plan::PlannedResource;
use lockstep_domain::report::{by_app, line, told_again_after};
use lockstep_domain::run::{RunRecord, RunRef};
use lockstep_mail::{Story, render};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use outbox::Delivery;

pub struct World {
    ledger: Ledger,
    keys: Keys,
    mails: Mails,
    operator: Address,
    language: Language,
    /// Keys of other accounts do not tell their aliases.
    account: String,
}

impl World {
    pub fn new(sdk: &SdkConfig) -> Result<Self, Failure> {
        Ok(Self {
            ledger: Ledger::new(sdk)?,
            keys: Keys::new(sdk),
            mails: Mails::new(sdk)?,
            operator: Address::parse(&configuration::required("OPERATOR_ADDRESS")?)?,
            language: configuration::default_language()?,
            account: configuration::required("ACCOUNT_ID")?,
        })
    }
}

#[derive(Debug, Deserialize)]
struct Input {
    run: RunRef,
    about: About,
}

impl World {
    /// What can still be sent is sent first: one address that is refused does not keep the others.
    async fn settle(&self, answer: Answer, about: &str) -> Result<Answer, Failure> {
        let Answer { sent, refused, put_off, .. } = answer;
        let reason = format!("{sent} sent, {refused} refused, {put_off} put off");
        tracing::info!(decision = "mailed", reason, mail.id = about, "mails sent");
        let counts = [(Metric::MailsSent, sent), (Metric::MailsRefused, refused), (Metric::MailsPutOff, put_off)];
        let measured = counted(counts.map(|(metric, count)| (metric, count as usize)));
        metrics::emit(&measured, &[("mail.id", about)]);
        if put_off > 0 {
            return Err(Failure::retryable(format!("mailing about {about}: {put_off} mails were put off")));
        }
        self.ledger.forget_unsent(about).await?;
        if refused > 0 {
            return Err(Failure::terminal(format!("mailing about {about}: {refused} mails were refused")));
        }
        Ok(answer)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum About {
    GraceStarted,
    Ended,
}

impl About {
    fn name(self) -> &'static str {
        match self {
            Self::GraceStarted => "grace_started",
            Self::Ended => "ended",
        }
    }
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

/// Takes `{run, about}` for what a run does, `{key, notice, since}` for what was seen of a key.
pub async fn handle(world: &World, input: Value) -> Result<Answer, Failure> {
    if input.get("notice").is_some() {
        return notices::handle(world, lambda::read(input)?).await;
    }
    let Input { run, about } = lambda::read(input.clone())?;
    let record = world.ledger.record(&run.run, "mailing about").await?;
    let mut answer = Answer::default();
    let resources = world.ledger.resources(&run.run).await?;
    let unsent_id = format!("{}-{}", run.run, about.name());
    let Some(occasion) = occasion(&record, &resources, about) else {
        world.ledger.forget_unsent(&unsent_id).await?;
        return Ok(answer);
    };
    let tried_at = clock::now();
    let until = record.ended_at.map_or(record.grace_ends_at, |ended_at| ended_at + NEWS_FOR);
    world.ledger.note_unsent(&Unsent { id: unsent_id.clone(), input, tried_at, until }).await?;
    let report = by_app(&resources);
    let deleted_at = if occasion.is_of_a_key_that_is_off() { world.deletion_date(&record.key).await } else { None };
    let alias = world.alias(&record.key).await;
    let alias = alias.as_deref();
    let again_after = record.ended_at.and_then(|at| told_again_after(record.direction, &resources, at));
    for (app, of_app) in &report.apps {
        let addressed = world.addressed(app).await?;
        for admin in &addressed.admins {
            let language = addressed.language;
            let words = Words { record: &record, alias, occasion, deleted_at, app: Some(app), language, again_after };
            world.send(&words, of_app, &report.unmanaged, admin, &mut answer).await?;
        }
    }
    if report.apps.is_empty() && (!report.unmanaged.is_empty() || about == About::Ended) {
        let language = world.language;
        let words = Words { record: &record, alias, occasion, deleted_at, app: None, language, again_after: None };
        world.send(&words, &[], &report.unmanaged, &world.operator, &mut answer).await?;
    }
    world.settle(answer, &unsent_id).await
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

#[derive(Clone, Copy)]
struct Words<'a> {
    record: &'a RunRecord,
    alias: Option<&'a str>,
    occasion: Occasion,
    deleted_at: Option<Timestamp>,
    /// None: what nobody owns.
    app: Option<&'a AppName>,
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
        let app = self.app.map_or("(no app)", AppName::as_str);
        let mail = format!("{}#{app}#{to}", self.about());
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
                tracing::warn!(error.chain = failure.chain(), key.arn = %key, "a mail does without the key's deletion date");
                metrics::count_denial(&failure);
                None
            }
        }
    }

    /// A mail that names the key by its id is better than none.
    async fn alias(&self, key: &KeyArn) -> Option<String> {
        if key.account() != self.account {
            return None;
        }
        self.keys.alias(key).await.unwrap_or_else(|failure| {
            tracing::warn!(error.chain = failure.chain(), key.arn = %key, "a mail does without the key's alias");
            metrics::count_denial(&failure);
            None
        })
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
        let (record, now) = (words.record, clock::now());
        let (before, told_at) = (record.ending.is_none(), record.ended_at.unwrap_or(now));
        let lines = |resources: &[&PlannedResource]| -> Vec<_> {
            resources.iter().map(|resource| line(resource, record.direction, before, told_at)).collect()
        };
        let lines_of_app = lines(of_app);
        let words = Words { occasion: words.occasion.of_app(&lines_of_app), ..*words };
        let story = Story {
            occasion: words.occasion,
            app: words.app.map(AppName::as_str),
            key: &record.key,
            alias: words.alias,
            run: &record.run,
            noticed_at: record.noticed_at,
            grace_ends_at: record.grace_ends_at,
            ended_at: record.ended_at,
            deleted_at: words.deleted_at,
            tried_again: record.worth_another_try,
            now,
            lines: &lines_of_app,
            unmanaged: &lines(unmanaged),
        };
        let about = format!("{}-{}", record.run.of_epoch(), words.about());
        let (key, alias, app) = (&record.key, words.alias, story.app);
        let delivery = Delivery { id: &words.mail_id(to), about: &about, key, alias, app, to };
        self.deliver(&delivery, || render(&story, words.language), answer).await
    }
}
