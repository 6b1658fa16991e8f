//! Goes through the states of one execution or one item of a Map.

use std::pin::Pin;

use serde_json::{Value, json};

use super::definition::{Kind, Resource, State, States, Wait};
use super::failure::Failure;
use super::maps;
use super::template::Template;
use crate::executor::{Millis, SECOND, millis, now, sleep, within};
use crate::expressions::Variables;
use crate::functions::lambda;
use crate::integrations;
use crate::world::{with, with_random};

/// Where a state is carried out: what its calls are known by.
#[derive(Debug, Clone)]
pub struct Place {
    /// The name of the execution.
    pub run: String,
    /// Children of Maps, by number; 0 is the execution itself.
    pub child: u64,
}

type Handed = Result<Value, Failure>;
/// What a state hands on, and to which state; `None`: it was the last.
type Step = (Value, Option<&'static String>);

/// The future is boxed because Maps nest.
pub fn run(
    states: &'static States,
    input: Value,
    variables: Variables,
    place: Place,
) -> Pin<Box<dyn Future<Output = Handed>>> {
    Box::pin(async move {
        let mut scope = Scope { variables, place };
        let (mut name, mut input) = (&states.start_at, input);
        loop {
            sleep(with_random(|random| random.i64(5..60))).await;
            let state = states.states.get(name).ok_or_else(|| broken(format!("there is no state {name}")))?;
            with(|world| world.note(|| format!("{}/{}: {name}", scope.place.run, scope.place.child)));
            let (output, next) = scope.step(name, state, input).await?;
            match next {
                Some(next) => (name, input) = (next, output),
                None => return Ok(output),
            }
        }
    })
}

/// A definition that cannot be carried out is found loudly.
fn broken(cause: String) -> Failure {
    with(|world| world.violate("the workflow can be carried out", &cause));
    Failure::new("States.QueryEvaluationError", cause)
}

struct Scope {
    variables: Variables,
    place: Place,
}

impl Scope {
    async fn step(&mut self, name: &str, state: &'static State, input: Value) -> Result<Step, Failure> {
        let mut tried = vec![0; state.retry.len()];
        loop {
            self.see(json!({ "input": input }));
            let failure = match self.attempt(state, &input).await {
                Ok(done) => return Ok(done),
                Err(failure) => failure,
            };
            with(|world| world.note(|| format!("{}/{}: {name} failed: {failure:?}", self.place.run, self.place.child)));
            let retrier = state.retry.iter().position(|retrier| failure.is_one_of(&retrier.errors));
            if let Some(index) = retrier.filter(|index| tried[*index] < state.retry[*index].attempts) {
                let retrier = &state.retry[index];
                let longest = (retrier.interval as f64 * retrier.rate.powi(tried[index] as i32)) as Millis;
                tried[index] += 1;
                sleep(with_random(|random| random.i64(0..=longest.min(retrier.longest)))).await;
                continue;
            }
            let Some(catcher) = state.catch.iter().find(|catcher| failure.is_one_of(&catcher.errors)) else {
                return Err(failure);
            };
            self.see(json!({ "input": input, "errorOutput": failure.output() }));
            let output = self.hand_on(&catcher.assign, catcher.output.as_ref(), failure.output())?;
            return Ok((output, Some(&catcher.next)));
        }
    }

    async fn attempt(&mut self, state: &'static State, input: &Value) -> Result<Step, Failure> {
        let result = match &state.kind {
            Kind::Fail { error, cause } => {
                let text = |value: Value| value.as_str().unwrap_or_default().to_owned();
                return Err(Failure::new(text(self.fill(error)?), text(self.fill(cause)?)));
            }
            Kind::Choice { choices, default } => {
                for choice in choices {
                    match choice.condition.evaluate(&self.variables).map_err(broken)? {
                        Some(Value::Bool(true)) => {
                            let output = self.hand_on(&choice.assign, choice.output.as_ref(), input.clone())?;
                            return Ok((output, Some(&choice.next)));
                        }
                        Some(Value::Bool(false)) => {}
                        other => return Err(broken(format!("{:?} is {other:?}, not a boolean", choice.condition))),
                    }
                }
                let default = default.as_ref().ok_or_else(|| broken("no choice holds".to_owned()))?;
                let output = self.hand_on(&state.assign, state.output.as_ref(), input.clone())?;
                return Ok((output, Some(default)));
            }
            Kind::Pass | Kind::Succeed => None,
            Kind::Wait(wait) => {
                self.wait(wait).await?;
                None
            }
            Kind::Task { resource, arguments, limit } => Some(self.task(resource, arguments, *limit).await?),
            Kind::Map { items, selector, at_once, is_distributed, tolerates_all, body } => {
                let items = self.fill(items)?;
                let Value::Array(mut items) = items else { return Err(broken(format!("{items} are no items"))) };
                if let Some(selector) = selector {
                    for item in &mut items {
                        let seen = json!({ "input": input, "context": { "Map": { "Item": { "Value": item } } } });
                        self.see(seen);
                        *item = self.fill(selector)?;
                    }
                }
                let variables = if *is_distributed { Variables::new() } else { self.variables.clone() };
                let results = maps::run(body, items, &variables, &self.place, *at_once, *is_distributed).await;
                Some(maps::gather(results, *tolerates_all)?)
            }
        };
        let mut seen = json!({ "input": input });
        let handed = result.clone().unwrap_or_else(|| input.clone());
        if let Some(result) = result {
            seen["result"] = result;
        }
        self.see(seen);
        let output = self.hand_on(&state.assign, state.output.as_ref(), handed)?;
        Ok((output, state.next.as_ref()))
    }

    async fn task(&mut self, resource: &'static Resource, arguments: &Template, limit: Option<Millis>) -> Handed {
        let call: Pin<Box<dyn Future<Output = Handed>>> = match resource {
            Resource::Lambda(function, payload) => {
                let payload = self.fill(payload)?;
                let place = self.place.clone();
                let function = *function;
                Box::pin(async move {
                    let answer = lambda::invoke(function, payload, Some(place)).await?;
                    Ok(json!({ "Payload": answer, "StatusCode": 200 }))
                })
            }
            Resource::Sdk(call) => {
                let (arguments, place) = (self.fill(arguments)?, self.place.clone());
                Box::pin(async move { integrations::call(call, arguments, &place).await })
            }
        };
        let Some(limit) = limit else { return call.await };
        let timed_out = || Failure::new("States.Timeout", format!("Task timed out after {} seconds", limit / SECOND));
        within(limit, call).await.unwrap_or_else(|| Err(timed_out()))
    }

    async fn wait(&mut self, wait: &Wait) -> Result<(), Failure> {
        let duration = match wait {
            Wait::Seconds(seconds) => {
                let seconds = self.fill(seconds)?;
                seconds.as_i64().ok_or_else(|| broken(format!("{seconds} are no seconds")))? * SECOND
            }
            Wait::Timestamp(at) => {
                let at = self.fill(at)?;
                let at = at.as_str().and_then(millis);
                at.ok_or_else(|| broken("a Wait has no timestamp".to_owned()))? - now()
            }
        };
        sleep(duration).await;
        Ok(())
    }

    fn see(&mut self, states: Value) {
        self.variables.insert("states".to_owned(), states);
    }

    fn fill(&self, template: &Template) -> Handed {
        template.fill(&self.variables).map_err(broken)
    }

    /// Assigned variables see each other's values from before; so does the output.
    fn hand_on(&mut self, assign: &[(String, Template)], output: Option<&Template>, otherwise: Value) -> Handed {
        let assigned: Vec<(String, Value)> =
            assign.iter().map(|(name, value)| Ok((name.clone(), self.fill(value)?))).collect::<Result<_, Failure>>()?;
        let output = output.map(|output| self.fill(output)).transpose()?;
        self.variables.extend(assigned);
        Ok(output.unwrap_or(otherwise))
    }
}
