//! One mail to one address: claimed, sent, marked.

use lockstep_aws::clock;
use lockstep_aws::error::Failure;
use lockstep_aws::ledger::mails::{Claim, MailId};
use lockstep_aws::mails::Sent;
use lockstep_aws::metrics;
use lockstep_domain::app::Address;
use lockstep_domain::mail::Mail;

use crate::{Answer, World};

impl World {
    /// Sends a mail unless it was sent before, and counts what became of it; `outbox_id` goes into its header.
    pub(crate) async fn deliver(
        &self,
        id: &MailId,
        outbox_id: &str,
        write: impl FnOnce() -> Mail,
        to: &Address,
        answer: &mut Answer,
    ) -> Result<(), Failure> {
        let now = clock::now();
        match self.ledger.claim_mail(id, now).await? {
            Claim::Ours => {}
            Claim::Sent => {
                answer.sent_before += 1;
                return Ok(());
            }
            Claim::Exhausted => {
                let reason = "nobody knows whether any copy of it was accepted";
                tracing::error!(decision = "refused", reason, mail.id = outbox_id, "a mail is given up");
                answer.refused += 1;
                return Ok(());
            }
            Claim::Taken => {
                answer.put_off += 1;
                return Ok(());
            }
        }
        match self.mails.send(&write(), to, outbox_id).await? {
            Sent::Accepted => {
                self.ledger.mark_mail(id, now).await?;
                answer.sent += 1;
            }
            Sent::Refused(Failure::Retryable { .. }) => {
                self.ledger.release_mail(id).await?;
                answer.put_off += 1;
            }
            Sent::Unclear(_) => {
                self.ledger.doubt_mail(id).await?;
                answer.put_off += 1;
            }
            Sent::Refused(failure) => {
                tracing::error!(error.chain = failure.chain(), mail.id = outbox_id, "a mail was refused");
                metrics::count_denial(&failure);
                answer.refused += 1;
            }
        }
        Ok(())
    }
}
