//! Lambda: an invocation lives until its handler has answered, dies at a call, or runs out of time.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use lockstep_aws::error::Failure as HandlerFailure;
use serde_json::Value;

use super::{Function, Functions};
use crate::executor::{Millis, SECOND, now, sleep, within};
use crate::faults::Fault;
use crate::oracle::Look;
use crate::workflow::failure::Failure;
use crate::workflow::interpreter::Place;
use crate::world::{with, with_random};

/// One invocation that is under way.
#[derive(Debug)]
pub struct Invocation {
    pub function: Function,
    /// The state that invoked it; none for events and sweeps.
    pub place: Option<Place>,
    /// The run that its input names; empty for events and sweeps.
    pub run: String,
    pub key: String,
    /// What DescribeKey answered it, key by key, oldest first.
    pub looks: Vec<(String, Millis, Look)>,
    pub began: Millis,
    /// It is dead, and makes no further call.
    pub is_dead: bool,
    pub input: Value,
}

/// Invocations by number.
#[derive(Debug, Default)]
pub struct Invocations {
    under_way: BTreeMap<u64, Invocation>,
    count: u64,
    /// Every event that was handed over, if they are kept.
    pub kept: Option<Vec<(Function, Value)>>,
}

impl Invocations {
    fn begin(&mut self, function: Function, input: &Value, place: Option<Place>) -> u64 {
        self.count += 1;
        if let Some(kept) = &mut self.kept {
            kept.push((function, input.clone()));
        }
        let of = input.get("run").filter(|run| run.is_object()).or_else(|| input.get("batch")).unwrap_or(&Value::Null);
        let text = |field: &str| of[field].as_str().unwrap_or_default().to_owned();
        let invocation = Invocation {
            function,
            place,
            run: text("run"),
            key: text("key"),
            looks: Vec::new(),
            began: now(),
            is_dead: false,
            input: input.clone(),
        };
        self.under_way.insert(self.count, invocation);
        self.count
    }

    pub fn get(&self, id: u64) -> Option<&Invocation> {
        self.under_way.get(&id)
    }

    pub fn get_mut(&mut self, id: u64) -> Option<&mut Invocation> {
        self.under_way.get_mut(&id)
    }

    fn end(&mut self, id: u64) -> Option<Invocation> {
        self.under_way.remove(&id)
    }
}

thread_local! {
    static CURRENT: Cell<u64> = const { Cell::new(0) };
}

/// The invocation whose handler is running right now; 0: none.
pub fn current() -> u64 {
    CURRENT.get()
}

/// A handler, watched: its calls are known by its number, and it stops when it has died.
struct Watched {
    id: u64,
    handler: Pin<Box<dyn Future<Output = Result<Value, HandlerFailure>>>>,
}

enum CameTo {
    Answer(Result<Value, HandlerFailure>),
    Death,
}

impl Future for Watched {
    type Output = CameTo;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<CameTo> {
        let before = CURRENT.replace(self.id);
        let outcome = self.handler.as_mut().poll(context);
        CURRENT.set(before);
        if with(|world| world.invocations.get(self.id).is_some_and(|invocation| invocation.is_dead)) {
            return Poll::Ready(CameTo::Death);
        }
        outcome.map(CameTo::Answer)
    }
}

/// Invokes a function and waits for its answer; failures are named as Step Functions names them.
pub async fn invoke(function: Function, input: Value, place: Option<Place>) -> Result<Value, Failure> {
    sleep(with_random(|random| random.i64(10..150))).await;
    with(|world| world.count(function.logical_id()));
    if with(|world| world.roll(&[Fault::LambdaThrottled])).is_some() {
        return Err(Failure::new("Lambda.TooManyRequestsException", "Rate Exceeded."));
    }
    let id = with(|world| world.invocations.begin(function, &input, place));
    let handler = Box::pin(async move { Functions::here().handle(function, input).await });
    let limit = if function == Function::SweepKeys { 120 * SECOND } else { 30 * SECOND };
    let came_to = within(limit, Watched { id, handler }).await;
    let Some(invocation) = with(|world| world.invocations.end(id)) else {
        return Err(Failure::new("Lambda.Unknown", "it was never begun"));
    };
    let answer = match came_to {
        Some(CameTo::Answer(answer)) => answer,
        Some(CameTo::Death) => return Err(Failure::new("Runtime.ExitError", "exit status 1")),
        None => return Err(Failure::new("Sandbox.Timedout", "Task timed out")),
    };
    match answer {
        Ok(answer) => {
            with(|world| world.ended_well(&invocation, &answer));
            if with(|world| world.roll(&[Fault::LambdaAnswerLost])).is_some() {
                return Err(Failure::of_lost_answer("Lambda"));
            }
            Ok(answer)
        }
        Err(failure) => {
            with(|world| world.note(|| format!("{function:?} of {} fails: {}", invocation.run, failure.chain())));
            let error = if matches!(failure, HandlerFailure::Retryable { .. }) { "Retryable" } else { "Terminal" };
            Err(Failure::new(error, failure.to_string()))
        }
    }
}

/// An asynchronous invocation, as rules make it: `retries` more tries, after one minute and then two.
pub async fn invoke_by_event(function: Function, input: Value, retries: u32) {
    for attempt in 0..=retries {
        sleep(i64::from(attempt) * 60 * SECOND).await;
        if invoke(function, input.clone(), None).await.is_ok() {
            return;
        }
    }
}
