//! `lockstep key`.

use lockstep_domain::checkup::is_only_advice;
use lockstep_domain::epoch::KeyRecord;
use serde::Serialize;
use serde_json::{Value, json};

use crate::deployed::Deployed;
use crate::report::Report;
use crate::tables::{bad, good, odd};
use crate::trouble::Trouble;

pub async fn add(stack: &Deployed, typed: &str) -> Result<Report, Trouble> {
    let answer = stack.enrol(json!({ "action": "watch_key", "key": typed })).await?;
    let said = match answer["done"].as_str() {
        Some("key_watched_before") => "It was watched before; nothing has changed.",
        _ => "It is watched from now on. `lockstep plan` shows what depends on it.",
    };
    let text = [vec![said.to_owned()], told(&warnings(&answer))].concat().join("\n");
    Report::new(&answer, text)
}

pub async fn remove(stack: &Deployed, typed: &str) -> Result<Report, Trouble> {
    let key = stack.watched(typed).await?.key;
    let answer = stack.enrol(json!({ "action": "unwatch_key", "key": key })).await?;
    Report::new(&answer, format!("{key} is no longer watched."))
}

#[derive(Debug, Serialize)]
struct Listed {
    key: String,
    id: String,
    paused: bool,
}

pub async fn list(stack: &Deployed) -> Result<Report, Trouble> {
    let listed = |record: KeyRecord| Listed {
        key: record.key.to_string(),
        id: record.key.id().to_owned(),
        paused: record.paused,
    };
    let keys: Vec<Listed> = stack.ledger.watched().await?.into_iter().map(listed).collect();
    let line = |listed: &Listed| format!("{}{}", listed.key, if listed.paused { "  paused" } else { "" });
    let text = match keys.is_empty() {
        true => "No key is watched; add one with `lockstep key add ARN`.".to_owned(),
        false => keys.iter().map(line).collect::<Vec<_>>().join("\n"),
    };
    Report::new(&keys, text)
}

/// What the rules say of a key.
#[derive(Debug, Serialize)]
pub struct Checked {
    pub key: String,
    pub refused: Option<String>,
    pub warnings: Vec<String>,
}

impl Checked {
    /// Something would make the real day fail.
    pub fn is_bad(&self) -> bool {
        self.refused.is_some() || self.warnings.iter().any(|warning| !is_only_advice(warning))
    }

    fn text(&self) -> String {
        let ok = (!self.is_bad()).then(|| format!("{} {} meets every rule.", good("ok"), self.key));
        let refused = self.refused.iter().map(|text| format!("{} {text}", bad("refused")));
        let lines: Vec<String> = ok.into_iter().chain(refused).chain(told(&self.warnings)).collect();
        lines.join("\n")
    }
}

pub async fn check(stack: &Deployed, typed: &str) -> Result<Report, Trouble> {
    let key = stack.key(typed).await?;
    let checked = ask(stack, key.as_str()).await?;
    Ok(Report::new(&checked, checked.text())?.finding(checked.is_bad()))
}

/// Has the stack check the key; what it refuses is an answer here.
pub async fn ask(stack: &Deployed, key: &str) -> Result<Checked, Trouble> {
    let (refused, warnings) = match stack.enrol(json!({ "action": "check_key", "key": key })).await {
        Ok(answer) => (None, warnings(&answer)),
        Err(Trouble::Refused(text)) => (Some(text), Vec::new()),
        Err(trouble) => return Err(trouble),
    };
    Ok(Checked { key: key.to_owned(), refused, warnings })
}

fn warnings(answer: &Value) -> Vec<String> {
    let listed = answer["warnings"].as_array().into_iter().flatten();
    listed.filter_map(|warning| Some(warning.as_str()?.to_owned())).collect()
}

fn told(warnings: &[String]) -> Vec<String> {
    warnings.iter().map(|warning| format!("{} {warning}", odd("warning"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_is_shown_and_makes_no_key_bad() {
        let checked = |refused: Option<&str>, warning: &str| Checked {
            key: "k".to_owned(),
            refused: refused.map(str::to_owned),
            warnings: vec![warning.to_owned()],
        };
        let advised = checked(None, "rotation_off: automatic rotation is off");
        assert!(!advised.is_bad() && advised.text().contains("rotation is off"));
        assert!(checked(None, "no_grant: the startup may not ask for a grant").is_bad());
        assert!(checked(Some("not_usable: …"), "rotation_off: …").is_bad());
    }
}
