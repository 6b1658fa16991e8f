"""Policies of queues, topics and functions: which AWS service may do what with them, and for which resource."""

from contextvars import ContextVar
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.arn import parse_arn
from ministack.core.iam_evaluator import EvalContext
from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch, eventbridge, sns

from tests.cloud import calls

# The rule and target that are being served: MiniStack does not tell its dispatchers.
serving: ContextVar[tuple[dict, dict] | None] = ContextVar("serving", default=None)

EVENTS, CLOUDWATCH = "events.amazonaws.com", "cloudwatch.amazonaws.com"


def install() -> None:
    eventbridge._dispatch_to_sns = _dispatch_to_sns
    cloudwatch._dispatch_alarm_actions = _dispatch_alarm_actions


_ministack_dispatch_to_sns = eventbridge._dispatch_to_sns
_ministack_dispatch_alarm_actions = cloudwatch._dispatch_alarm_actions


def lets(policy: Any, service: str, action: str, resource: str, source: str) -> bool:
    """Whether the policy of a resource lets an AWS service act for the resource `source`."""
    asked = EvalContext(
        principal_arn=service,
        principal_type="Service",
        principal_account=get_account_id(),
        action=action,
        resource_arn=resource,
        region=get_region(),
        service_context={name: get_account_id() for name in ("aws:sourceaccount", "aws:sourceowner")}
        | {"aws:sourcearn": source},
    )
    return iam_evaluator.evaluate_resource_policy(policy, asked, service).decision == "Allow"


def _topic_lets(topic: str, service: str, source: str) -> bool:
    """What is no topic, or none that is there, is not refused but passed over."""
    record = sns._topics.get(topic) if parse_arn(topic).service == "sns" else None
    if record is None or lets(record["attributes"].get("Policy"), service, "sns:Publish", topic, source):
        return True
    calls.world_did("sns", "Publish", [topic], "AuthorizationError", source=source)
    return False


def _dispatch_to_sns(topic: str, payload: str) -> None:
    rule, _ = serving.get() or ({}, {})
    if _topic_lets(topic, EVENTS, rule.get("Arn", "")):
        _ministack_dispatch_to_sns(topic, payload)


def _dispatch_alarm_actions(alarm: dict[str, Any], *change: str) -> None:
    kept = {
        kind: [action for action in alarm.get(kind) or [] if _topic_lets(action, CLOUDWATCH, alarm["AlarmArn"])]
        for kind in ("AlarmActions", "OKActions", "InsufficientDataActions")
    }
    _ministack_dispatch_alarm_actions(alarm | kept, *change)
