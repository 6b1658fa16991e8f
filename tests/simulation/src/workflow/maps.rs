//! Maps: one child for each item, some at once; a distributed one is a child execution that knows its input only.

use futures_util::{StreamExt, stream};
use serde_json::Value;

use super::definition::States;
use super::failure::Failure;
use super::interpreter::{self, Place};
use crate::expressions::Variables;
use crate::world::with;

pub async fn run(
    body: &'static States,
    items: Vec<Value>,
    variables: &Variables,
    place: &Place,
    at_once: usize,
    is_distributed: bool,
) -> Vec<Result<Value, Failure>> {
    let children = items.into_iter().map(|item| {
        // Items of an inline Map act in the name of the child execution around them.
        let child = if is_distributed { with(|world| world.next_child()) } else { place.child };
        interpreter::run(body, item, variables.clone(), Place { run: place.run.clone(), child })
    });
    stream::iter(children).buffered(at_once.max(1)).collect().await
}

/// The results in the order of the items; a child that failed leaves none.
pub fn gather(results: Vec<Result<Value, Failure>>, tolerates_all: bool) -> Result<Value, Failure> {
    let mut gathered = Vec::new();
    for result in results {
        match result {
            Ok(value) => gathered.push(value),
            Err(_) if tolerates_all => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(Value::Array(gathered))
}
