//! How a task fails, in the words of Step Functions.

use serde_json::{Value, json};

/// `Error` and `Cause`, as a Retry and a Catch see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub error: String,
    pub cause: String,
}

impl Failure {
    pub fn new(error: impl Into<String>, cause: impl Into<String>) -> Self {
        Self { error: error.into(), cause: cause.into() }
    }

    /// A refusal by EC2, which models no exceptions: all are told apart by their message.
    pub fn of_ec2(message: &str, status: u16) -> Self {
        Self::new("Ec2.Ec2Exception", format!("{message} (Service: Ec2, Status Code: {status}, Request ID: 1)"))
    }

    /// A refusal by another service, in its own words.
    pub fn of(service: &str, error: &str, message: &str, status: u16) -> Self {
        let cause = format!("{message} (Service: {service}, Status Code: {status}, Request ID: 1)");
        Self::new(format!("{service}.{error}"), cause)
    }

    pub fn of_ssm(error: &str, message: &str, status: u16) -> Self {
        Self::of("Ssm", error, message, status)
    }

    pub fn of_rds(error: &str, message: &str) -> Self {
        Self::of("Rds", error, message, 400)
    }

    /// The connection broke: nobody knows whether the call was carried out.
    pub fn of_lost_answer(service: &str) -> Self {
        Self::new(format!("{service}.SdkClientException"), "Unable to execute HTTP request: connection reset")
    }

    pub fn is_one_of(&self, names: &[String]) -> bool {
        names.iter().any(|name| name == "States.ALL" || *name == self.error)
    }

    /// What a Catch sees as `$states.errorOutput`.
    pub fn output(&self) -> Value {
        json!({ "Error": self.error, "Cause": self.cause })
    }
}
