//! What a run does, told to each admin of each app that it concerns.

use jiff::Timestamp;
use lockstep_aws::clock;
use lockstep_aws::error::Failure;
use lockstep_aws::lambda;
use lockstep_aws::ledger::mails::MailId;
use lockstep_domain::app::{Address, AppName, Language};
use lockstep_domain::mail::Occasion;
use lockstep_domain::outbox::{NEWS_FOR, Unsent};
use lockstep_domain::plan::PlannedResource;
use lockstep_domain::report::{CameTo, by_app, ending, is_settled_well, line, told_again_after};
use lockstep_domain::run::{RunRecord, RunRef};
use lockstep_mail::{Story, render};
use serde::Deserialize;
use serde_json::Value;

use crate::outbox::Delivery;
use crate::{Answer, World};

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

impl About {
    fn name(self) -> &'static str {
        match self {
            Self::GraceStarted => "grace_started",
            Self::Ended => "ended",
        }
    }
}

pub(crate) async fn handle(world: &World, input: Value) -> Result<Answer, Failure> {
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
    let words = Words {
        record: &record,
        alias: alias.as_deref(),
        occasion,
        deleted_at,
        app: None,
        language: world.language,
        is_explained: record.ending == Some(ending(record.direction, CameTo::TheEnd, &resources)),
        again_after: None,
    };
    let again_after = record.ended_at.and_then(|at| told_again_after(record.direction, &resources, at));
    for (app, of_app) in &report.apps {
        let addressed = world.addressed(app).await?;
        for admin in &addressed.admins {
            let words = Words { app: Some(app), language: addressed.language, again_after, ..words };
            world.send(&words, of_app, &report.unmanaged, admin, &mut answer).await?;
        }
    }
    if report.apps.is_empty() && (!report.unmanaged.is_empty() || about == About::Ended) {
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
    /// What is amiss with some resource is why the run is incomplete, not a step that was given up.
    is_explained: bool,
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
        let is_settled = words.is_explained && of_app.iter().all(|resource| is_settled_well(resource));
        let words = Words { occasion: words.occasion.of_app(&lines_of_app, is_settled), ..*words };
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
