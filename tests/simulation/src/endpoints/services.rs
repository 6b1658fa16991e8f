//! KMS, Step Functions and SES, as far as the functions ask them.

use serde_json::json;

use super::connector::{Answer, Call};
use crate::executor::{now, timestamp};
use crate::faults::Fault;
use crate::mails::Mail;
use crate::mutants::Mutant;
use crate::oracle::Look;
use crate::workflow::executions::{self, Started};
use crate::world::{World, with};

pub fn kms(world: &mut World, call: &Call, fault: Option<Fault>) -> Answer {
    match call.operation.as_str() {
        "ListAliases" => list_aliases(call, fault),
        "DescribeKey" => describe_key(world, call, fault),
        other => {
            world.violate("S13 no call but those that are known", &format!("KMS {other}"));
            Answer::error("UnknownOperationException", "no such operation")
        }
    }
}

fn list_aliases(call: &Call, fault: Option<Fault>) -> Answer {
    let arn = call.body["KeyId"].as_str().unwrap_or_default();
    if fault == Some(Fault::KeyDenied) {
        return Answer::error("AccessDeniedException", "not authorized to perform kms:ListAliases");
    }
    let name = arn.rsplit('/').next().unwrap_or_default();
    Answer::of(
        json!({ "Aliases": [{ "AliasName": format!("alias/{name}"), "TargetKeyId": name }], "Truncated": false }),
    )
}

fn describe_key(world: &mut World, call: &Call, fault: Option<Fault>) -> Answer {
    let arn = call.body["KeyId"].as_str().unwrap_or_default();
    let Some(key) = world.keys.get(arn) else { return Answer::error("NotFoundException", "no such key") };
    let state = match fault {
        Some(Fault::KeyDenied) if world.mutant == Some(Mutant::DeniedIsDisabled) => "Disabled",
        Some(Fault::KeyDenied) => {
            world.see_look(call.by, arn, Look::Unknown);
            return Answer::error("AccessDeniedException", "not authorized to perform kms:DescribeKey");
        }
        Some(Fault::KeyUnknown) => "Unavailable",
        _ => key.state,
    };
    // What the oracle notes is what the key really is; an answer that hides it counts as none.
    let look = if state == "Unavailable" || fault == Some(Fault::KeyDenied) { Look::Unknown } else { key.look() };
    if fault != Some(Fault::CallAnswerLost) {
        world.see_look(call.by, arn, look);
    }
    Answer::of(json!({ "KeyMetadata": {
        "KeyId": arn,
        "Arn": arn,
        "KeyState": state,
        "Enabled": state == "Enabled",
        "KeyManager": "CUSTOMER",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "MultiRegion": false,
    } }))
}

pub fn step_functions(call: &Call) -> Answer {
    let text = |field: &str| call.body[field].as_str().unwrap_or_default();
    match call.operation.as_str() {
        "StartExecution" => {
            let (arn, name) = (text("stateMachineArn"), text("name"));
            let machine = arn.rsplit('-').next().unwrap_or_default();
            if machine != "notice" {
                with(|world| world.see_start(name));
            }
            match executions::start(machine, name, text("input")) {
                Started::AlreadyExists => Answer::error("ExecutionAlreadyExists", "it exists already"),
                Started::Now | Started::Runs => Answer::of(json!({
                    "executionArn": format!("{}:{name}", arn.replacen(":stateMachine:", ":execution:", 1)),
                    "startDate": timestamp(now()).as_second(),
                })),
            }
        }
        "DescribeExecution" => {
            let arn = text("executionArn");
            let name = arn.rsplit(':').next().unwrap_or_default();
            match with(|world| world.executions.0.get(name).map(|execution| execution.status)) {
                Some(status) => Answer::of(json!({
                    "executionArn": arn,
                    "stateMachineArn": arn,
                    "name": name,
                    "status": status.name(),
                    "startDate": 0,
                })),
                None => Answer::error("ExecutionDoesNotExist", "there is none"),
            }
        }
        other => {
            with(|world| world.violate("S13 no call but those that are known", &format!("Step Functions {other}")));
            Answer::error("ValidationException", other)
        }
    }
}

pub fn send_email(world: &mut World, call: &Call, fault: Option<Fault>) -> Answer {
    let simple = &call.body["Content"]["Simple"];
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mail = Mail {
        at: now(),
        id: text(&simple["Headers"][0]["Value"]),
        subject: text(&simple["Subject"]["Data"]),
        text: text(&simple["Body"]["Text"]["Data"]),
        to: text(&call.body["Destination"]["ToAddresses"][0]),
    };
    if fault == Some(Fault::MailRefused) {
        world.refused_mails.push(mail);
        return Answer::error("MessageRejected", "Email address is not verified.");
    }
    world.see_mail(call.by, &mail);
    world.mails.push(mail);
    Answer::of(json!({ "MessageId": "1" }))
}
