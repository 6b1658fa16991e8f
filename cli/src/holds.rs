//! `lockstep release`.

use lockstep_domain::error::Refusal;
use lockstep_domain::resource::ResourceId;
use serde_json::json;

use crate::deployed::Deployed;
use crate::report::Report;
use crate::trouble::Trouble;

pub async fn release(stack: &Deployed, resource: &str, reason: &str) -> Result<Report, Trouble> {
    let resource = ResourceId::parse(resource)?;
    if reason.trim().is_empty() {
        let remedy = "say why the hold is dropped; it is recorded";
        return Err(Refusal::new("no_reason", "--reason", reason, remedy).into());
    }
    let answer = stack.enrol(json!({ "action": "release_hold", "resource": resource, "reason": reason })).await?;
    let text = format!(
        "No key holds {} any more: it is not started when a key comes on. If it should run, start it by hand.",
        resource.as_str()
    );
    Report::new(&answer, text)
}
