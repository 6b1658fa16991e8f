//! Step Functions: a search of the deployed workflows, started by an operator and waited for.

use aws_config::SdkConfig;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::ExecutionStatus;
use serde_json::Value;

use crate::error::Failure;

/// An execution that was started here.
#[derive(Debug, Clone)]
pub struct Started {
    arn: String,
}

/// How an execution fares.
#[derive(Debug, Clone, PartialEq)]
pub enum Fare {
    Running,
    /// It succeeded with this output.
    Ended(Value),
    /// It failed, timed out or was aborted; the text says which and why.
    Broken(String),
}

#[derive(Debug, Clone)]
pub struct Executions {
    client: Client,
}

impl Executions {
    pub fn new(sdk: &SdkConfig) -> Self {
        Self { client: Client::new(sdk) }
    }

    pub async fn start(&self, machine: &str, name: &str, input: &Value) -> Result<Started, Failure> {
        let start = self.client.start_execution().state_machine_arn(machine).name(name).input(input.to_string());
        let answer = start.send().await.map_err(|error| Failure::of_call(format!("starting {name}"), error))?;
        Ok(Started { arn: answer.execution_arn })
    }

    pub async fn look(&self, started: &Started) -> Result<Fare, Failure> {
        let doing = format!("asking how {} fares", started.arn);
        let answer = self.client.describe_execution().execution_arn(&started.arn).send().await;
        let answer = answer.map_err(|error| Failure::of_call(&doing, error))?;
        Ok(match answer.status {
            ExecutionStatus::Running | ExecutionStatus::PendingRedrive => Fare::Running,
            ExecutionStatus::Succeeded => {
                let output = answer.output.unwrap_or_else(|| "null".to_owned());
                Fare::Ended(serde_json::from_str(&output).map_err(|error| Failure::of_row(&doing, error))?)
            }
            status => {
                let error = [answer.error, answer.cause].into_iter().flatten().collect::<Vec<_>>().join(": ");
                Fare::Broken(format!("{} {error}", status.as_str()).trim().to_owned())
            }
        })
    }
}
