//! The edge of every function: JSON logs in, one logged line for a failure out.

use std::future::Future;
use std::pin::Pin;

use lambda_runtime::{Error, LambdaEvent, service_fn, tracing};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::Failure;
use crate::metrics;

/// Runs `handle` for every event; failures are logged here once, with their chain.
pub async fn run<F, Fut, Out>(handle: F) -> Result<(), Error>
where
    F: Fn(Value) -> Fut,
    Fut: Future<Output = Result<Out, Failure>>,
    Out: Serialize,
{
    tracing::init_default_subscriber();
    metrics::begin();
    let handle = &handle;
    // Boxed, for the compiler's sake: the futures of several SDK calls are deep.
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| -> Pin<Box<dyn Future<Output = _>>> {
        Box::pin(async move {
            let answer = Box::pin(handle(event.payload)).await;
            if let Err(failure) = &answer {
                tracing::error!(error.chain = failure.chain(), "the function failed");
                metrics::count_denial(failure);
            }
            answer
        })
    }))
    .await
}

/// Reads a typed input; what does not fit is refused by the name of the field.
pub fn read<T: DeserializeOwned>(input: Value) -> Result<T, Failure> {
    serde_json::from_value(input).map_err(|error| Failure::terminal(format!("reading the input: {error}")))
}
