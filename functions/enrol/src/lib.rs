//! Watches and unwatches keys, names apps and their admins.
//!
//! Invoked directly with `{"action": "watch_key", "key": ARN}` and the like, or by CloudFormation as a
//! custom resource with the same fields as properties.

mod custom_resource;

use lockstep_aws::clock;
use lockstep_aws::configuration::{self, SdkConfig};
use lockstep_aws::error::Failure;
use lockstep_aws::keys::Keys;
use lockstep_aws::ledger::Ledger;
use lockstep_domain::app::Language;
use lockstep_domain::enrolment::{self, Request, check_key, check_region};
use lockstep_domain::epoch::KeyRecord;
use lockstep_domain::error::Refusal;
use lockstep_domain::key::KeyArn;
use serde::Serialize;
use serde_json::Value;

pub struct World {
    keys: Keys,
    ledger: Ledger,
    region: String,
    language: Language,
}

impl World {
    pub fn new(sdk: &SdkConfig) -> Result<Self, Failure> {
        let (keys, ledger) = (Keys::new(sdk), Ledger::new(sdk)?);
        let region = configuration::required("AWS_REGION")?;
        Ok(Self { keys, ledger, region, language: configuration::default_language()? })
    }
}

#[derive(Debug, Serialize)]
pub struct Answer {
    pub done: &'static str,
    pub warnings: Vec<String>,
}

impl Answer {
    fn done(done: &'static str) -> Self {
        Self { done, warnings: Vec::new() }
    }
}

pub async fn handle(world: &World, input: Value) -> Result<Answer, Failure> {
    if custom_resource::is_one(&input) {
        return custom_resource::answer(world, &input).await;
    }
    carry_out(world, enrolment::read(&input, world.language)?).await
}

async fn carry_out(world: &World, request: Request) -> Result<Answer, Failure> {
    let answer = match request {
        Request::WatchKey(key) => watch_key(world, &key).await?,
        Request::UnwatchKey(key) => unwatch_key(world, &key).await?,
        Request::PauseKey(key) => pause_key(world, &key, true).await?,
        Request::ResumeKey(key) => pause_key(world, &key, false).await?,
        Request::SetApp(app) => {
            world.ledger.set_app(&app).await?;
            Answer::done("app_set")
        }
        Request::RemoveApp(app) => {
            world.ledger.remove_app(&app).await?;
            Answer::done("app_removed")
        }
    };
    tracing::info!(decision = answer.done, warnings = ?answer.warnings, "enrolment carried out");
    Ok(answer)
}

async fn watch_key(world: &World, key: &KeyArn) -> Result<Answer, Failure> {
    check_region(key, &world.region)?;
    let warnings = check_key(key, &world.keys.facts(key).await?, &world.region)?;
    let new = world.ledger.watch_key(&KeyRecord::enrolled(key.clone(), clock::now())).await?;
    Ok(Answer { done: if new { "key_watched" } else { "key_watched_before" }, warnings })
}

async fn pause_key(world: &World, key: &KeyArn, paused: bool) -> Result<Answer, Failure> {
    if !world.ledger.pause_key(key, paused, clock::now()).await? {
        return Err(Refusal::new("not_watched", "key", key.as_str(), "watch the key first").into());
    }
    Ok(Answer::done(if paused { "key_paused" } else { "key_resumed" }))
}

/// A key that still holds servers down must not be forgotten: nothing would start them again.
async fn unwatch_key(world: &World, key: &KeyArn) -> Result<Answer, Failure> {
    let holds = world.ledger.holds_of_key(key).await?;
    enrolment::check_unwatch(key, &holds)?;
    world.ledger.unwatch_key(key).await?;
    Ok(Answer::done("key_unwatched"))
}
