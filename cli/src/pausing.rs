//! `lockstep pause` and `lockstep resume`.

use serde::Serialize;
use serde_json::json;

use crate::arguments::Which;
use crate::deployed::Deployed;
use crate::report::Report;
use crate::trouble::Trouble;

#[derive(Debug, Serialize)]
struct Done {
    done: &'static str,
    keys: Vec<String>,
}

pub async fn pause(stack: &Deployed, which: &Which) -> Result<Report, Trouble> {
    let said = "is paused: nothing more is done because of it, until `lockstep resume`";
    each(stack, which, "pause_key", "paused", said).await
}

pub async fn resume(stack: &Deployed, which: &Which) -> Result<Report, Trouble> {
    let said = "goes on: the next sweep looks at it; if it is off, a full grace begins";
    each(stack, which, "resume_key", "resumed", said).await
}

async fn each(
    stack: &Deployed,
    which: &Which,
    action: &str,
    done: &'static str,
    said: &str,
) -> Result<Report, Trouble> {
    let keys = match &which.key {
        Some(typed) => vec![stack.key(typed).await?],
        None => stack.ledger.watched_keys().await?,
    };
    for key in &keys {
        stack.enrol(json!({ "action": action, "key": key })).await?;
    }
    let lines: Vec<String> = keys.iter().map(|key| format!("{key} {said}.")).collect();
    let text = if lines.is_empty() { "No key is watched.".to_owned() } else { lines.join("\n") };
    Report::new(&Done { done, keys: keys.into_iter().map(String::from).collect() }, text)
}
