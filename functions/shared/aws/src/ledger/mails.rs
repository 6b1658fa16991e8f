//! Mails: each is claimed before it is sent and marked when Amazon SES has accepted it.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use jiff::{SignedDuration, Timestamp};
use lockstep_domain::key::KeyArn;
use lockstep_domain::run::RunName;
use serde::Deserialize;

use super::rows::{address, number, text, written};
use super::{Ledger, keys};
use crate::error::Failure;

/// A claim older than this is of a sender that died: no function runs as long.
const CLAIM_HOLDS: SignedDuration = SignedDuration::from_secs(45);
/// At most this many copies of a mail, should the answers of Amazon SES be lost.
const MOST_COPIES: u64 = 3;
const OUR_CLAIM: &str = "claimed_at = :claimed";
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Where a mail is remembered.
#[derive(Debug, Clone)]
pub struct MailId {
    pk: String,
    sk: String,
    again_after: Option<SignedDuration>,
}

impl MailId {
    /// A mail that is sent once for an epoch, whichever of its attempts sends it.
    pub fn of_epoch(run: &RunName, mail: &str) -> Self {
        Self { pk: format!("RUN#{}", run.of_epoch()), sk: format!("MAIL#{mail}"), again_after: None }
    }

    /// A mail about what was seen of a key since `since`, whoever sends it.
    pub fn of_sight(key: &KeyArn, since: Timestamp, mail: &str) -> Self {
        Self { pk: keys::pk(key), sk: format!("MAIL#{since}#{mail}"), again_after: None }
    }

    /// A mail that is sent at most once an hour.
    pub fn hourly(key: &KeyArn, mail: &str) -> Self {
        Self { pk: keys::pk(key), sk: format!("MAIL#{mail}"), again_after: Some(HOUR) }
    }
}

/// Whether a mail is ours to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    Ours,
    Sent,
    /// It was tried as often as it may be, and nobody knows whether any copy was accepted.
    Exhausted,
    /// Another sender has it right now.
    Taken,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Outbox {
    claimed_at: Option<Timestamp>,
    sent_at: Option<Timestamp>,
    copies: u64,
}

impl Ledger {
    pub async fn claim_mail(&self, mail: &MailId, now: Timestamp) -> Result<Claim, Failure> {
        let row: Outbox = self.get(&mail.pk, &mail.sk).await?.unwrap_or_default();
        let is_over = |at: Timestamp| mail.again_after.is_some_and(|after| now.duration_since(at) >= after);
        let is_next = row.sent_at.is_some_and(is_over);
        if !is_next && row.sent_at.is_some() {
            return Ok(Claim::Sent);
        }
        if row.claimed_at.is_some_and(|at| now.duration_since(at) < CLAIM_HOLDS) {
            return Ok(Claim::Taken);
        }
        if !is_next && row.copies >= MOST_COPIES {
            return Ok(Claim::Exhausted);
        }
        let copies = if is_next { 1 } else { row.copies + 1 };
        let claim = self
            .update_mail(mail, "SET claimed_at = :now, copies = :copies REMOVE sent_at")
            .expression_attribute_values(":now", text(now.to_string()))
            .expression_attribute_values(":copies", number(copies));
        // A claim whose answer was lost is made again by the SDK, and finds its own.
        let claim = match row.claimed_at {
            None => claim.condition_expression("attribute_not_exists(claimed_at) OR claimed_at = :now"),
            Some(read) => claim
                .condition_expression("claimed_at = :read OR claimed_at = :now")
                .expression_attribute_values(":read", text(read.to_string())),
        };
        let ours = written(claim.send().await, || "claiming a mail".to_owned())?;
        Ok(if ours { Claim::Ours } else { Claim::Taken })
    }

    /// Amazon SES has accepted the mail.
    pub async fn mark_mail(&self, mail: &MailId, now: Timestamp) -> Result<(), Failure> {
        let mark =
            self.update_mail(mail, "SET sent_at = :now").expression_attribute_values(":now", text(now.to_string()));
        written(mark.send().await, || "marking a mail as sent".to_owned()).map(drop)
    }

    /// Gives the claim of `claimed_at` back after a mail was not accepted, so that a retry sends it. If the answer is
    /// lost and the SDK asks again, the next sender may have claimed the mail meanwhile: its claim stays.
    pub async fn release_mail(&self, mail: &MailId, claimed_at: Timestamp) -> Result<(), Failure> {
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(address(&mail.pk, &mail.sk)));
        let delete = delete
            .condition_expression(OUR_CLAIM)
            .expression_attribute_values(":claimed", text(claimed_at.to_string()));
        written(delete.send().await, || "giving back the claim of a mail".to_owned()).map(drop)
    }

    /// Ends the claim of `claimed_at` when nobody knows whether the mail was accepted: a retry sends one more copy at
    /// most.
    pub async fn doubt_mail(&self, mail: &MailId, claimed_at: Timestamp) -> Result<(), Failure> {
        let update = self
            .update_mail(mail, "REMOVE claimed_at")
            .condition_expression(OUR_CLAIM)
            .expression_attribute_values(":claimed", text(claimed_at.to_string()));
        written(update.send().await, || "giving back the claim of a mail".to_owned()).map(drop)
    }

    fn update_mail(&self, mail: &MailId, update: &str) -> UpdateItemFluentBuilder {
        let key = address(&mail.pk, &mail.sk);
        self.client.update_item().table_name(&self.table).set_key(Some(key)).update_expression(update)
    }
}
