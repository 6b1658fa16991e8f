//! Auto Scaling: groups, what is suspended of them, and their members.

use serde_json::{Value, json};

use super::{filter, only, texts};
use crate::fleet::State;
use crate::fleet::groups::{self, GROUP};
use crate::oracle::fleet::Act;
use crate::workflow::failure::Failure;
use crate::workflow::interpreter::Place;
use crate::world::World;

pub fn describe_groups(world: &mut World, arguments: &Value) -> Value {
    only(world, arguments, &["AutoScalingGroupNames"]);
    let names = texts(&arguments["AutoScalingGroupNames"]);
    let rows = world.groups.iter().filter(|(name, _)| names.contains(name)).map(|(name, group)| {
        let suspended: Vec<Value> = group.suspended.iter().map(|name| json!({ "ProcessName": name })).collect();
        let tags: Vec<Value> = group.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
        let member =
            |id: &String| json!({ "InstanceId": id, "LifecycleState": "InService", "HealthStatus": "Healthy" });
        json!({
            "AutoScalingGroupName": name,
            "SuspendedProcesses": suspended,
            "Tags": tags,
            "Instances": groups::members(world, name).map(|(id, _)| member(id)).collect::<Vec<_>>(),
        })
    });
    json!({ "AutoScalingGroups": rows.collect::<Vec<_>>() })
}

/// `ec2:DescribeInstances`, of the members of a group in given states.
pub fn describe_members(world: &mut World, arguments: &Value) -> Value {
    only(world, arguments, &["Filters", "MaxResults", "NextToken"]);
    let group = filter(arguments, "Name", "tag:aws:autoscaling:groupName").unwrap_or_default();
    let states = filter(arguments, "Name", "instance-state-name").unwrap_or_default();
    let is_asked = |state: State| states.iter().any(|name| name == state.name());
    let found = group.iter().flat_map(|name| groups::members(world, name));
    let rows = found.filter(|(_, server)| is_asked(server.state)).map(|(id, _)| json!({ "InstanceId": id }));
    json!({ "Reservations": [{ "Instances": rows.collect::<Vec<_>>() }] })
}

pub fn suspend(world: &mut World, arguments: &Value, place: &Place) -> Result<Value, Failure> {
    let (name, names) = asked(world, arguments)?;
    world.see_act(place, Act::Suspend, &[format!("{GROUP}{name}")], &[]);
    world.note(|| format!("{}: SuspendProcesses {name}", place.run));
    groups::suspend(world, &name, &names);
    Ok(json!({}))
}

pub fn resume(world: &mut World, arguments: &Value, place: &Place) -> Result<Value, Failure> {
    let (name, names) = asked(world, arguments)?;
    world.see_act(place, Act::Resume, &[format!("{GROUP}{name}")], &[]);
    world.note(|| format!("{}: ResumeProcesses {name}", place.run));
    groups::resume(world, &name, &names);
    Ok(json!({}))
}

/// An empty list of processes would mean all of them.
fn asked(world: &mut World, arguments: &Value) -> Result<(String, Vec<String>), Failure> {
    only(world, arguments, &["AutoScalingGroupName", "ScalingProcesses"]);
    let name = arguments["AutoScalingGroupName"].as_str().unwrap_or_default().to_owned();
    let names = texts(&arguments["ScalingProcesses"]);
    if names.is_empty() {
        world.violate("S15 scope", &format!("{name}: no process is named, which means all"));
    }
    match world.groups.contains_key(&name) {
        true => Ok((name, names)),
        false => Err(Failure::of("AutoScaling", "AutoScalingException", "AutoScalingGroup name not found", 400)),
    }
}
