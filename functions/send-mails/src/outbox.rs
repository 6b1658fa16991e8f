//! One mail to one address: claimed, sent, marked. Of a refusal, the operator is told.

use lockstep_aws::clock;
use lockstep_aws::error::Failure;
use lockstep_aws::ledger::mails::{Claim, MailId};
use lockstep_aws::mails::Sent;
use lockstep_aws::metrics;
use lockstep_domain::app::Address;
use lockstep_domain::key::KeyArn;
use lockstep_domain::mail::Mail;
use lockstep_mail::{Undelivered, render_undelivered};

use crate::{Answer, World};

#[derive(Clone, Copy)]
pub(crate) struct Delivery<'a> {
    pub id: &'a MailId,
    /// Goes into a header of the mail, and into the log.
    pub about: &'a str,
    pub key: &'a KeyArn,
    pub alias: Option<&'a str>,
    pub app: Option<&'a str>,
    pub to: &'a Address,
}

/// What became of a mail.
enum Fate {
    Sent,
    SentBefore,
    /// For good; a retry would be refused, too.
    Refused {
        subject: String,
        reason: String,
    },
    /// Nobody knows whether any copy of it was accepted, and there were as many as there may be.
    Exhausted,
    PutOff,
}

impl Answer {
    fn count(&mut self, fate: &Fate) {
        match fate {
            Fate::Sent => self.sent += 1,
            Fate::SentBefore => self.sent_before += 1,
            Fate::PutOff => self.put_off += 1,
            Fate::Refused { .. } | Fate::Exhausted => self.refused += 1,
        }
    }
}

impl World {
    /// Sends a mail unless it was sent before, and counts what became of it.
    pub(crate) async fn deliver(
        &self,
        delivery: &Delivery<'_>,
        write: impl FnOnce() -> Mail,
        answer: &mut Answer,
    ) -> Result<(), Failure> {
        let fate = self.send_once(delivery, write).await?;
        answer.count(&fate);
        if let Fate::Refused { subject, reason } = fate
            && *delivery.to != self.operator
        {
            answer.count(&self.tell_of_refusal(delivery, &subject, &reason).await?);
        }
        Ok(())
    }

    /// One who reads no mail cannot tell that it is missing. Once an hour for an address and a key.
    async fn tell_of_refusal(&self, refused: &Delivery<'_>, subject: &str, reason: &str) -> Result<Fate, Failure> {
        let Delivery { key, alias, app, to, .. } = *refused;
        let id = MailId::hourly(key, &format!("refused#{to}"));
        let about = format!("{}-refused", refused.about);
        let told = Delivery { id: &id, about: &about, to: &self.operator, ..*refused };
        let undelivered = Undelivered { app, key, alias, to, subject, reason, now: clock::now() };
        self.send_once(&told, || render_undelivered(&undelivered, self.language)).await
    }

    async fn send_once(&self, delivery: &Delivery<'_>, write: impl FnOnce() -> Mail) -> Result<Fate, Failure> {
        let Delivery { id, about, to, .. } = *delivery;
        let now = clock::now();
        match self.ledger.claim_mail(id, now).await? {
            Claim::Ours => {}
            Claim::Sent => return Ok(Fate::SentBefore),
            Claim::Exhausted => {
                let reason = "nobody knows whether any copy of it was accepted";
                tracing::error!(decision = "refused", reason, mail.id = about, "a mail is given up");
                return Ok(Fate::Exhausted);
            }
            Claim::Taken => return Ok(Fate::PutOff),
        }
        let mail = write();
        Ok(match self.mails.send(&mail, to, about).await? {
            Sent::Accepted => {
                self.ledger.mark_mail(id, now).await?;
                Fate::Sent
            }
            Sent::Refused(Failure::Retryable { .. }) => {
                self.ledger.release_mail(id, now).await?;
                Fate::PutOff
            }
            Sent::Unclear(_) => {
                self.ledger.doubt_mail(id, now).await?;
                Fate::PutOff
            }
            Sent::Refused(failure) => {
                tracing::error!(error.chain = failure.chain(), mail.id = about, "a mail was refused");
                metrics::count_denial(&failure);
                Fate::Refused { subject: mail.subject, reason: failure.said() }
            }
        })
    }
}
