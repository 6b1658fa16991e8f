//! The protocol of CloudFormation custom resources: do it, then PUT the result to a URL that is given.

use lockstep_aws::error::Failure;
use lockstep_aws::http;
use lockstep_domain::enrolment;
use serde_json::{Value, json};

use crate::{Answer, World, carry_out};

pub(crate) fn is_one(input: &Value) -> bool {
    input.get("RequestType").is_some() && input.get("ResponseURL").is_some()
}

/// A refusal is told to CloudFormation, which shows it to whoever deploys; it is no failure of the function.
pub(crate) async fn answer(world: &World, input: &Value) -> Result<Answer, Failure> {
    let properties = input.get("ResourceProperties").cloned().unwrap_or_default();
    let id = physical_id(&properties);
    let done = match asked(input, properties) {
        Some(properties) => match enrolment::read(&properties, world.language) {
            Ok(request) => carry_out(world, request).await,
            Err(refusal) => Err(refusal.into()),
        },
        None => Ok(Answer::done("nothing")),
    };
    let (status, reason) = match &done {
        Ok(_) => ("SUCCESS", String::new()),
        Err(failure) => ("FAILED", failure.to_string()),
    };
    let body = json!({
        "Status": status,
        "Reason": reason,
        "PhysicalResourceId": id,
        "StackId": input.get("StackId"),
        "RequestId": input.get("RequestId"),
        "LogicalResourceId": input.get("LogicalResourceId"),
    });
    let url = input.get("ResponseURL").and_then(Value::as_str).unwrap_or_default();
    http::put(url, body.to_string()).await?;
    done.or_else(|_| Ok(Answer::done("refused")))
}

/// What to carry out; deleting a resource undoes it. A replaced resource is deleted under its old id. What checks the
/// removal of Lockstep has nothing to do before.
fn asked(input: &Value, mut properties: Value) -> Option<Value> {
    let action = properties.get("action").and_then(Value::as_str);
    if input.get("RequestType").and_then(Value::as_str) != Some("Delete") {
        return (action != Some("check_removal")).then_some(properties);
    }
    let undo = match action {
        Some("watch_key") => "unwatch_key",
        Some("set_app") => "remove_app",
        Some("check_removal") => "check_removal",
        _ => return None,
    };
    properties["action"] = json!(undo);
    Some(properties)
}

/// The same key or app keeps its id, so that an update is not taken for a replacement.
fn physical_id(properties: &Value) -> String {
    let text = |field| properties.get(field).and_then(Value::as_str);
    let id = text("key").or_else(|| text("app")).unwrap_or("none");
    format!("lockstep/{}", lockstep_domain::text::shortened(id, 200))
}
