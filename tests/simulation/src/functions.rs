//! The Lambda functions: the handlers of production, each with its own clients.

pub mod lambda;

use std::rc::Rc;

use lockstep_aws::configuration::SdkConfig;
use lockstep_aws::error::Failure;
use lockstep_aws::ledger::Ledger;
use lockstep_aws::watch::Watch;
use serde::Serialize;
use serde_json::Value;

use crate::endpoints::sdk;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Function {
    ReceiveKeyEvent,
    SweepKeys,
    ConfirmKey,
    RecordDependents,
    PlanShutdown,
    ConfirmBatch,
    RecordOutcome,
    PlanStartup,
    EndRun,
    SendMails,
    Enrol,
}

impl Function {
    pub const ALL: [Self; 11] = [
        Self::ReceiveKeyEvent,
        Self::SweepKeys,
        Self::ConfirmKey,
        Self::RecordDependents,
        Self::PlanShutdown,
        Self::ConfirmBatch,
        Self::RecordOutcome,
        Self::PlanStartup,
        Self::EndRun,
        Self::SendMails,
        Self::Enrol,
    ];

    /// As template.yaml names it, without the `Function` at its end.
    pub fn logical_id(self) -> &'static str {
        match self {
            Self::ReceiveKeyEvent => "ReceiveKeyEvent",
            Self::SweepKeys => "SweepKeys",
            Self::ConfirmKey => "ConfirmKey",
            Self::RecordDependents => "RecordDependents",
            Self::PlanShutdown => "PlanShutdown",
            Self::ConfirmBatch => "ConfirmBatch",
            Self::RecordOutcome => "RecordOutcome",
            Self::PlanStartup => "PlanStartup",
            Self::EndRun => "EndRun",
            Self::SendMails => "SendMails",
            Self::Enrol => "Enrol",
        }
    }

    /// Its folder, its package and its binary.
    pub fn name(self) -> String {
        let capital =
            |c: char| if c.is_ascii_uppercase() { format!("-{}", c.to_ascii_lowercase()) } else { c.to_string() };
        self.logical_id().chars().map(capital).collect::<String>().trim_start_matches('-').to_owned()
    }

    pub fn arn(self) -> String {
        format!("arn:aws:lambda:eu-west-1:111122223333:function:{}", self.logical_id())
    }

    pub fn of_arn(arn: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|function| function.arn() == arn).ok_or_else(|| format!("no function is {arn}"))
    }
}

/// What the functions keep from one invocation to the next.
pub struct Functions {
    watch: Watch,
    ledger: Ledger,
    confirm_key: confirm_key::World,
    plan_shutdown: plan_shutdown::World,
    confirm_batch: confirm_batch::World,
    send_mails: send_mails::World,
    enrol: enrol::World,
}

thread_local! {
    static FUNCTIONS: Rc<Functions> = Rc::new(Functions::new().expect("the environment of `environment.rs`"));
}

impl Functions {
    fn new() -> Result<Self, Failure> {
        let sdk: SdkConfig = sdk();
        Ok(Self {
            watch: Watch::new(&sdk)?,
            ledger: Ledger::new(&sdk)?,
            confirm_key: confirm_key::World::new(&sdk)?,
            plan_shutdown: plan_shutdown::World::new(&sdk)?,
            confirm_batch: confirm_batch::World::new(&sdk)?,
            send_mails: send_mails::World::new(&sdk)?,
            enrol: enrol::World::new(&sdk)?,
        })
    }

    /// The functions of this thread.
    pub fn here() -> Rc<Self> {
        FUNCTIONS.with(Rc::clone)
    }

    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Hands an event to a function and returns its answer as JSON.
    pub async fn handle(&self, function: Function, event: Value) -> Result<Value, Failure> {
        match function {
            Function::ReceiveKeyEvent => json(receive_key_event::handle(&self.watch, event).await),
            Function::SweepKeys => json(sweep_keys::handle(&self.watch).await),
            Function::ConfirmKey => json(confirm_key::handle(&self.confirm_key, event).await),
            Function::RecordDependents => json(record_dependents::handle(&self.ledger, event).await),
            Function::PlanShutdown => json(plan_shutdown::handle(&self.plan_shutdown, event).await),
            Function::ConfirmBatch => json(confirm_batch::handle(&self.confirm_batch, event).await),
            Function::RecordOutcome => json(record_outcome::handle(&self.ledger, event).await),
            Function::PlanStartup => json(plan_startup::handle(&self.ledger, event).await),
            Function::EndRun => json(end_run::handle(&self.ledger, event).await),
            Function::SendMails => json(send_mails::handle(&self.send_mails, event).await),
            Function::Enrol => json(enrol::handle(&self.enrol, event).await),
        }
    }
}

fn json<T: Serialize>(answer: Result<T, Failure>) -> Result<Value, Failure> {
    answer.and_then(|answer| serde_json::to_value(answer).map_err(|error| Failure::of_row("answering", error)))
}
