//! What was seen of a key, told to the operator, and to the admins of what is down because of it.

use jiff::Timestamp;
use lockstep_aws::clock;
use lockstep_aws::error::Failure;
use lockstep_aws::ledger::mails::MailId;
use lockstep_domain::app::{AppName, AppRecord};
use lockstep_domain::key::{KeyArn, KeyLook};
use lockstep_domain::notice::Notice;
use lockstep_domain::report::by_app;
use lockstep_domain::run::Direction;
use lockstep_mail::{Sight, render_notice};
use serde::Deserialize;

use crate::outbox::Outbox;
use crate::{Answer, World};

/// Stands where the mails of admins have their app.
const OPERATOR: &str = "(operator)";

#[derive(Debug, Deserialize)]
pub(crate) struct Input {
    key: KeyArn,
    notice: Notice,
    since: Timestamp,
}

pub(crate) async fn handle(world: &World, input: Input) -> Result<Answer, Failure> {
    let Input { key, notice, since } = input;
    let mut answer = Answer::default();
    let seen = world.ledger.seen(&key).await?;
    let Some(seen) = seen.filter(|seen| seen.since == since) else {
        let reason = "the key has changed since; a newer notice tells it";
        tracing::info!(decision = "overtaken", reason, key.arn = %key, "notice left out");
        return Ok(answer);
    };
    let deleted_at = if notice == Notice::DeletionScheduled { world.deletion_date(&key).await } else { None };
    let outbox = Outbox { ledger: &world.ledger, mails: &world.mails };
    let outbox_id = format!("{}-{}-{}", key.id(), notice.name(), since.as_second());
    for told in world.whom_to_tell(&key, notice).await? {
        for to in &told.admins {
            let about = format!("{}#{}#{to}", notice.name(), told.app);
            // A key whose state comes and goes is told of once an hour.
            let id = match seen.seen {
                KeyLook::Unknown { .. } => MailId::hourly(&key, &about),
                _ if notice == Notice::KeyKnownAgain => MailId::hourly(&key, &about),
                _ => MailId::of_sight(&key, since, &about),
            };
            let sight = Sight {
                app: Some(told.app.as_str()).filter(|app| *app != OPERATOR),
                key: &key,
                seen: &seen.seen,
                notice,
                since,
                deleted_at,
                now: clock::now(),
            };
            outbox.send(&id, &outbox_id, || render_notice(&sight, told.language), to, &mut answer).await?;
        }
    }
    answer.settled(&outbox_id)
}

impl World {
    /// The operator always; the admins of what the key's newest shutdown has stopped, if it is their business.
    async fn whom_to_tell(&self, key: &KeyArn, notice: Notice) -> Result<Vec<AppRecord>, Failure> {
        let operator = AppName::parse(OPERATOR)?;
        let mut told = vec![AppRecord { app: operator, admins: vec![self.operator.clone()], language: self.language }];
        if !notice.is_for_admins() {
            return Ok(told);
        }
        let Some(record) = self.ledger.key(key).await? else { return Ok(told) };
        if record.direction != Direction::Shutdown {
            return Ok(told);
        }
        for app in by_app(&self.ledger.resources(&record.run()).await?).apps.keys() {
            told.extend(self.ledger.app(app).await?);
        }
        Ok(told)
    }
}
