//! The states of both workflows, read from the very files that are deployed.

use std::collections::BTreeMap;

use lockstep_domain::run::Direction;
use serde::Deserialize;

use crate::trouble::Trouble;

const SHUTDOWN: &str = include_str!("../../statemachine/shutdown.asl.json");
const STARTUP: &str = include_str!("../../statemachine/startup.asl.json");

/// The way on which nothing is in the way: what is said of each state is in the files.
const DOWN: [&str; 21] = [
    "Take the run",
    "Find the container clusters",
    "Find the encrypted volumes",
    "Read their tags",
    "Read their states",
    "Find what runs on them",
    "Find the declared servers",
    "Look at the groups",
    "Find the declared services",
    "Look at the container services",
    "Find the databases",
    "Find the clusters",
    "Plan the shutdown",
    "Warn the admins",
    "Wait out the grace",
    "Ask the key again",
    SEARCH_AGAIN,
    "Suspend the scaling",
    "Stop the services",
    "Stop the servers",
    "End the run",
];
/// After this one the whole search is made once more.
const SEARCH_AGAIN: &str = "Is the key still off?";
const UP: [&str; 6] = [
    "Take the run",
    "Plan the startup",
    "Start the servers",
    "Start the services",
    "Resume the scaling",
    "End the run",
];
const LAST: [&str; 2] = ["Announce the end", "Mail the report"];

#[derive(Debug, Deserialize)]
pub struct Workflow {
    #[serde(rename = "States")]
    states: BTreeMap<String, State>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct State {
    #[serde(default)]
    comment: String,
    #[serde(default)]
    resource: Option<String>,
    #[serde(default)]
    item_processor: Option<Workflow>,
}

/// A state on the way.
#[derive(Debug)]
pub struct Step {
    pub state: &'static str,
    /// What it is for, in the words of the workflow.
    pub why: String,
    /// The calls that it makes, its children's too, as Step Functions names them.
    pub calls: Vec<String>,
    /// The question that must be answered before its batches act, and when it goes on.
    pub asks: Vec<String>,
}

/// The states of a run in order.
pub fn steps(direction: Direction) -> Result<Vec<Step>, Trouble> {
    let (names, workflow): (&[&'static str], _) = match direction {
        Direction::Shutdown => (&DOWN, read(SHUTDOWN)?),
        Direction::Startup => (&UP, read(STARTUP)?),
    };
    let step = |name: &&'static str| {
        let state = workflow.states.get(*name);
        let state = state.ok_or_else(|| Trouble::Failed(format!("the workflow has no state {name:?}; report this")))?;
        let (mut calls, mut asks) = (Vec::new(), Vec::new());
        state.collect(&mut calls, &mut asks);
        let again = if *name == SEARCH_AGAIN { " Then the same search again: the fleet may have changed." } else { "" };
        Ok(Step { state: name, why: format!("{}{again}", state.comment), calls, asks })
    };
    names.iter().chain(&LAST).map(step).collect()
}

fn read(file: &str) -> Result<Workflow, Trouble> {
    serde_json::from_str(file).map_err(|error| Trouble::Failed(format!("reading a workflow: {error}")))
}

impl State {
    fn collect(&self, calls: &mut Vec<String>, asks: &mut Vec<String>) {
        let call = self.resource.as_ref().and_then(|resource| resource.split(":::").nth(1));
        let call = call.and_then(|call| call.strip_prefix("aws-sdk:"));
        calls.extend(call.map(str::to_owned).filter(|call| !calls.contains(call)));
        for (name, state) in self.item_processor.iter().flat_map(|inner| &inner.states) {
            if name.starts_with("Confirm the ") {
                asks.push(state.comment.clone());
            }
            state.collect(calls, asks);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use lockstep_domain::preview::BATCHES_AT_ONCE;
    use serde_json::Value;

    use super::*;

    /// The states that can be reached from one without passing another of the way.
    fn reached(file: &Value, from: &str, way: &BTreeSet<&str>) -> BTreeSet<String> {
        let (mut seen, mut front) = (BTreeSet::new(), vec![from.to_owned()]);
        while let Some(name) = front.pop() {
            let state = &file["States"][&name];
            let choices = state["Choices"].as_array().into_iter().flatten();
            let nexts = choices.chain([state]).flat_map(|it| [it["Next"].as_str(), it["Default"].as_str()]).flatten();
            for next in nexts.filter(|next| !seen.contains(*next)).map(str::to_owned).collect::<Vec<_>>() {
                if !way.contains(next.as_str()) {
                    front.push(next.clone());
                }
                seen.insert(next);
            }
        }
        seen
    }

    #[test]
    fn the_way_is_a_way_of_the_workflow_files() {
        for (file, way) in [(SHUTDOWN, &DOWN[..]), (STARTUP, &UP[..])] {
            let file: Value = serde_json::from_str(file).unwrap();
            assert_eq!(file["StartAt"], way[0]);
            let way: Vec<&str> = way.iter().chain(&LAST).copied().collect();
            let names: BTreeSet<&str> = way.iter().copied().collect();
            for pair in way.windows(2).filter(|pair| pair[0] != SEARCH_AGAIN) {
                assert!(reached(&file, pair[0], &names).contains(pair[1]), "{} does not lead to {}", pair[0], pair[1]);
            }
        }
    }

    #[test]
    fn once_the_grace_is_over_the_search_is_made_again_and_then_the_scaling_is_suspended() {
        let file: Value = serde_json::from_str(SHUTDOWN).unwrap();
        let names = BTreeSet::from(DOWN);
        assert!(reached(&file, SEARCH_AGAIN, &names).contains(DOWN[1]));
        assert!(reached(&file, "Plan the shutdown", &names).contains("Suspend the scaling"));
    }

    #[test]
    fn every_map_over_batches_is_on_the_way_and_runs_as_many_at_once_as_the_preview_says() {
        for (file, way) in [(SHUTDOWN, &DOWN[..]), (STARTUP, &UP[..])] {
            let file: Value = serde_json::from_str(file).unwrap();
            for (name, state) in file["States"].as_object().unwrap() {
                if state["Type"] == "Map" {
                    assert!(way.contains(&name.as_str()), "{name}");
                    assert_eq!(state["MaxConcurrency"], BATCHES_AT_ONCE, "{name}");
                }
            }
        }
    }

    #[test]
    fn each_step_names_its_calls_and_what_is_asked_before_them() {
        let down = steps(Direction::Shutdown).unwrap();
        let of = |name: &str| down.iter().find(|step| step.state == name).unwrap();
        assert!(of("Stop the servers").calls.contains(&"ec2:stopInstances".to_owned()));
        assert!(of("Stop the services").calls.contains(&"ssm:sendCommand".to_owned()));
        assert!(of("Stop the servers").asks[0].contains("Is the key still off"));
        assert!(down.iter().all(|step| !step.why.is_empty()));
        let up = steps(Direction::Startup).unwrap();
        assert!(up.iter().any(|step| step.calls.contains(&"ec2:startInstances".to_owned())));
    }
}
