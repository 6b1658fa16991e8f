//! Step Functions: starting the run of an epoch.

use aws_config::SdkConfig;
use aws_sdk_sfn::Client;
use lockstep_domain::run::{Direction, RunRecord, RunRef};
use serde_json::json;

use crate::configuration::required;
use crate::error::Failure;

#[derive(Debug, Clone)]
pub struct Runs {
    client: Client,
    shutdown: String,
    startup: String,
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
        })
    }

    /// Starts a run under its own name, so that starting it twice starts it once.
    ///
    /// StartExecution is idempotent only for the same name *and* input, so the input holds nothing that varies.
    pub async fn start(&self, run: &RunRecord) -> Result<Started, Failure> {
        let machine = match run.direction {
            Direction::Shutdown => &self.shutdown,
            Direction::Startup => &self.startup,
        };
        let reference = RunRef { run: run.run.clone(), key: run.key.clone(), epoch: run.epoch };
        let mut input = json!(reference);
        input["grace_ends_at"] = json!(seconds(run.grace_ends_at));
        let answer =
            self.client.start_execution().state_machine_arn(machine).name(run.run.as_str()).input(input.to_string());
        match answer.send().await {
            Ok(_) => Ok(Started::Running),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_execution_already_exists()) => {
                Ok(Started::EndedBefore)
            }
            Err(error) => Err(Failure::of_call(format!("starting run {}", run.run), error)),
        }
    }
}

/// A Wait state truncates fractions of a second, so the next whole second is given: never early.
fn seconds(at: jiff::Timestamp) -> String {
    let up = i64::from(at.subsec_nanosecond() > 0);
    let whole = jiff::Timestamp::from_second(at.as_second() + up).unwrap_or(at);
    whole.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
