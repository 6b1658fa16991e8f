//! The AWS calls that the workflows make themselves, each with what can go wrong with it.

mod autoscaling;
mod ec2;
mod rds;
mod ssm;

use serde_json::{Value, json};

use crate::executor::sleep;
use crate::faults::Fault;
use crate::workflow::failure::Failure;
use crate::workflow::interpreter::Place;
use crate::world::{World, with, with_random};

/// Carries out a call such as `ec2:stopInstances`; one that is not known breaks a law.
pub async fn call(call: &'static str, arguments: Value, place: &Place) -> Result<Value, Failure> {
    sleep(with_random(|random| random.i64(20..300))).await;
    let (service, _) = call.split_once(':').unwrap_or_default();
    let fault = with(|world| {
        world.count(call);
        world.roll(&[Fault::TaskThrottled, Fault::TaskTimesOut, Fault::TaskAnswerLost])
    });
    match fault {
        Some(Fault::TaskThrottled) => return Err(throttled(service)),
        Some(Fault::TaskTimesOut) => std::future::pending().await,
        _ => {}
    }
    let answer = with(|world| carry_out(world, call, &arguments, place));
    if fault == Some(Fault::TaskAnswerLost) {
        sleep(with_random(|random| random.i64(100..1_000))).await;
        return Err(Failure::of_lost_answer(prefix(service)));
    }
    if let Ok(answer) = &answer {
        with(|world| world.see_answer(call, answer, place));
    }
    answer
}

fn prefix(service: &str) -> &'static str {
    match service {
        "ec2" => "Ec2",
        "ssm" => "Ssm",
        "rds" => "Rds",
        "autoscaling" => "AutoScaling",
        "ecs" => "Ecs",
        "resourcegroupstaggingapi" => "ResourceGroupsTaggingApi",
        _ => "EventBridge",
    }
}

fn throttled(service: &str) -> Failure {
    match service {
        "ec2" => Failure::of_ec2("Request limit exceeded.", 503),
        "ssm" => Failure::of_ssm("SsmException", "Rate exceeded", 400),
        "rds" => Failure::of_rds("RdsException", "Rate exceeded"),
        "autoscaling" => Failure::of("AutoScaling", "AutoScalingException", "Rate exceeded", 400),
        "ecs" => Failure::of("Ecs", "EcsException", "Rate exceeded", 400),
        "resourcegroupstaggingapi" => {
            Failure::of("ResourceGroupsTaggingApi", "ThrottledException", "Rate exceeded", 429)
        }
        _ => Failure::new("EventBridge.ThrottlingException", "Rate exceeded"),
    }
}

fn carry_out(world: &mut World, call: &str, arguments: &Value, place: &Place) -> Result<Value, Failure> {
    match call {
        "ec2:describeVolumes" => Ok(ec2::describe_volumes(world, arguments)),
        "ec2:describeTags" => ec2::describe_tags(world, arguments),
        "ec2:describeInstanceStatus" => ec2::describe_instance_status(world, arguments),
        "ec2:stopInstances" => ec2::stop_instances(world, arguments, place),
        "ec2:startInstances" => ec2::start_instances(world, arguments, place),
        "ssm:describeInstanceInformation" => ssm::describe_instance_information(world, arguments),
        "ssm:sendCommand" => ssm::send_command(world, arguments, place),
        "ssm:listCommandInvocations" => ssm::list_command_invocations(world, arguments),
        "rds:describeDBInstances" => Ok(rds::describe_db_instances(world, arguments)),
        "rds:describeDBClusters" => Ok(json!({ "DbClusters": [] })),
        "rds:stopDBInstance" => rds::stop_db_instance(world, arguments, place),
        "rds:startDBInstance" => rds::start_db_instance(world, arguments, place),
        "ec2:describeInstances" => Ok(autoscaling::describe_members(world, arguments)),
        "autoscaling:describeAutoScalingGroups" => Ok(autoscaling::describe_groups(world, arguments)),
        "autoscaling:suspendProcesses" => autoscaling::suspend(world, arguments, place),
        "autoscaling:resumeProcesses" => autoscaling::resume(world, arguments, place),
        // There are no containers here.
        "ecs:listClusters" => Ok(json!({ "ClusterArns": [] })),
        "resourcegroupstaggingapi:getResources" => Ok(json!({ "ResourceTagMappingList": [], "PaginationToken": "" })),
        "events:putEvents" => Ok(json!({ "FailedEntryCount": 0, "Entries": [{ "EventId": "1" }] })),
        other => {
            world.violate("S13 no call but those that are known", other);
            Err(Failure::new("States.Runtime", other))
        }
    }
}

/// The texts of a list.
fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

/// The values of a filter of this name.
fn filter(arguments: &Value, field: &str, name: &str) -> Option<Vec<String>> {
    let filters = arguments["Filters"].as_array()?;
    filters.iter().find(|filter| filter[field] == name).map(|filter| texts(&filter["Values"]))
}

/// Arguments beyond these are refused: what they would do is not known.
fn only(world: &mut World, arguments: &Value, known: &[&str]) {
    let unknown = arguments.as_object().into_iter().flatten().find(|(name, _)| !known.contains(&name.as_str()));
    if let Some((name, value)) = unknown {
        world.violate("S13 no call but those that are known", &format!("the argument {name}: {value}"));
    }
}
