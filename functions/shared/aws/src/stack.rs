//! CloudFormation: what a deployed stack says of itself.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::ProvideErrorMetadata;
use lockstep_domain::error::Refusal;

use crate::error::Failure;

/// The outputs of a stack by their names.
#[derive(Debug, Clone)]
pub struct Stack {
    pub name: String,
    outputs: BTreeMap<String, String>,
}

impl Stack {
    /// Reads the outputs of the stack `name`; the outer error is of the call, the inner one says that there is no such
    /// stack (CloudFormation answers `ValidationError: Stack with id <name> does not exist`).
    pub async fn read(sdk: &SdkConfig, name: &str) -> Result<Result<Self, Refusal>, Failure> {
        let answer = Client::new(sdk).describe_stacks().stack_name(name).send().await;
        let found = match answer {
            Ok(answer) => answer.stacks.and_then(|stacks| stacks.into_iter().next()),
            Err(error) if error.code() == Some("ValidationError") => None,
            Err(error) => return Err(Failure::of_call(format!("reading the outputs of stack {name}"), error)),
        };
        let Some(found) = found else { return Ok(Err(no_stack(name, sdk))) };
        let outputs = found.outputs.unwrap_or_default();
        let outputs = outputs.into_iter().filter_map(|output| Some((output.output_key?, output.output_value?)));
        Ok(Ok(Self { name: name.to_owned(), outputs: outputs.collect() }))
    }

    pub fn output(&self, output: &str) -> Result<&str, Refusal> {
        let found = self.outputs.get(output).map(String::as_str);
        found.ok_or_else(|| {
            let remedy = format!("deploy this version of template.yaml to the stack; it has no output {output}");
            Refusal::new("old_stack", "stack", &self.name, remedy)
        })
    }
}

fn no_stack(name: &str, sdk: &SdkConfig) -> Refusal {
    let region = sdk.region().map_or("this Region", |region| region.as_ref());
    let remedy = format!("name the stack with --stack and its Region with --region; there is none of it in {region}");
    Refusal::new("unknown_stack", "stack", name, remedy)
}
