"""Rule targets that are Lambdas, with both dead-letter queues where AWS has them.

EventBridge only hands over. If that fails, for its own retries, the event goes to the target's queue.
Once Lambda has accepted the event, a function that fails is Lambda's affair: two retries, then its own
`OnFailure` destination or dead-letter queue. A rule's queue never sees a failed function, here as on AWS.
"""

import json
import logging
import time
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import eventbridge, lambda_svc, sqs

from tests.cloud import answers, calls, clock, faults, resource_policies
from tests.cloud.resource_policies import serving

MOST_RETRIES = 185
OLDEST_EVENT_S = 86_400
FIRST_RETRY_AFTER_S = 5
LONGEST_RETRY_S = 300

log = logging.getLogger("lockstep.dead-letters")


def install() -> None:
    eventbridge._invoke_target = _invoke_target
    eventbridge._dispatch_to_lambda = _dispatch_to_lambda


_ministack_invoke_target = eventbridge._invoke_target


def _invoke_target(target: dict, event: dict, rule: dict, view: Any = None) -> None:
    token = serving.set((rule, target))
    try:
        _ministack_invoke_target(target, event, rule, view)
    finally:
        serving.reset(token)


def _dispatch_to_lambda(arn: str, payload: str) -> None:
    rule, target = serving.get() or ({}, {"Arn": arn})
    _hand_over(rule, target, payload, attempt=0, began=time.time())


def _hand_over(rule: dict, target: dict, payload: str, attempt: int, began: float) -> None:
    arn = target["Arn"]
    function, config, _ = lambda_svc._get_func_record_for_ref(arn)
    if not function or not config:
        # A missing target is not retried.
        bury(rule, target, payload, "NO_RESOURCE", "The function does not exist", attempt)
        return
    call = calls.begin("lambda", "Invoke", actor="aws", resources=[arn], request={"rule": rule.get("Name", "")})
    fault = faults.take(call)
    policy, source = function.get("policy"), rule.get("Arn", "")
    if not resource_policies.lets(policy, resource_policies.EVENTS, "lambda:InvokeFunction", arn, source):
        call["outcome"] = "AccessDeniedException"
        bury(rule, target, payload, "NO_PERMISSIONS", "Not authorized to invoke the function", attempt)
        return
    if fault is None:
        call["outcome"] = "ok"
        lambda_svc.invoke_async_with_retry(
            lambda_svc._execution_record_for_config(function, config), json.loads(payload)
        )
        return
    call["outcome"] = fault.code or (answers.THROTTLES["lambda"] if fault.kind == "throttle" else fault.kind)
    if fault.kind == "deny":
        bury(rule, target, payload, "NO_PERMISSIONS", "Not authorized to invoke the function", attempt)
        return
    policy = target.get("RetryPolicy") or {}
    delay = min(FIRST_RETRY_AFTER_S * 2**attempt, LONGEST_RETRY_S)
    too_many = attempt >= policy.get("MaximumRetryAttempts", MOST_RETRIES)
    too_old = time.time() + delay - began > policy.get("MaximumEventAgeInSeconds", OLDEST_EVENT_S)
    if too_many or too_old:
        bury(rule, target, payload, call["outcome"], "Retries are exhausted", attempt)
    else:
        clock.timeline.after(delay, lambda: _hand_over(rule, target, payload, attempt + 1, began))


def bury(rule: dict, target: dict, payload: str, code: str, message: str, attempts: int) -> None:
    arn = (target.get("DeadLetterConfig") or {}).get("Arn")
    queue = sqs._queue_by_arn(arn) if arn else None
    calls.world_did("events", "DeadLetter", [target["Arn"], arn or "no queue"], code, rule=rule.get("Name", ""))
    if queue and not resource_policies.lets(
        queue["attributes"].get("Policy"), resource_policies.EVENTS, "sqs:SendMessage", arn, rule.get("Arn", "")
    ):
        calls.world_did("sqs", "SendMessage", [arn], "AccessDenied", rule=rule.get("Name", ""))
        queue = None
    if queue is None:
        log.warning("an event of rule %s is lost: %s", rule.get("Name"), message)
        return
    texts = {
        "RULE_ARN": rule.get("Arn", ""),
        "TARGET_ARN": target["Arn"],
        "ERROR_CODE": code,
        "ERROR_MESSAGE": message,
        "RETRY_ATTEMPTS": str(attempts),
    }
    attributes = {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}
    message = {
        "id": new_uuid(),
        "body": payload,
        "message_attributes": attributes,
        "md5_attrs": sqs._md5_msg_attrs(attributes),
    }
    sqs._ensure_msg_fields(message)
    queue["messages"].append(message)
