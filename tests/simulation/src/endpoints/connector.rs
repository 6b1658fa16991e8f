//! One call of an SDK client: it takes a moment, it may fail, and it is tried again as the SDK would.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::{Response, StatusCode};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use super::attempts::{self, Attempt, LastWord};
use super::{dynamodb, services};
use crate::executor::{SECOND, sleep};
use crate::faults::Fault;
use crate::functions::lambda::current;
use crate::world::{with, with_random};

/// What can go wrong with any call.
const EVERYWHERE: [Fault; 6] = [
    Fault::DiesBeforeCall,
    Fault::DiesAfterCall,
    Fault::CallThrottled,
    Fault::CallBroken,
    Fault::CallAnswerLost,
    Fault::CallSlow,
];

/// An answer of a service: its status and its body.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Answer {
    pub fn of(body: Value) -> Self {
        Self { status: 200, body }
    }

    pub fn error(code: &str, message: &str) -> Self {
        Self { status: 400, body: json!({ "__type": code, "message": message, "Message": message }) }
    }
}

/// What an SDK client asks for.
#[derive(Debug)]
pub struct Call {
    pub service: Service,
    /// Such as `PutItem`.
    pub operation: String,
    pub body: Value,
    /// The invocation that makes it.
    pub by: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    DynamoDb,
    Kms,
    StepFunctions,
    Ses,
}

impl Call {
    fn read(request: &HttpRequest) -> Result<Self, String> {
        let body = request.body().bytes().unwrap_or_default();
        let body = serde_json::from_slice(body).map_err(|error| format!("a body that is no JSON: {error}"))?;
        let by = current();
        let Some(target) = request.headers().get("x-amz-target") else {
            if request.method() == "POST" && request.uri().ends_with("/v2/email/outbound-emails") {
                return Ok(Self { service: Service::Ses, operation: "SendEmail".to_owned(), body, by });
            }
            return Err(format!("nothing answers {} {}", request.method(), request.uri()));
        };
        let (service, operation) = target.split_once('.').ok_or_else(|| format!("no service is {target}"))?;
        let service = match service {
            "DynamoDB_20120810" => Service::DynamoDb,
            "TrentService" => Service::Kms,
            "AWSStepFunctions" => Service::StepFunctions,
            other => return Err(format!("no service is {other}")),
        };
        Ok(Self { service, operation: operation.to_owned(), body, by })
    }

    /// What can go wrong with it.
    fn faults(&self) -> Vec<Fault> {
        let more: &[Fault] = match self.service {
            Service::Kms => &[Fault::KeyDenied, Fault::KeyUnknown],
            Service::Ses => &[Fault::MailRefused],
            Service::DynamoDb if self.operation == "BatchWriteItem" => &[Fault::RowsLeftUndone],
            Service::DynamoDb | Service::StepFunctions => &[],
        };
        [EVERYWHERE.as_slice(), more].concat()
    }

    fn throttled(&self) -> Answer {
        let code = match self.service {
            Service::Ses => "TooManyRequestsException",
            _ => "ThrottlingException",
        };
        Answer::error(code, "Rate exceeded")
    }
}

#[derive(Debug, Clone)]
pub struct Cloud;

impl HttpClient for Cloud {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Cloud {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(async move {
            match Call::read(&request).and_then(|call| Ok((call, Attempt::of(&request)?))) {
                Ok((call, attempt)) => attempts(call, attempt).await,
                Err(unknown) => {
                    with(|world| world.violate("S13 no call but those that are known", &unknown));
                    std::future::pending().await
                }
            }
        })
    }
}

async fn attempts(call: Call, attempt: Attempt) -> Result<HttpResponse, ConnectorError> {
    if attempt.number > 1 {
        return reply(attempts::last_word(&attempt.call));
    }
    with(|world| world.count(&call.operation));
    let mut rest = SECOND;
    let mut left = attempt.most;
    loop {
        left -= 1;
        let (answer, is_passing) = try_once(&call).await;
        if is_passing && left > 0 {
            sleep(with_random(|random| random.i64(0..=rest))).await;
            rest *= 2;
            continue;
        }
        if is_passing {
            attempts::remember(&attempt.call, &answer);
        }
        return reply(answer);
    }
}

/// One try; `None` is an answer that is lost. With it, whether the SDK would try again.
async fn try_once(call: &Call) -> (LastWord, bool) {
    sleep(with_random(|random| random.i64(2..25))).await;
    let fault = with(|world| world.roll(&call.faults()));
    match fault {
        Some(Fault::DiesBeforeCall) => return die(call).await,
        Some(Fault::CallThrottled) => return (Some(call.throttled()), true),
        Some(Fault::CallBroken) => {
            return (
                Some(Answer { status: 500, ..Answer::error("InternalServerError", "We encountered an error") }),
                true,
            );
        }
        Some(Fault::CallSlow) => sleep(with_random(|random| random.i64(500..4_000))).await,
        _ => {}
    }
    let answer = answer(call, fault);
    match fault {
        Some(Fault::DiesAfterCall) => die(call).await,
        Some(Fault::CallAnswerLost) => (None, true),
        _ => (Some(answer), false),
    }
}

async fn die(call: &Call) -> (LastWord, bool) {
    with(|world| {
        world.note(|| format!("invocation {} dies at {}", call.by, call.operation));
        if let Some(invocation) = world.invocations.get_mut(call.by) {
            invocation.is_dead = true;
        }
    });
    std::future::pending().await
}

fn answer(call: &Call, fault: Option<Fault>) -> Answer {
    match call.service {
        Service::DynamoDb => with(|world| dynamodb::answer(world, call, fault)),
        Service::Kms => with(|world| services::kms(world, call, fault)),
        // It starts a task, which asks for the world itself.
        Service::StepFunctions => services::step_functions(call),
        Service::Ses => with(|world| services::send_email(world, call, fault)),
    }
}

fn reply(answer: LastWord) -> Result<HttpResponse, ConnectorError> {
    let Some(answer) = answer else { return Err(ConnectorError::io("the connection was reset".into())) };
    let failed = |error| ConnectorError::other(Box::<dyn std::error::Error + Send + Sync>::from(error), None);
    let status = StatusCode::try_from(answer.status).map_err(|error| failed(error.to_string()))?;
    let mut response = Response::new(status, SdkBody::from(answer.body.to_string()));
    if let Some(code) = answer.body["__type"].as_str() {
        response.headers_mut().insert("x-amzn-errortype", code.to_owned());
    }
    Ok(response)
}
