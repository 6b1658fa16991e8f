//! Lambda: asking a deployed function, as an operator does.

use aws_config::SdkConfig;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use serde_json::Value;

use crate::error::Failure;

/// What a function answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    Done(Value),
    /// It would not; trying again changes nothing. The text names the rule, the value and the remedy.
    Refused(String),
    /// It could not, and may be able to later.
    Failed(String),
}

#[derive(Debug, Clone)]
pub struct Functions {
    client: Client,
}

impl Functions {
    pub fn new(sdk: &SdkConfig) -> Self {
        Self { client: Client::new(sdk) }
    }

    /// Invokes the function and waits for its answer.
    pub async fn ask(&self, function: &str, request: &Value) -> Result<Answer, Failure> {
        let doing = format!("asking the function {function}");
        let payload = Blob::new(request.to_string());
        let answer = self.client.invoke().function_name(function).payload(payload).send().await;
        let answer = answer.map_err(|error| Failure::of_call(&doing, error))?;
        let body = answer.payload.map(Blob::into_inner).unwrap_or_default();
        let body: Value = serde_json::from_slice(&body).map_err(|error| Failure::of_row(&doing, error))?;
        Ok(read(answer.function_error.is_some(), body))
    }
}

/// A failure comes as `{"errorType": …, "errorMessage": …}`; the types are those of `Failure`.
fn read(failed: bool, body: Value) -> Answer {
    if !failed {
        return Answer::Done(body);
    }
    let text = |field: &str| body.get(field).and_then(Value::as_str).unwrap_or_default();
    match text("errorType") {
        "Terminal" => Answer::Refused(text("errorMessage").to_owned()),
        kind => Answer::Failed(format!("{kind}: {}", text("errorMessage"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_is_told_from_a_failure_that_may_pass() {
        let failed = |kind: &str| json!({ "errorType": kind, "errorMessage": "not_watched: …" });
        assert_eq!(read(false, json!({ "done": "x" })), Answer::Done(json!({ "done": "x" })));
        assert_eq!(read(true, failed("Terminal")), Answer::Refused("not_watched: …".to_owned()));
        assert!(matches!(read(true, failed("Retryable")), Answer::Failed(text) if text.starts_with("Retryable: ")));
        assert!(matches!(read(true, failed("Sandbox.Timedout")), Answer::Failed(_)));
    }
}
