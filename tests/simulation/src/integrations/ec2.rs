//! EC2: volumes, tags, states, and stopping and starting.

use serde_json::{Value, json};

use super::{filter, only, texts};
use crate::executor::now;
use crate::fleet::{self, Actor, Server, State, is_database};
use crate::mutants::Mutant;
use crate::oracle::fleet::Act;
use crate::workflow::failure::Failure;
use crate::workflow::interpreter::Place;
use crate::world::World;

/// Rows to a page, so that searches have several.
const PAGE: usize = 2;

fn page(name: &str, rows: Vec<Value>, arguments: &Value) -> Value {
    let from = arguments["NextToken"].as_str().and_then(|token| token.parse().ok()).unwrap_or(0);
    let more = from + PAGE < rows.len();
    let mut answer = json!({ name: rows.into_iter().skip(from).take(PAGE).collect::<Vec<_>>() });
    if more {
        answer["NextToken"] = json!((from + PAGE).to_string());
    }
    answer
}

pub fn describe_volumes(world: &mut World, arguments: &Value) -> Value {
    only(world, arguments, &["Filters", "MaxResults", "NextToken"]);
    let exists = |(id, server): &(&String, &Server)| !is_database(id) && server.state != State::Terminated;
    let volumes = |(id, server): (&String, &Server)| -> Vec<Value> {
        let attachments = json!([{ "InstanceId": id, "State": "attached" }]);
        let volume = |key: &String| json!({ "KmsKeyId": key, "Encrypted": true, "Attachments": attachments });
        server.volume_keys.iter().map(volume).collect()
    };
    page("Volumes", world.fleet.iter().filter(exists).flat_map(volumes).collect(), arguments)
}

/// A name of tags as a filter gives it, with `*` at its end.
fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |prefix| name.starts_with(prefix))
}

pub fn describe_tags(world: &mut World, arguments: &Value) -> Result<Value, Failure> {
    only(world, arguments, &["Filters", "MaxResults", "NextToken"]);
    let names = filter(arguments, "Name", "key").unwrap_or_default();
    let ids = filter(arguments, "Name", "resource-id");
    let part = filter(arguments, "Name", "value").map(|values| values[0].trim_matches('*').to_owned());
    let mut rows = Vec::new();
    let is_asked = |id: &String| ids.as_ref().is_none_or(|ids| ids.contains(id));
    let exists = |server: &Server| server.state != State::Terminated;
    for (id, server) in world.fleet.iter().filter(|(id, server)| !is_database(id) && is_asked(id) && exists(server)) {
        for (name, value) in &server.tags {
            let is_named = names.iter().any(|pattern| matches(pattern, name));
            if is_named && part.as_ref().is_none_or(|part| value.contains(part.as_str())) {
                rows.push(json!({ "ResourceId": id, "ResourceType": "instance", "Key": name, "Value": value }));
            }
        }
    }
    // A look at the tags of given servers is one page.
    if ids.is_some() { Ok(json!({ "Tags": rows })) } else { Ok(page("Tags", rows, arguments)) }
}

pub fn describe_instance_status(world: &mut World, arguments: &Value) -> Result<Value, Failure> {
    only(world, arguments, &["InstanceIds", "IncludeAllInstances"]);
    let mut rows = Vec::new();
    for id in known(world, arguments)? {
        let server = &world.fleet[&id];
        let state = match server.state {
            State::Stopping if world.mutant == Some(Mutant::StoppingIsStopped) => State::Stopped,
            state => state,
        };
        let check = match (server.state, server.is_checked) {
            (State::Running, true) => "ok",
            (State::Running | State::Pending, _) => "initializing",
            _ => "not-applicable",
        };
        rows.push(json!({
            "InstanceId": id,
            "InstanceState": { "Name": state.name() },
            "SystemStatus": { "Status": check },
            "InstanceStatus": { "Status": check },
        }));
    }
    Ok(json!({ "InstanceStatuses": rows }))
}

/// The servers of a call; one that is not known fails the whole.
fn known(world: &World, arguments: &Value) -> Result<Vec<String>, Failure> {
    let ids = texts(&arguments["InstanceIds"]);
    if ids.is_empty() {
        return Err(Failure::of_ec2("The request must contain the parameter InstanceIds", 400));
    }
    let is_known = |id: &&String| world.fleet.get(*id).is_some_and(|server| !server.is_forgotten(now()));
    match ids.iter().find(|id| !is_known(id)) {
        Some(unknown) => Err(Failure::of_ec2(&format!("The instance ID '{unknown}' does not exist"), 400)),
        None => Ok(ids),
    }
}

/// One server that is in a wrong state fails the whole call.
fn refuse(world: &World, ids: &[String], states: &[State], done: &str) -> Result<(), Failure> {
    match ids.iter().find(|id| states.contains(&world.fleet[*id].state)) {
        Some(id) => {
            let refusal = format!("The instance '{id}' is not in a state from which it can be {done}.");
            Err(Failure::of_ec2(&refusal, 400))
        }
        None => Ok(()),
    }
}

pub fn stop_instances(world: &mut World, arguments: &Value, place: &Place) -> Result<Value, Failure> {
    only(world, arguments, &["InstanceIds"]);
    let ids = known(world, arguments)?;
    refuse(world, &ids, &[State::Terminated], "stopped")?;
    world.see_act(place, Act::StopServer, &ids, &[]);
    let mut rows = Vec::new();
    for id in ids {
        world.note(|| format!("{}: StopInstances {id}", place.run));
        let before = fleet::stop(world, &id, Actor::Lockstep).map_or("stopped", State::name);
        let now = world.fleet[&id].state.name();
        rows.push(json!({ "InstanceId": id, "PreviousState": { "Name": before }, "CurrentState": { "Name": now } }));
    }
    Ok(json!({ "StoppingInstances": rows }))
}

pub fn start_instances(world: &mut World, arguments: &Value, place: &Place) -> Result<Value, Failure> {
    only(world, arguments, &["InstanceIds"]);
    let ids = known(world, arguments)?;
    refuse(world, &ids, &[State::Stopping, State::Terminated], "started")?;
    world.see_act(place, Act::StartServer, &ids, &[]);
    let mut rows = Vec::new();
    for id in ids {
        world.note(|| format!("{}: StartInstances {id}", place.run));
        let before = fleet::start(world, &id, Actor::Lockstep).map_err(|refusal| Failure::of_ec2(&refusal, 400))?;
        let now = world.fleet[&id].state.name();
        let (before, now) = (json!({ "Name": before.name() }), json!({ "Name": now }));
        rows.push(json!({ "InstanceId": id, "PreviousState": before, "CurrentState": now }));
    }
    Ok(json!({ "StartingInstances": rows }))
}
