//! Step Functions: starting the run of an epoch, and asking how it fares.

use aws_config::SdkConfig;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::ExecutionStatus;
use jiff::Timestamp;
use lockstep_domain::epoch::Execution;
use lockstep_domain::key::KeyArn;
use lockstep_domain::notice::Notice;
use lockstep_domain::outbox::Unsent;
use lockstep_domain::run::{Direction, RunName, RunRecord, RunRef};
use serde_json::{Value, json};

use crate::configuration::required;
use crate::error::Failure;

#[derive(Debug, Clone)]
pub struct Runs {
    client: Client,
    shutdown: String,
    startup: String,
    notice: String,
}

/// What Step Functions answered to a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Started {
    /// It runs now, or ran already under the same name and input.
    Running,
    /// A run of this name has ended; names are never used again.
    EndedBefore,
}

impl Runs {
    pub fn new(sdk: &SdkConfig) -> Result<Self, Failure> {
        Ok(Self {
            client: Client::new(sdk),
            shutdown: required("SHUTDOWN_STATE_MACHINE_ARN")?,
            startup: required("STARTUP_STATE_MACHINE_ARN")?,
            notice: required("NOTICE_STATE_MACHINE_ARN")?,
        })
    }

    fn machine(&self, direction: Direction) -> &str {
        match direction {
            Direction::Shutdown => &self.shutdown,
            Direction::Startup => &self.startup,
        }
    }

    /// Starts a run under its own name, so that starting it twice starts it once.
    ///
    /// StartExecution is idempotent only for the same name *and* input, so the input holds nothing that varies.
    pub async fn start(&self, run: &RunRecord) -> Result<Started, Failure> {
        let reference = RunRef { run: run.run.clone(), key: run.key.clone(), epoch: run.epoch };
        let mut input = json!(reference);
        input["grace_ends_at"] = json!(seconds(run.grace_ends_at));
        let start = self.client.start_execution().state_machine_arn(self.machine(run.direction));
        match start.name(run.run.as_str()).input(input.to_string()).send().await {
            Ok(_) => Ok(Started::Running),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_execution_already_exists()) => {
                Ok(Started::EndedBefore)
            }
            Err(error) => Err(Failure::of_call(format!("starting run {}", run.run), error)),
        }
    }

    /// Has a notice sent, once for what was seen since `since`.
    pub async fn tell(&self, key: &KeyArn, notice: Notice, since: Timestamp) -> Result<(), Failure> {
        let name = format!("{}-notice-{}", key.id(), since.as_millisecond());
        self.mail(name, &json!({ "key": key, "notice": notice, "since": since })).await
    }

    /// Has sent again what was put off.
    pub async fn send_again(&self, unsent: &Unsent, now: Timestamp) -> Result<(), Failure> {
        self.mail(unsent.next_try(now), &unsent.input).await
    }

    async fn mail(&self, name: String, input: &Value) -> Result<(), Failure> {
        let start = self.client.start_execution().state_machine_arn(&self.notice).name(&name).input(input.to_string());
        match start.send().await {
            Err(error) if !error.as_service_error().is_some_and(|e| e.is_execution_already_exists()) => {
                Err(Failure::of_call(format!("having {name} mailed"), error))
            }
            _ => Ok(()),
        }
    }

    /// Whether the execution of a run is under way.
    pub async fn execution(&self, run: &RunName, direction: Direction) -> Result<Execution, Failure> {
        let arn = format!("{}:{run}", self.machine(direction).replacen(":stateMachine:", ":execution:", 1));
        match self.client.describe_execution().execution_arn(arn).send().await {
            Ok(found) if matches!(found.status(), ExecutionStatus::Running | ExecutionStatus::PendingRedrive) => {
                Ok(Execution::Running)
            }
            Ok(_) => Ok(Execution::Closed),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_execution_does_not_exist()) => {
                Ok(Execution::NotStarted)
            }
            Err(error) => Err(Failure::of_call(format!("asking how run {run} fares"), error)),
        }
    }
}

/// A Wait state truncates fractions of a second, so the next whole second is given: never early.
fn seconds(at: Timestamp) -> String {
    let up = i64::from(at.subsec_nanosecond() > 0);
    let whole = Timestamp::from_second(at.as_second() + up).unwrap_or(at);
    whole.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
