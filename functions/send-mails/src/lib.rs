//! One mail to each admin of each app that a run or a notice concerns; each is claimed before it is sent.

mod notices;
mod outbox;
mod runs;

use jiff::Timestamp;
use lockstep_aws::configuration::{self, SdkConfig};
use lockstep_aws::error::Failure;
use lockstep_aws::keys::Keys;
use lockstep_aws::ledger::Ledger;
use lockstep_aws::mails::Mails;
use lockstep_aws::metrics;
use lockstep_domain::app::{Address, AppName, AppRecord, Language};
use lockstep_domain::key::KeyArn;
use lockstep_domain::metrics::{Metric, counted};
use serde::Serialize;
use serde_json::Value;

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
        return notices::handle(world, input).await;
    }
    runs::handle(world, input).await
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
}
