//! The edge of every function: JSON logs in, one logged line for a failure out.

use std::future::Future;
use std::pin::Pin;

use lambda_runtime::{Error, LambdaEvent, service_fn, tracing};
use lockstep_domain::text::shortened;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::Failure;
use crate::metrics;

/// Characters of what is said about an input that cannot be read.
const LONGEST_REFUSAL: usize = 500;

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

/// Reads a typed input; what does not fit is refused by the name of the field, in few words: serde repeats the input.
pub fn read<T: DeserializeOwned>(input: Value) -> Result<T, Failure> {
    let refused = |error: serde_json::Error| shortened(&error.to_string(), LONGEST_REFUSAL);
    serde_json::from_value(input).map_err(|error| Failure::terminal(format!("reading the input: {}", refused(error))))
}
