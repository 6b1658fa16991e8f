"""Events between accounts: what a rule sends to the bus of another account, and whom that bus lets in.

Source: Amazon EventBridge User Guide, "Sending and receiving events between AWS accounts" and "Permissions for event
buses". The account, the source and the time of an event stay as they were; a third account is never reached.
"""

import json
import time
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.arn import Arn, ArnParseError, parse_arn
from ministack.core.iam_evaluator import EvalContext
from ministack.core.responses import (
    error_response_json,
    get_account_id,
    get_region,
    json_response,
    new_uuid,
    request_scope,
)
from ministack.services import eventbridge, iam

from tests.cloud import bus_policies, calls, dead_letters

ACTION = "events:PutEvents"
DELIVERED, DENIED, MISSING = "delivered", "NO_PERMISSIONS", "NO_RESOURCE"
TOO_FAR = "THIRD_ACCOUNT_HOP_DETECTED"
WHY = {
    DENIED: "Role or bus does not allow it",
    MISSING: "There is no such bus",
    TOO_FAR: "The event came from another account",
}
# Of a target that is the bus of another account.
NOT_FOR_OTHERS = ("Input", "InputPath", "InputTransformer")


def install() -> None:
    eventbridge._dispatch_to_event_bus = _dispatch_to_event_bus
    eventbridge._put_events = _put_events
    eventbridge._validate_target_arn = fault_of_target


_ministack_dispatch_to_event_bus = eventbridge._dispatch_to_event_bus
_ministack_put_events = eventbridge._put_events
_ministack_fault_of_target = eventbridge._validate_target_arn


def is_elsewhere(bus: str) -> bool:
    """Whether this is the ARN of a bus of another account or Region."""
    try:
        spec = parse_arn(bus)
    except ArnParseError:
        return False
    is_bus = spec.service == "events" and spec.resource.startswith("event-bus/")
    return is_bus and (spec.account_id, spec.region) != (get_account_id(), get_region())


def fault_of_target(target: dict[str, Any]) -> tuple | None:
    shaped = [name for name in NOT_FOR_OTHERS if target.get(name)]
    if shaped and is_elsewhere(target.get("Arn", "")):
        message = f"{shaped[0]} is not supported for a target that is an event bus of another account."
        return error_response_json("ValidationException", message, 400)
    return _ministack_fault_of_target(target)


def _dispatch_to_event_bus(spec: Arn, event: dict, rule: dict, event_path: set, changed: str | None = None) -> None:
    if not is_elsewhere(str(spec)):
        _ministack_dispatch_to_event_bus(spec, event, rule, event_path, changed)
        return
    _, target = dead_letters.serving.get() or (rule, {"Arn": str(spec)})
    outcome = forward(str(spec), event, target.get("RoleArn") or "")
    if outcome != DELIVERED:
        payload = json.dumps(eventbridge._pattern_event_view(event).event_with_detail())
        dead_letters.bury(rule, target, payload, outcome, WHY[outcome], 0)


def forward(bus: str, event: dict[str, Any], role: str) -> str:
    """What becomes of an event that a rule of the present account sends to that bus: its outcome in the log."""
    sender = get_account_id()
    if event["Account"] != sender:
        outcome = TOO_FAR
    elif not role or not _role_allows(role, bus):
        outcome = DENIED
    else:
        caller = f"arn:aws:sts::{sender}:assumed-role/{role.rsplit('/', 1)[-1]}/events"
        outcome = admit(bus, event, caller)
    calls.world_did("events", "ForwardEvent", [bus], outcome, sender=sender, detailType=event["DetailType"])
    return outcome


def forge(bus: str, account: str, event: dict[str, Any]) -> str:
    """Any event at all, put onto a bus as if a rule of that account had sent it."""
    with request_scope(account, get_region()):
        record = _record(event["source"], event["detail-type"], event["detail"], event.get("resources", ()))
        return forward(bus, record | {"EventId": event.get("id", record["EventId"])}, "role/forger")


def admit(bus: str, event: dict[str, Any], caller: str) -> str:
    """Puts an event onto a bus, if the bus is there and its policy lets the principal."""
    spec = parse_arn(bus)
    name = spec.resource.split("/", 1)[1]
    with request_scope(spec.account_id, spec.region):
        eventbridge._ensure_default_bus()
        if name not in eventbridge._event_buses:
            return MISSING
        if not bus_policies.allows(bus, name, caller, event["Source"], event["DetailType"]):
            return DENIED
        # The rules that it has passed are those of another account; what they are called says nothing here.
        arrived = {**event, "EventBusName": name, "_DispatchPath": []}
        eventbridge._dispatch_event(arrived)
        eventbridge._archive_event(arrived)
    return DELIVERED


def _role_allows(role: str, bus: str) -> bool:
    """By the policies of the role; one that the cloud does not hold is taken to allow what it is for."""
    account, name = get_account_id(), role.rsplit("/", 1)[-1]
    if iam._roles.get_scoped(account, None, name) is None:
        return True
    asked = EvalContext(role, "AssumedRole", account, ACTION, bus, get_region())
    policies = iam_evaluator._gather_role_policies(name, account)
    return iam_evaluator.evaluate(asked, policies).decision == "Allow"


def _put_events(asked: dict[str, Any], allow_aws_source: bool = False) -> tuple:
    entries = asked.get("Entries", [])
    if not any(is_elsewhere(entry.get("EventBusName", "")) for entry in entries):
        return _ministack_put_events(asked, allow_aws_source)
    caller = f"arn:aws:iam::{get_account_id()}:user/operator"
    results = []
    for entry in entries:
        bus, source = entry.get("EventBusName", ""), entry.get("Source", "")
        if not is_elsewhere(bus):
            results += json.loads(_ministack_put_events({"Entries": [entry]}, allow_aws_source)[2])["Entries"]
        elif source.startswith("aws."):
            refused = {"ErrorCode": "NotAuthorizedForSourceException", "ErrorMessage": "Not authorized for the source."}
            results.append(refused)
        else:
            event = _record(source, entry.get("DetailType", ""), entry.get("Detail", "{}"), entry.get("Resources", ()))
            if (outcome := admit(bus, event, caller)) == DENIED:
                message = f"User: {caller} is not authorized to perform: {ACTION} on resource: {bus} "
                message += f"because no resource-based policy allows the {ACTION} action"
                return error_response_json("AccessDeniedException", message, 400)
            failed = {"ErrorCode": "ResourceNotFoundException", "ErrorMessage": WHY[MISSING]}
            results.append({"EventId": event["EventId"]} if outcome == DELIVERED else failed)
    return json_response({"FailedEntryCount": sum("ErrorCode" in result for result in results), "Entries": results})


def _record(source: str, kind: str, detail: Any, resources: Any) -> dict[str, Any]:
    """An event of the present account, as MiniStack keeps one."""
    return {
        "EventId": new_uuid(),
        "Source": source,
        "DetailType": kind,
        "Detail": detail if isinstance(detail, str) else json.dumps(detail),
        "Time": int(time.time()),
        "Resources": list(resources),
        "Account": get_account_id(),
        "Region": get_region(),
    }
