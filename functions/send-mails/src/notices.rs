//! What was seen of a key, told to the operator, and to the admins of what is down because of it.

use jiff::Timestamp;
use lockstep_aws::clock;
use lockstep_aws::error::Failure;
use lockstep_aws::lambda;
use lockstep_aws::ledger::mails::MailId;
use lockstep_domain::app::{Address, AppName, Language};
use lockstep_domain::key::{KeyArn, KeyLook};
use lockstep_domain::notice::Notice;
use lockstep_domain::outbox::{NEWS_FOR, Unsent};
use lockstep_domain::report::by_app;
use lockstep_domain::run::Direction;
use lockstep_mail::{Sight, render_notice};
use serde::Deserialize;
use serde_json::Value;

use crate::outbox::Delivery;
use crate::{Answer, World};

/// Who is told, and of which app; of none: the operator.
struct Told {
    app: Option<AppName>,
    to: Vec<Address>,
    language: Language,
}

#[derive(Debug, Deserialize)]
struct Input {
    key: KeyArn,
    notice: Notice,
    since: Timestamp,
}

pub(crate) async fn handle(world: &World, input: Value) -> Result<Answer, Failure> {
    let Input { key, notice, since } = lambda::read(input.clone())?;
    let mut answer = Answer::default();
    let about = format!("{}-{}-{}", key.id(), notice.name(), since.as_second());
    let seen = world.ledger.seen(&key).await?;
    let Some(seen) = seen.filter(|seen| seen.since == since) else {
        let reason = "the key has changed since; a newer notice tells it";
        tracing::info!(decision = "overtaken", reason, key.arn = %key, "notice left out");
        world.ledger.forget_unsent(&about).await?;
        return Ok(answer);
    };
    let deleted_at = if notice == Notice::DeletionScheduled { world.deletion_date(&key).await } else { None };
    let unsent = Unsent { id: about.clone(), input, tried_at: clock::now(), until: since + NEWS_FOR };
    world.ledger.note_unsent(&unsent).await?;
    let alias = world.alias(&key).await;
    for told in world.whom_to_tell(&key, notice).await? {
        let app = told.app.as_ref().map(AppName::as_str);
        for to in &told.to {
            let mail = format!("{}#{}#{to}", notice.name(), app.unwrap_or("(operator)"));
            // A key whose state comes and goes is told of once an hour.
            let id = match seen.seen {
                KeyLook::Unknown { .. } => MailId::hourly(&key, &mail),
                _ if notice == Notice::KeyKnownAgain => MailId::hourly(&key, &mail),
                _ => MailId::of_sight(&key, since, &mail),
            };
            let (alias, now) = (alias.as_deref(), clock::now());
            let sight = Sight { app, key: &key, alias, seen: &seen.seen, notice, since, deleted_at, now };
            let delivery = Delivery { id: &id, about: &about, key: &key, alias, app, to };
            world.deliver(&delivery, || render_notice(&sight, told.language), &mut answer).await?;
        }
    }
    world.settle(answer, &about).await
}

impl World {
    /// The operator always; the admins of what the key's newest shutdown has stopped, if it is their business.
    async fn whom_to_tell(&self, key: &KeyArn, notice: Notice) -> Result<Vec<Told>, Failure> {
        let mut told = vec![Told { app: None, to: vec![self.operator.clone()], language: self.language }];
        if !notice.is_for_admins() {
            return Ok(told);
        }
        let Some(record) = self.ledger.key(key).await? else { return Ok(told) };
        if record.direction != Direction::Shutdown {
            return Ok(told);
        }
        for app in by_app(&self.ledger.resources(&record.run()).await?).apps.keys() {
            let enrolled = self.ledger.app(app).await?;
            told.extend(enrolled.map(|it| Told { app: Some(it.app), to: it.admins, language: it.language }));
        }
        Ok(told)
    }
}
