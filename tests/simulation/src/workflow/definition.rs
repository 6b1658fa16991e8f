//! A state machine, read from its file; whatever this does not know is refused, not passed over.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fields::Fields;
use super::template::Template;
use crate::executor::{Millis, SECOND};
use crate::expressions::Expression;
use crate::functions::Function;

#[derive(Debug)]
pub struct Machine {
    pub limit: Millis,
    pub states: States,
}

#[derive(Debug)]
pub struct States {
    pub start_at: String,
    pub states: BTreeMap<String, State>,
}

#[derive(Debug)]
pub struct State {
    pub kind: Kind,
    pub assign: Vec<(String, Template)>,
    pub output: Option<Template>,
    pub retry: Vec<Retrier>,
    pub catch: Vec<Catcher>,
    /// `None`: the end.
    pub next: Option<String>,
}

#[derive(Debug)]
pub enum Kind {
    Pass,
    Succeed,
    Fail {
        error: Template,
        cause: Template,
    },
    Choice {
        choices: Vec<Choice>,
        default: Option<String>,
    },
    Wait(Wait),
    Task {
        resource: Resource,
        arguments: Template,
        limit: Option<Millis>,
    },
    Map {
        items: Template,
        selector: Option<Template>,
        at_once: usize,
        is_distributed: bool,
        tolerates_all: bool,
        body: States,
    },
}

#[derive(Debug)]
pub enum Wait {
    Seconds(Template),
    Timestamp(Template),
}

#[derive(Debug)]
pub struct Choice {
    pub condition: Expression,
    pub assign: Vec<(String, Template)>,
    pub output: Option<Template>,
    pub next: String,
}

#[derive(Debug)]
pub enum Resource {
    /// `lambda:invoke`; the function is in the arguments.
    Lambda(Function, Template),
    /// Such as `ec2:stopInstances`.
    Sdk(String),
}

#[derive(Debug)]
pub struct Retrier {
    pub errors: Vec<String>,
    pub interval: Millis,
    pub attempts: u32,
    pub rate: f64,
    pub longest: Millis,
}

#[derive(Debug)]
pub struct Catcher {
    pub errors: Vec<String>,
    pub assign: Vec<(String, Template)>,
    pub output: Option<Template>,
    pub next: String,
}

/// Reads a definition after its `${substitutions}` were made.
pub fn machine(text: &str) -> Result<Machine, String> {
    let json: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut fields = Fields::of("the machine", &json)?;
    if fields.text("QueryLanguage")? != "JSONata" {
        return Err("only JSONata is read".to_owned());
    }
    let limit = fields.seconds("TimeoutSeconds")?.unwrap_or(i64::MAX / 4);
    let states = states(&mut fields)?;
    fields.end()?;
    Ok(Machine { limit, states })
}

fn states(fields: &mut Fields<'_>) -> Result<States, String> {
    let start_at = fields.text("StartAt")?.to_owned();
    let all = fields.object("States")?;
    let states = all.iter().map(|(name, json)| Ok((name.clone(), state(name, json)?)));
    let states: BTreeMap<String, State> = states.collect::<Result<_, String>>()?;
    let follows = states.values().flat_map(|state| {
        let mut names: Vec<&String> = state.next.iter().collect();
        names.extend(state.catch.iter().map(|catcher| &catcher.next));
        if let Kind::Choice { choices, default } = &state.kind {
            names.extend(choices.iter().map(|choice| &choice.next));
            names.extend(default);
        }
        names
    });
    let unknown = follows.chain([&start_at]).find(|name| !states.contains_key(*name)).cloned();
    match unknown {
        Some(unknown) => Err(format!("there is no state {unknown}")),
        None => Ok(States { start_at, states }),
    }
}

fn state(name: &str, json: &Value) -> Result<State, String> {
    let mut fields = Fields::of(name, json)?;
    let kind = match fields.text("Type")? {
        "Pass" => Kind::Pass,
        "Succeed" => Kind::Succeed,
        "Fail" => Kind::Fail { error: fields.template("Error")?, cause: fields.template("Cause")? },
        "Choice" => Kind::Choice {
            choices: fields.list("Choices")?.iter().map(|json| choice(name, json)).collect::<Result<_, _>>()?,
            default: fields.optional_text("Default")?.map(str::to_owned),
        },
        "Wait" => match fields.optional_template("Timestamp")? {
            Some(at) => Kind::Wait(Wait::Timestamp(at)),
            None => Kind::Wait(Wait::Seconds(fields.template("Seconds")?)),
        },
        "Task" => task(&mut fields)?,
        "Map" => map(&mut fields)?,
        other => return Err(format!("{name}: states of type {other} are not read")),
    };
    let retriers = fields.optional_list("Retry")?.iter().map(|json| retrier(name, json)).collect::<Result<_, _>>()?;
    let catchers = fields.optional_list("Catch")?.iter().map(|json| catcher(name, json)).collect::<Result<_, _>>()?;
    let (assign, output) = (fields.assign()?, fields.optional_template("Output")?);
    let next = fields.optional_text("Next")?.map(str::to_owned);
    fields.skip("End");
    fields.end()?;
    Ok(State { kind, assign, output, retry: retriers, catch: catchers, next })
}

fn task(fields: &mut Fields<'_>) -> Result<Kind, String> {
    let resource = fields.text("Resource")?;
    let arguments = fields.value("Arguments")?;
    let limit = fields.seconds("TimeoutSeconds")?;
    let (_, call) = resource.split_once(":states:::").ok_or_else(|| format!("{resource} is no integration"))?;
    if call != "lambda:invoke" {
        let resource = Resource::Sdk(call.strip_prefix("aws-sdk:").unwrap_or(call).to_owned());
        return Ok(Kind::Task { resource, arguments: Template::compile(arguments)?, limit });
    }
    let mut of_call = Fields::of("Arguments", arguments)?;
    let function = Function::of_arn(of_call.text("FunctionName")?)?;
    let payload = of_call.template("Payload")?;
    of_call.end()?;
    Ok(Kind::Task { resource: Resource::Lambda(function, payload), arguments: Template::Constant(Value::Null), limit })
}

fn map(fields: &mut Fields<'_>) -> Result<Kind, String> {
    let mut processor = Fields::of("ItemProcessor", fields.value("ItemProcessor")?)?;
    let mut configuration = Fields::of("ProcessorConfig", processor.value("ProcessorConfig")?)?;
    let is_distributed = configuration.text("Mode")? == "DISTRIBUTED";
    configuration.skip("ExecutionType");
    configuration.end()?;
    let body = states(&mut processor)?;
    processor.end()?;
    fields.skip("Label");
    let tolerates_all = fields.number("ToleratedFailurePercentage")?.is_some_and(|share| share >= 100.0);
    let at_once = fields.number("MaxConcurrency")?.map_or(40, |most| most as usize);
    let (items, selector) = (fields.template("Items")?, fields.optional_template("ItemSelector")?);
    Ok(Kind::Map { items, selector, at_once, is_distributed, tolerates_all, body })
}

fn choice(name: &str, json: &Value) -> Result<Choice, String> {
    let mut fields = Fields::of(name, json)?;
    let condition = fields.text("Condition")?.trim_start_matches("{%").trim_end_matches("%}");
    let read = Choice {
        condition: Expression::compile(condition)?,
        assign: fields.assign()?,
        output: fields.optional_template("Output")?,
        next: fields.text("Next")?.to_owned(),
    };
    fields.end()?;
    Ok(read)
}

fn retrier(name: &str, json: &Value) -> Result<Retrier, String> {
    let mut fields = Fields::of(name, json)?;
    let read = Retrier {
        errors: fields.texts("ErrorEquals")?,
        interval: fields.seconds("IntervalSeconds")?.unwrap_or(SECOND),
        attempts: fields.number("MaxAttempts")?.map_or(3, |attempts| attempts as u32),
        rate: fields.number("BackoffRate")?.unwrap_or(2.0),
        longest: fields.seconds("MaxDelaySeconds")?.unwrap_or(i64::MAX / 4),
    };
    if fields.text("JitterStrategy")? != "FULL" {
        return Err(format!("{name}: only full jitter is read"));
    }
    fields.end()?;
    Ok(read)
}

fn catcher(name: &str, json: &Value) -> Result<Catcher, String> {
    let mut fields = Fields::of(name, json)?;
    let read = Catcher {
        errors: fields.texts("ErrorEquals")?,
        assign: fields.assign()?,
        output: fields.optional_template("Output")?,
        next: fields.text("Next")?.to_owned(),
    };
    fields.end()?;
    Ok(read)
}
