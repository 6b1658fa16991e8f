//! Executions: names that are used once, and what became of them.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::Value;

use super::definition::{Machine, machine};
use super::interpreter::{self, Place};
use crate::executor::{TaskId, abort, spawn, within};
use crate::expressions::Variables;
use crate::functions::Function;
use crate::world::with;

const DEFINITIONS: [(&str, &str); 3] = [
    ("notice", include_str!("../../../../statemachine/notice.asl.json")),
    ("shutdown", include_str!("../../../../statemachine/shutdown.asl.json")),
    ("startup", include_str!("../../../../statemachine/startup.asl.json")),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Running,
    Succeeded,
    Failed,
    Aborted,
    TimedOut,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Aborted => "ABORTED",
            Self::TimedOut => "TIMED_OUT",
        }
    }
}

#[derive(Debug)]
pub struct Execution {
    input: String,
    pub status: Status,
    task: Option<TaskId>,
}

/// Executions by name; the names of the machines' executions differ by a word of theirs.
#[derive(Debug, Default)]
pub struct Executions(pub BTreeMap<String, Execution>);

/// The machine of this name, such as `shutdown`, with the substitutions of template.yaml.
fn definition(name: &str) -> &'static Machine {
    static MACHINES: OnceLock<BTreeMap<&str, Machine>> = OnceLock::new();
    let read = |(name, text): (&'static str, &str)| {
        let mut text = text.replace("${Partition}", "aws").replace("${UnitsDocument}", "units");
        for function in Function::ALL {
            text = text.replace(&format!("${{{}Function}}", function.logical_id()), &function.arn());
        }
        assert!(!text.contains("${"), "{name}: a substitution is not known");
        (name, machine(&text).expect("a definition that can be read"))
    };
    MACHINES.get_or_init(|| DEFINITIONS.into_iter().map(read).collect()).get(name).expect("a machine of ours")
}

/// What StartExecution answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Started {
    Now,
    /// It runs under the same name and input.
    Runs,
    AlreadyExists,
}

/// Starts `name` on `machine`; idempotent for the same name and input while it runs.
pub fn start(machine: &str, name: &str, input: &str) -> Started {
    let known = with(|world| {
        let known = world.executions.0.get(name)?;
        let runs = known.status == Status::Running && known.input == input;
        Some(if runs { Started::Runs } else { Started::AlreadyExists })
    });
    if let Some(answer) = known {
        return answer;
    }
    with(|world| {
        world.note(|| format!("execution {name} starts"));
        let execution = Execution { input: input.to_owned(), status: Status::Running, task: None };
        world.executions.0.insert(name.to_owned(), execution);
    });
    let (machine, input): (_, Value) = (definition(machine), serde_json::from_str(input).unwrap_or(Value::Null));
    let place = Place { run: name.to_owned(), child: 0 };
    let task = spawn(async move {
        let run = place.run.clone();
        let came_to = within(machine.limit, interpreter::run(&machine.states, input, Variables::new(), place)).await;
        let status = match came_to {
            Some(Ok(_)) => Status::Succeeded,
            Some(Err(_)) => Status::Failed,
            None => Status::TimedOut,
        };
        with(|world| world.executions.close(&run, status));
    });
    with(|world| world.executions.0.get_mut(name).map(|execution| execution.task = Some(task)));
    Started::Now
}

/// StopExecution: it ends where it stands, with every child.
pub fn stop(name: &str) {
    let task = with(|world| {
        world.note(|| format!("execution {name} is aborted"));
        world.executions.close(name, Status::Aborted);
        world.executions.0.get_mut(name).and_then(|execution| execution.task.take())
    });
    if let Some(task) = task {
        abort(task);
    }
}

impl Executions {
    fn close(&mut self, name: &str, status: Status) {
        if let Some(execution) = self.0.get_mut(name) {
            execution.status = status;
        }
    }

    pub fn running(&self) -> impl Iterator<Item = &String> {
        self.0.iter().filter(|(_, execution)| execution.status == Status::Running).map(|(name, _)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workflow_is_read_whole() {
        assert!(definition("notice").states.states.contains_key("Mail the notice"));
        assert!(definition("shutdown").states.states.contains_key("Wait out the grace"));
        assert!(definition("startup").states.states.contains_key("Start the servers"));
    }
}
