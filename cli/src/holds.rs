//! What keys hold down, and `lockstep release`.

use jiff::Timestamp;
use lockstep_domain::error::Refusal;
use lockstep_domain::hold::{Hold, Own};
use lockstep_domain::resource::ResourceId;
use serde::Serialize;
use serde_json::json;

use crate::deployed::Deployed;
use crate::report::Report;
use crate::tables::table;
use crate::times;
use crate::trouble::Trouble;

/// What a key holds down.
#[derive(Debug, Serialize)]
pub struct Held {
    resource: ResourceId,
    name: String,
    app: String,
    since: Timestamp,
    own: Own,
    in_doubt: bool,
    keys: usize,
}

impl Held {
    pub fn of(hold: &Hold) -> Self {
        Self {
            resource: hold.id.clone(),
            name: hold.name.clone(),
            app: hold.app.to_string(),
            since: hold.opened_at,
            own: hold.own,
            in_doubt: hold.is_in_doubt(),
            keys: hold.keys.len(),
        }
    }

    fn is(&self) -> &'static str {
        match self.own {
            _ if self.in_doubt => "in doubt: nothing proves that we stopped it",
            Own::Services => "its services only",
            Own::Intent => "being stopped",
            Own::Stopped => "stopped by us",
            Own::NotOurs => "stopped before by somebody else",
            Own::Starting => "being started",
        }
    }
}

/// A line for each.
pub fn text(held: &[&Held]) -> String {
    let lines = held.iter().map(|held| {
        let since = times::at(held.since);
        vec![held.resource.as_str().to_owned(), held.name.clone(), held.app.clone(), since, held.is().to_owned()]
    });
    table(&["holds", "name", "app", "since", "is"], lines)
}

pub async fn release(stack: &Deployed, resource: &str, reason: &str) -> Result<Report, Trouble> {
    let resource = ResourceId::parse(resource)?;
    if reason.trim().is_empty() {
        let remedy = "say why the hold is dropped; it is recorded";
        return Err(Refusal::new("no_reason", "--reason", reason, remedy).into());
    }
    let hold = stack.ledger.holds(std::slice::from_ref(&resource)).await?.remove(&resource);
    let answer = stack.enrol(json!({ "action": "release_hold", "resource": resource, "reason": reason })).await?;
    let mut text = format!(
        "No key holds {} any more: it is not started when a key comes on. If it should run, start it by hand.",
        resource.as_str()
    );
    if let Some(guard) = hold.and_then(|hold| hold.guard) {
        text.push_str(&format!(" Until it runs, {} stays suspended.", guard.as_str()));
    }
    Report::new(&answer, text)
}
