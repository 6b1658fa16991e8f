"""Which calls stop something and which start it, where the name of the call does not tell."""

import pytest

from tests.rows import invariants


def call(service: str, operation: str, /, **request) -> dict:
    return {"service": service, "operation": operation, "request": request}


def update(**asked) -> dict:
    return call("ecs", "UpdateService", cluster="shop", service="web", **asked)


def register(*flags: bool, **asked) -> dict:
    names = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
    state = {"SuspendedState": dict(zip(names, flags, strict=False))}
    return call("application-autoscaling", "RegisterScalableTarget", ResourceId="service/shop/web", **state, **asked)


@pytest.mark.parametrize(
    ("act", "is_stop"),
    [
        (update(desiredCount=0), True),
        (update(desiredCount=1), False),
        (update(), False),
        (register(True, True, True), True),
        (register(True, True, False), False),
        (register(True, True), False),
        (register(), False),
        (call("ec2", "StopInstances"), True),
        (call("ec2", "StartInstances"), False),
        (call("autoscaling", "SuspendProcesses"), True),
        (call("ssm", "SendCommand", Parameters={"Verb": ["stop"]}), True),
        (call("ssm", "SendCommand", Parameters={"Verb": ["start"]}), False),
    ],
)
def test_what_a_call_asks_for_says_whether_it_stops(act, is_stop):
    assert invariants.stops(act) is is_stop


@pytest.mark.parametrize(
    ("act", "fault"),
    [
        (update(desiredCount=0), None),
        (register(True, True, True), None),
        (update(desiredCount=0, taskDefinition="web:2"), "taskDefinition"),
        (register(True, True, True, MinCapacity=0), "MinCapacity"),
    ],
)
def test_a_call_that_changes_more_than_a_count_or_a_suspension_is_found(act, fault):
    found = list(invariants.nothing_else_is_asked_for([act]))
    assert fault in found[0] if fault else not found
