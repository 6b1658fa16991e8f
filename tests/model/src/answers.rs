//! Answers of AWS in the form in which the workflow hands them on.

use std::collections::BTreeSet;

use lockstep_domain::evidence::{CallAnswer, Evidence, PartAnswer};
use lockstep_domain::outcome::Invocation;
use lockstep_domain::refusal::CallRefusal;

use crate::names::{server, unit};
use crate::world::{Answer, BatchStep, Power};

/// An answer as the workflow hands it on.
pub fn evidence(s: usize, step: BatchStep, answer: Answer) -> Evidence {
    let refusal = |error: &str, cause: &str| CallRefusal { error: error.to_owned(), cause: cause.to_owned() };
    let name = || server(s).name().to_owned();
    let answered = |before: Option<Power>, refused| PartAnswer {
        names: vec![name()],
        answers: before
            .map(|before| CallAnswer { name: name(), before: Some(before.into()), count: None })
            .into_iter()
            .collect(),
        refused,
    };
    let word = |active| if active { "active" } else { "inactive" };
    match answer {
        Answer::Before(power) => Evidence { answers: vec![answered(Some(power), None)], ..Evidence::default() },
        Answer::Refused => {
            let refused = refusal("Ec2.Ec2Exception", "Not now. (Service: Ec2, Status Code: 400, Request ID: 1)");
            Evidence { answers: vec![answered(None, Some(refused))], ..Evidence::default() }
        }
        Answer::Lost => {
            let lost = Some(refusal("States.Timeout", ""));
            match step {
                BatchStep::StopServices | BatchStep::StartServices => Evidence { refused: lost, ..Evidence::default() },
                BatchStep::StopServers | BatchStep::StartServers => {
                    Evidence { answers: vec![answered(None, lost)], ..Evidence::default() }
                }
            }
        }
        Answer::Offline => Evidence { invocations: Some(Vec::new()), ..Evidence::default() },
        Answer::Unit { before, after } => {
            let output = format!("{} {} {}", unit(s).as_str(), word(before), word(after));
            let invocation = Invocation { name: server(s).name().to_owned(), status: "Success".to_owned(), output };
            let commanded = BTreeSet::from([server(s).name().to_owned()]);
            Evidence { commanded, invocations: Some(vec![invocation]), ..Evidence::default() }
        }
    }
}
