"""The policy of an event bus: which accounts may put which events onto it.

A condition on anything but the event itself, such as `aws:SourceAccount`, is not known here and lets nobody in.
"""

import json
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.iam_evaluator import EvalContext
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response
from ministack.services import eventbridge
from ministack.services.cloudformation import provisioners

POLICY = "AWS::Events::EventBusPolicy"
RULE = "AWS::Events::Rule"
VERSION = "2012-10-17"


def install() -> None:
    eventbridge._put_permission = _put_permission
    provisioners._RESOURCE_HANDLERS[POLICY] = {"create": _create, "update": _update, "delete": _delete}
    provisioners._RESOURCE_HANDLERS[RULE]["create"] = _create_rule


_ministack_create_rule = provisioners._eb_rule_create


def allows(bus: str, name: str, caller: str, source: str, detail_type: str) -> bool:
    """Asked in the account of the bus; the policy must let an account in, its own needs none."""
    account = caller.split(":")[4]
    if account == get_account_id():
        return True
    asked = EvalContext(
        principal_arn=caller,
        principal_type="AssumedRole",
        principal_account=account,
        action="events:PutEvents",
        resource_arn=bus,
        region=get_region(),
        service_context={"events:source": source, "events:detail-type": detail_type},
    )
    policy = eventbridge._event_bus_policies.get(name)
    return iam_evaluator.evaluate_resource_policy(policy, asked).decision == "Allow"


def _put_permission(asked: dict[str, Any]) -> tuple:
    bus = asked.get("EventBusName", "default")
    if bus not in eventbridge._event_buses:
        return error_response_json("ResourceNotFoundException", f"Event bus {bus} does not exist.", 400)
    if "Policy" in asked:
        eventbridge._event_bus_policies[bus] = json.loads(asked["Policy"])
    else:
        _put_statement(bus, asked["StatementId"], _statement(bus, asked))
    return json_response({})


def _statement(bus: str, asked: dict[str, Any]) -> dict[str, Any]:
    """What PutPermission makes of an account and one condition."""
    principal, condition = asked.get("Principal", "*"), asked.get("Condition")
    return {
        "Effect": "Allow",
        "Principal": principal if principal == "*" else {"AWS": f"arn:aws:iam::{principal}:root"},
        "Action": asked.get("Action", "events:PutEvents"),
        "Resource": f"arn:aws:events:{get_region()}:{get_account_id()}:event-bus/{bus}",
        **({"Condition": {condition["Type"]: {condition["Key"]: condition["Value"]}}} if condition else {}),
    }


def _put_statement(bus: str, id: str, statement: dict[str, Any]) -> None:
    policy = eventbridge._event_bus_policies.setdefault(bus, {"Version": VERSION, "Statement": []})
    others = [known for known in policy["Statement"] if known.get("Sid") != id]
    policy["Statement"] = [*others, {**statement, "Sid": id}]


def _create(logical_id: str, properties: dict[str, Any], stack: str) -> tuple[str, dict]:
    bus, id = _bus_of(properties), properties["StatementId"]
    given = properties.get("Statement")
    _put_statement(bus, id, given or _statement(bus, properties))
    return f"{bus}|{id}", {}


def _update(physical_id: str, old: dict[str, Any], new: dict[str, Any], stack: str) -> tuple[str, dict]:
    _delete(physical_id, old)
    return _create(physical_id, new, stack)


def _delete(physical_id: str, properties: dict[str, Any]) -> None:
    bus, id = physical_id.split("|")
    eventbridge._remove_permission({"EventBusName": bus, "StatementId": id})


def _create_rule(logical_id: str, properties: dict[str, Any], stack: str) -> tuple[str, dict]:
    """MiniStack takes any bus and any target of a template, unlike PutRule and PutTargets."""
    _bus_of(properties)
    for target in properties.get("Targets", []):
        if wrong := eventbridge._validate_target_arn(target):
            raise ValueError(f"{RULE} {logical_id}: {wrong[2]!r}")
    return _ministack_create_rule(logical_id, properties, stack)


def _bus_of(properties: dict[str, Any]) -> str:
    eventbridge._ensure_default_bus()
    bus = provisioners._eb_rule_bus_name(properties)
    if bus not in eventbridge._event_buses:
        raise ValueError(f"Event bus {bus} does not exist.")
    return bus
