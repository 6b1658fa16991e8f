//! Watches and unwatches keys, names apps and their admins.
//!
//! Invoked directly with `{"action": "watch_key", "key": ARN}` and the like, or by CloudFormation as a
//! custom resource with the same fields as properties. Also says whether Lockstep may be uninstalled.

mod custom_resource;

use lockstep_aws::clock;
use lockstep_aws::configuration::{self, SdkConfig};
use lockstep_aws::error::Failure;
use lockstep_aws::keys::Keys;
use lockstep_aws::ledger::Ledger;
use lockstep_domain::app::Language;
use lockstep_domain::enrolment::{
    self, KeyLeft, Released, Request, check_key, check_own_key, check_region, check_removal,
};
use lockstep_domain::epoch::KeyRecord;
use lockstep_domain::error::Refusal;
use lockstep_domain::key::KeyArn;
use lockstep_domain::resource::ResourceId;
use lockstep_domain::run::RunName;
use serde::Serialize;
use serde_json::Value;

pub struct World {
    keys: Keys,
    ledger: Ledger,
    region: String,
    /// The ARN of this account, to which a grant would be made.
    account_root: String,
    language: Language,
}

impl World {
    pub fn new(sdk: &SdkConfig) -> Result<Self, Failure> {
        let (keys, ledger) = (Keys::new(sdk), Ledger::new(sdk)?);
        let (region, account_root) = (configuration::required("AWS_REGION")?, configuration::required("ACCOUNT_ROOT")?);
        Ok(Self { keys, ledger, region, account_root, language: configuration::default_language()? })
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
        Request::CheckKey(key) => Answer { done: "key_checked", warnings: check(world, &key).await? },
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
        Request::ReleaseHold { resource, reason } => release_hold(world, resource, reason).await?,
        Request::CheckRemoval => check_everything_let_go(world).await?,
    };
    let reason = format!("asked for, with {} warnings", answer.warnings.len());
    tracing::info!(decision = answer.done, reason, warnings = ?answer.warnings, "enrolment carried out");
    Ok(answer)
}

async fn watch_key(world: &World, key: &KeyArn) -> Result<Answer, Failure> {
    let warnings = check(world, key).await?;
    let new = world.ledger.watch_key(&KeyRecord::enrolled(key.clone(), clock::now())).await?;
    Ok(Answer { done: if new { "key_watched" } else { "key_watched_before" }, warnings })
}

/// Every rule for keys; what is no reason to refuse it comes back as warnings.
async fn check(world: &World, key: &KeyArn) -> Result<Vec<String>, Failure> {
    check_region(key, &world.region)?;
    check_own_key(key, world.ledger.own_key().await?.as_deref())?;
    Ok(check_key(key, &world.keys.facts(key, &world.account_root).await?, &world.region)?)
}

async fn release_hold(world: &World, resource: ResourceId, reason: String) -> Result<Answer, Failure> {
    let Some(hold) = world.ledger.holds(std::slice::from_ref(&resource)).await?.remove(&resource) else {
        let remedy = "ask `lockstep status` for what is held";
        return Err(Refusal::new("not_held", "resource", resource.as_str(), remedy).into());
    };
    world.ledger.release_hold(&Released { resource, reason, at: clock::now(), hold }).await?;
    Ok(Answer::done("hold_released"))
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

/// Looks at one key after the other: nobody waits but whoever uninstalls Lockstep.
async fn check_everything_let_go(world: &World) -> Result<Answer, Failure> {
    let records = world.ledger.watched().await?;
    let newest: Vec<RunName> = records.iter().map(KeyRecord::run).collect();
    let mut runs = world.ledger.runs(&newest).await?;
    let mut keys = Vec::new();
    for (record, newest) in records.into_iter().zip(newest) {
        let run = runs.remove(&newest);
        let holds = world.ledger.holds_of_key(&record.key).await?;
        keys.push(KeyLeft { record, run, holds });
    }
    check_removal(&keys)?;
    Ok(Answer::done("removal_checked"))
}
