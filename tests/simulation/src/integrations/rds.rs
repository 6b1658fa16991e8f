//! RDS: DB instances, and how they are stopped and started. There are no clusters here.

use serde_json::{Value, json};

use super::{filter, only};
use crate::fleet::{self, Actor, DATABASE, Server, State};
use crate::oracle::fleet::Act;
use crate::workflow::failure::Failure;
use crate::workflow::interpreter::Place;
use crate::world::World;

pub fn describe_db_instances(world: &mut World, arguments: &Value) -> Value {
    only(world, arguments, &["Filters", "MaxRecords", "Marker"]);
    let asked = filter(arguments, "Name", "db-instance-id");
    let rows = world.fleet.iter().filter_map(|(id, server)| {
        let name = id.strip_prefix(DATABASE)?.to_owned();
        let is_asked = asked.as_ref().is_none_or(|names| names.contains(&name));
        (is_asked && server.state != State::Terminated).then(|| row(&name, server))
    });
    json!({ "DbInstances": rows.collect::<Vec<_>>() })
}

fn row(name: &str, database: &Server) -> Value {
    let status = match database.state {
        State::Pending => "starting",
        State::Running => "available",
        state => state.name(),
    };
    let tags: Vec<Value> = database.tags.iter().map(|(name, value)| json!({ "Key": name, "Value": value })).collect();
    json!({
        "DbInstanceIdentifier": name,
        "DbInstanceStatus": status,
        "Engine": "postgres",
        "KmsKeyId": database.volume_keys.first(),
        "TagList": tags,
    })
}

pub fn stop_db_instance(world: &mut World, arguments: &Value, place: &Place) -> Result<Value, Failure> {
    let id = known(world, arguments)?;
    if world.fleet[&id].state != State::Running {
        return Err(wrong_state(&id, "available"));
    }
    world.see_act(place, Act::StopServer, std::slice::from_ref(&id), &[]);
    world.note(|| format!("{}: StopDBInstance {id}", place.run));
    fleet::stop(world, &id, Actor::Lockstep);
    Ok(json!({}))
}

pub fn start_db_instance(world: &mut World, arguments: &Value, place: &Place) -> Result<Value, Failure> {
    let id = known(world, arguments)?;
    if world.fleet[&id].state != State::Stopped {
        return Err(wrong_state(&id, "stopped"));
    }
    if !fleet::can_decrypt(world, &id) {
        return Err(Failure::of_rds("KmsKeyNotAccessibleException", "The key is not accessible"));
    }
    world.see_act(place, Act::StartServer, std::slice::from_ref(&id), &[]);
    world.note(|| format!("{}: StartDBInstance {id}", place.run));
    fleet::start(world, &id, Actor::Lockstep).map_err(|refusal| Failure::of_rds("RdsException", &refusal))?;
    Ok(json!({}))
}

fn known(world: &mut World, arguments: &Value) -> Result<String, Failure> {
    only(world, arguments, &["DbInstanceIdentifier"]);
    let id = format!("{DATABASE}{}", arguments["DbInstanceIdentifier"].as_str().unwrap_or_default());
    match world.fleet.get(&id) {
        Some(database) if database.state != State::Terminated => Ok(id),
        _ => Err(Failure::of_rds("DbInstanceNotFoundException", &format!("DBInstance {id} not found."))),
    }
}

fn wrong_state(id: &str, wanted: &str) -> Failure {
    Failure::of_rds("InvalidDbInstanceStateException", &format!("Instance {id} is not in {wanted} state."))
}
