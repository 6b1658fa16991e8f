"""The native AWS integrations of a workflow: who calls, what answers look like, and calls that never answer.

Arguments go through botocore's own validation and serializers, so a member that the model lacks is refused
as on AWS; answers take the shape of the model, too.
"""

from typing import Any
from urllib.parse import unquote, urlencode

from botocore import serialize
from botocore.validate import ParamValidator
from ministack import app
from ministack.core.responses import get_region, new_uuid
from ministack.services import ses_v2, stepfunctions
from ministack.services.stepfunctions import _ExecutionError

from tests.cloud import answers, calls, clock, faults, operations, permissions, roles, shapes, spelling
from tests.cloud.workflow_time import task_timeout

# As an integration names a service -> (as MiniStack routes it, as errors begin).
SERVICES = {
    "ec2": ("ec2", "Ec2"),
    "ssm": ("ssm", "Ssm"),
    "rds": ("rds", "Rds"),
    "ecs": ("ecs", "Ecs"),
    "autoscaling": ("autoscaling", "AutoScaling"),
    "applicationautoscaling": ("application-autoscaling", "ApplicationAutoScaling"),
    "resourcegroupstaggingapi": ("tagging", "ResourceGroupsTaggingApi"),
    "kms": ("kms", "Kms"),
    "cloudtrail": ("cloudtrail", "CloudTrail"),
    "eventbridge": ("events", "EventBridge"),
    "sesv2": ("ses", "SesV2"),
}
# As an optimized integration names a service -> (as the botocore model does, as errors begin).
OPTIMIZED = {"events": ("events", "EventBridge"), "states": ("states", "StepFunctions"), "lambda": ("lambda", "Lambda")}
# How long the SDK under Step Functions waits for an answer when the task sets no timeout.
SDK_TIMEOUT_S = 60


def install() -> None:
    stepfunctions._invoke_resource = _invoke_resource
    stepfunctions._invoke_aws_sdk_integration = _invoke_sdk


_ministack_invoke = stepfunctions._invoke_resource
_ministack_sdk = stepfunctions._invoke_aws_sdk_integration


def _invoke_resource(resource: str, arguments: Any) -> Any:
    token = calls.actor.set("lockstep")
    try:
        if "aws-sdk:" in resource:
            return _ministack_invoke(resource, arguments)
        return _logged(resource, arguments)
    except faults.NoAnswer as lost:
        raise _never_answered(resource, lost) from lost
    finally:
        calls.actor.reset(token)


def _logged(resource: str, arguments: Any) -> Any:
    """Optimized integrations reach their service inside MiniStack, past the gateway."""
    service, operation = _optimized(resource)
    parameters = arguments if isinstance(arguments, dict) else {}
    named = operations.resources(parameters) or ([resource] if ":function:" in resource else [])
    call = calls.begin(
        service,
        operation,
        mutating=operations.is_mutating(service, operation, parameters),
        actor="lockstep",
        resources=named,
        request=operations.digest(parameters),
    )
    fault = faults.take(call, parameters)
    if fault and fault.kind in ("throttle", "error", "deny"):
        wire = {"throttle": answers.THROTTLES.get(service, "ThrottlingException"), "deny": "AccessDeniedException"}
        call["outcome"] = fault.code or wire.get(fault.kind, "ServiceException")
        raise _ExecutionError(_error_name(service, call["outcome"]), fault.message or f"injected {fault.kind}")
    if fault and fault.kind == "timeout":
        call["outcome"] = "timeout"
        raise faults.NoAnswer(False, fault.hold_s)
    if refused := permissions.refusal(call, parameters, roles.caller({})):
        call["outcome"] = "AccessDeniedException"
        raise _ExecutionError(_error_name(service, call["outcome"]), refused)
    try:
        result = _ministack_invoke(resource, arguments)
    except _ExecutionError as error:
        call["outcome"] = error.error
        raise
    call["outcome"] = "ok"
    if fault:
        call["outcome"] = "lost answer: ok"
        raise faults.NoAnswer(True, fault.hold_s)
    return result


def _optimized(resource: str) -> tuple[str, str]:
    if ":function:" in resource:
        return "lambda", "Invoke"
    _, _, _, _, _, service, operation = resource.split(".", 1)[0].split(":")[:7]
    return service, operation[0].upper() + operation[1:]


def _prefix(service: str) -> str:
    known = SERVICES.get(service.lower()) or OPTIMIZED.get(service)
    return known[1] if known else service.capitalize()


def _error_name(service: str, code: str) -> str:
    prefix = _prefix(service)
    if service not in OPTIMIZED:
        return f"{prefix}.{code}"
    name = _exception_name(operations.model_of(OPTIMIZED[service][0]), prefix, code)
    # The one service whose own exception is not named after it.
    return f"{prefix}.AWSLambdaException" if name == "LambdaException" else f"{prefix}.{name}"


def _never_answered(resource: str, lost: faults.NoAnswer) -> _ExecutionError:
    limit = task_timeout.get()
    # A connection that breaks is noticed at once; one that is silent only when the time is up.
    clock.sleep(1 if lost.done else limit or SDK_TIMEOUT_S)
    if limit and not lost.done:
        return _ExecutionError("States.Timeout", f"Task timed out after {limit} seconds")
    service = resource.split("aws-sdk:")[-1].split(":")[0] if "aws-sdk:" in resource else _optimized(resource)[0]
    return _ExecutionError(f"{_prefix(service)}.SdkClientException", "Unable to execute HTTP request: connection reset")


def _invoke_sdk(resource: str, arguments: Any) -> Any:
    service, operation = resource.split(":")[6:8]
    if service.lower() not in SERVICES:
        return _ministack_sdk(resource, arguments)
    key, prefix = SERVICES[service.lower()]
    operation = operation[0].upper() + operation[1:]
    model = operations.model_of(key)
    if operation not in model.operation_names:
        raise _ExecutionError("States.Runtime", f"{resource} is no operation of {service}")
    shape = model.operation_model(operation)
    # MiniStack keeps the two APIs of SES apart.
    handler = ses_v2.handle_request if key == "ses" else app.SERVICE_HANDLERS[key]
    status, headers, body = app.call_service_handler_sync(handler, *_wire(key, shape, arguments or {}))
    content = body if isinstance(body, bytes) else body.encode()
    if status >= 400:
        name = _exception_name(model, prefix, answers.error_code(status, headers, content))
        cause = f"{answers.error_message(content)} (Service: {prefix}, Status Code: {status}, Request ID: {new_uuid()})"
        raise _ExecutionError(f"{prefix}.{name}", cause)
    return shapes.read_answer(content, shape)


def _exception_name(model: Any, prefix: str, code: str) -> str:
    """The class the Java SDK under Step Functions throws: what is not modelled is the service's own exception.

    EC2 models nothing, so all its errors are `Ec2.Ec2Exception` and differ in their message alone.
    """
    for shape in model.error_shapes:
        if code in (shape.name, shape.metadata.get("error", {}).get("code")):
            return spelling.exception_name(shape.name)
    return f"{prefix}Exception"


def _wire(key: str, operation: Any, arguments: dict) -> tuple[str, str, dict, bytes, dict]:
    """Method, path, headers, body and query of the request."""
    try:
        parameters = spelling.as_the_api_has_it(arguments, operation.input_shape) if operation.input_shape else {}
    except spelling.Unsupported as wrong:
        raise _ExecutionError("States.Runtime", f"{operation.name}: {wrong}") from wrong
    report = ParamValidator().validate(parameters, operation.input_shape) if operation.input_shape else None
    if report and report.has_errors():
        raise _ExecutionError("States.Runtime", f"{operation.name}: {report.generate_report()}")
    request = serialize.create_serializer(operation.metadata["protocol"], False).serialize_to_request(
        parameters, operation
    )
    body = request["body"]
    if isinstance(body, dict):
        body = urlencode(body)
    headers = {name.lower(): str(value) for name, value in request["headers"].items()}
    headers["host"] = f"{key}.{get_region()}.amazonaws.com"
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential=test/20260101/{get_region()}/{key}/aws4_request"
    headers["content-type"] = headers.get("content-type", "").split(";")[0]
    content = body if isinstance(body, bytes) else body.encode()
    return request["method"], unquote(request["url_path"]), headers, content, dict(request["query_string"] or {})
