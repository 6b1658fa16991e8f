//! `lockstep simulate`: both walks, state by state, without touching anything.

use lockstep_domain::preview::Stage;
use lockstep_domain::run::Direction;
use serde::Serialize;

use crate::deployed::Deployed;
use crate::plan::{self, Plan, left};
use crate::report::Report;
use crate::tables::{bold, count, list};
use crate::trouble::Trouble;
use crate::walk;

#[derive(Debug, Serialize)]
struct Simulation {
    shutdown: Vec<Walked>,
    startup: Vec<Walked>,
    #[serde(flatten)]
    plan: Plan,
}

/// A state of a workflow, and what it would do now.
#[derive(Debug, Serialize)]
struct Walked {
    state: &'static str,
    why: String,
    calls: Vec<String>,
    goes_on_if: Vec<String>,
    /// The stages of it: one for each tier of services.
    stages: Vec<Stage>,
}

pub async fn of_key(stack: &Deployed, typed: &str, all: bool) -> Result<Report, Trouble> {
    let plan = plan::search(stack, stack.key(typed).await?).await?;
    let simulation = Simulation {
        shutdown: walk(Direction::Shutdown, &plan.preview.shutdown)?,
        startup: walk(Direction::Startup, &plan.preview.startup)?,
        plan,
    };
    let text = text(&simulation, all);
    Report::new(&simulation, text)
}

fn walk(direction: Direction, stages: &[Stage]) -> Result<Vec<Walked>, Trouble> {
    let of = |step: walk::Step| Walked {
        stages: stages.iter().filter(|stage| stage.state == step.state).cloned().collect(),
        state: step.state,
        why: step.why,
        calls: step.calls,
        goes_on_if: step.asks,
    };
    Ok(walk::steps(direction)?.into_iter().map(of).collect())
}

fn text(simulation: &Simulation, all: bool) -> String {
    let head = format!("Key {}; nothing is touched.", simulation.plan.key);
    let mut parts = vec![
        head,
        told("The key is disabled: the shutdown", &simulation.shutdown, all),
        told("The key is enabled: the startup", &simulation.startup, all),
    ];
    let left = left(&simulation.plan.preview, all);
    if !left.is_empty() {
        parts.push(format!("{}\n{left}", bold("What is left as it is")));
    }
    parts.join("\n\n")
}

fn told(title: &str, walked: &[Walked], all: bool) -> String {
    let numbered = walked.iter().enumerate().map(|(index, step)| one(index + 1, step, all));
    std::iter::once(bold(title)).chain(numbered).collect::<Vec<_>>().join("\n")
}

fn one(number: usize, step: &Walked, all: bool) -> String {
    let mut lines = vec![format!("{number:>3}. {}  {}", bold(step.state), step.why)];
    if !step.calls.is_empty() {
        lines.push(format!("       calls {}", step.calls.join(", ")));
    }
    lines.extend(step.goes_on_if.iter().map(|ask| format!("       before each batch: {ask}")));
    for stage in &step.stages {
        let tier = stage.tier.map_or(String::new(), |tier| format!("tier {tier}: "));
        lines.push(format!("       {tier}{}", count(stage.batches.len(), "batch")));
        let shown = if all { stage.batches.len() } else { stage.batches.len().min(3) };
        for batch in &stage.batches[..shown] {
            let units: Vec<&str> = batch.units.iter().map(|unit| unit.as_str()).collect();
            let units = if units.is_empty() { String::new() } else { format!(" of {}", units.join(" ")) };
            let names: Vec<String> = batch.resources.iter().map(|id| id.shown().to_owned()).collect();
            lines.push(format!("         {}{units} on {}: {}", batch.call, names.len(), list(&names, all)));
        }
        if shown < stage.batches.len() {
            lines.push(format!("         … and {} more; --all lists them", stage.batches.len() - shown));
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use lockstep_domain::batch::Step;
    use lockstep_domain::kind::Kind;
    use lockstep_domain::preview::Part;
    use lockstep_domain::resource::ResourceId;

    use super::*;

    #[test]
    fn a_walk_goes_through_every_state_and_puts_the_batches_where_they_act() {
        let step = Step::Stop(Kind::Server);
        let resources = vec![ResourceId::parse("i-1").unwrap()];
        let part = Part { step, call: step.call(), units: Vec::new(), resources };
        let stage = Stage { state: "Stop the servers", tier: None, batches: vec![part; 5] };
        let walked = walk(Direction::Shutdown, &[stage]).unwrap();
        let acting: Vec<&str> = walked.iter().filter(|it| !it.stages.is_empty()).map(|it| it.state).collect();
        assert_eq!(acting, ["Stop the servers"]);
        let page = told("x", &walked, false);
        assert!(page.contains("StopInstances on 1: i-1") && page.contains("5 batches") && page.contains("2 more"));
    }
}
