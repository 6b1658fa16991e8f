"""Refuses what IAM refuses to a role: its own calls, and what AWS services do in its name."""

from contextvars import ContextVar
from typing import Any

from ministack.core.iam_evaluator import EvalResult
from ministack.core.responses import get_region
from ministack.services import lambda_svc

from tests.cloud import calls, questions, roles
from tests.cloud.questions import Question

# What EC2 asks of a key in the name of whoever starts a server (as CloudTrail shows it; instance-scheduler-on-aws has
# the same four conditions in its own policy).
GRANT_FOR_A_DISK = {
    "kms:grantisforawsresource": "true",
    "kms:grantoperations": ["Decrypt"],
    "kms:encryptioncontextkeys": ["aws:ebs:id"],
}

# The role in whose name the present call is made, for what follows from the call later.
asking: ContextVar[str | None] = ContextVar("asking", default=None)


def refusal(call: dict[str, Any], asked: Any, role: str | None) -> str | None:
    """Why IAM refuses this call to the role; None if it does not. What is refused is refused as a whole."""
    if role is None or roles.grants(role) is None:
        return None
    parameters = asked if isinstance(asked, dict) else {}
    wanted = questions.about(call["service"], call["operation"], parameters)
    for question in wanted:
        if (result := roles.decide(role, question)) and result.decision != "Allow":
            return _message(result, question)
    for question in wanted:
        roles.note_need(role, question, call.get("step"), call["resources"], call["request"], asked)
    return None


def _message(result: EvalResult, question: Question) -> str:
    by = "with an explicit deny in a permissions boundary"
    if result.decision != "Deny":
        by = f"because no identity-based policy allows the {question.action} action"
    asked = f"User: {result.principal_arn} is not authorized to perform: {question.action}"
    return f"{asked} on resource: {question.resource} {by}"


def may(role: str | None, question: Question, about: Any = "") -> bool:
    """Whether an AWS service may do this in the name of the role."""
    if role is None:
        return True
    result = roles.decide(role, question)
    if result is None or result.decision != "Allow":
        return result is None
    roles.note_need(role, question, about)
    return True


def may_open_disk(role: str | None, key: str) -> bool:
    """Whether EC2 gets the grant that it needs for a disk, of a server that was started in the name of the role."""
    through = {"kms:viaservice": f"ec2.{get_region()}.amazonaws.com"}
    return may(role, Question("kms:CreateGrant", key, GRANT_FOR_A_DISK | through), key)


def install() -> None:
    lambda_svc._route_async_failure = _route_async_failure


_ministack_route_async_failure = lambda_svc._route_async_failure


def _route_async_failure(target: str, function: str, event: dict, result: dict) -> None:
    """Lambda hands a failed event over in the name of the function."""
    role = lambda_svc._functions.get(function, {}).get("config", {}).get("Role")
    action = {"sqs": "sqs:SendMessage", "sns": "sns:Publish"}.get(target.split(":")[2], "lambda:InvokeFunction")
    if may(role, Question(action, target), event):
        _ministack_route_async_failure(target, function, event, result)
    else:
        calls.world_did("lambda", "OnFailure", [target], "AccessDenied", function=function)
