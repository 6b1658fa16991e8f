//! Systems Manager: agents and commands.

use serde_json::{Value, json};

use super::{filter, only, texts};
use crate::executor::SECOND;
use crate::fleet::State;
use crate::fleet::commands::{self, Asked};
use crate::oracle::fleet::Act;
use crate::workflow::failure::Failure;
use crate::workflow::interpreter::Place;
use crate::world::World;

/// `timeoutSeconds` of the document's step, which a delivery may take on top of its own limit.
const EXECUTION_S: i64 = 240;

pub fn describe_instance_information(world: &mut World, arguments: &Value) -> Result<Value, Failure> {
    only(world, arguments, &["Filters", "MaxResults"]);
    let ids = filter(arguments, "Key", "InstanceIds").unwrap_or_default();
    if ids.is_empty() {
        return Err(Failure::of_ssm("ValidationException", "Filters need values", 400));
    }
    let is_online = |id: &&String| world.fleet.get(*id).is_some_and(|server| server.is_online);
    let rows: Vec<Value> = ids.iter().filter(is_online).map(|id| json!({ "InstanceId": id })).collect();
    Ok(json!({ "InstanceInformationList": rows }))
}

pub fn send_command(world: &mut World, arguments: &Value, place: &Place) -> Result<Value, Failure> {
    let known =
        ["DocumentName", "InstanceIds", "Parameters", "TimeoutSeconds", "MaxConcurrency", "MaxErrors", "Comment"];
    only(world, arguments, &known);
    let parameters = &arguments["Parameters"];
    let first = |name: &str| parameters[name][0].as_str().unwrap_or_default().to_owned();
    let (verb, units) = (first("Verb"), first("Units"));
    let ids = texts(&arguments["InstanceIds"]);
    if arguments["DocumentName"] != "units" || !["stop", "start"].contains(&verb.as_str()) {
        world.violate("S13 no call but those that are known", &arguments.to_string());
    }
    if ids.is_empty() || ids.len() > 50 || units.is_empty() {
        return Err(Failure::of_ssm("ValidationException", "between 1 and 50 instances, and units", 400));
    }
    if ids.iter().any(|id| world.fleet.get(id).is_none_or(|server| server.state == State::Terminated)) {
        return Err(Failure::of_ssm("InvalidInstanceIdException", "Instances not in a valid state for account", 400));
    }
    let units: Vec<String> = units.split(' ').map(str::to_owned).collect();
    let act = if verb == "stop" { Act::StopUnits } else { Act::StartUnits };
    world.see_act(place, act, &ids, &units);
    world.note(|| format!("{}: {verb} {units:?} on {ids:?}", place.run));
    let delivery_limit = (arguments["TimeoutSeconds"].as_i64().unwrap_or(3600) + EXECUTION_S) * SECOND;
    let command = commands::send(world, &ids, &Asked { verb, units, delivery_limit });
    Ok(json!({ "Command": { "CommandId": command.to_string(), "Status": "Pending" } }))
}

pub fn list_command_invocations(world: &mut World, arguments: &Value) -> Result<Value, Failure> {
    only(world, arguments, &["CommandId", "Details", "MaxResults"]);
    let command = arguments["CommandId"].as_str().and_then(|command| command.parse().ok());
    let Some(invocations) = command.and_then(|command: u64| world.commands.0.get(&command)) else {
        return Err(Failure::of_ssm("InvalidCommandIdException", "The command id is not known.", 400));
    };
    let row = |invocation: &commands::Invocation| {
        json!({
            "InstanceId": invocation.server,
            "StatusDetails": invocation.status,
            "CommandPlugins": [{ "Name": "units", "Output": invocation.output }],
        })
    };
    Ok(json!({ "CommandInvocations": invocations.iter().map(row).collect::<Vec<_>>() }))
}
