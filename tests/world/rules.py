"""The rules of order, checked on the call log: each function names what is broken, or returns nothing."""

from collections.abc import Iterable, Iterator
from typing import Any

from tests.world.fleet import Server
from tests.world.story import Story

GRACE_S = 600
# How long the world lets the two status checks of a started server take.
STATUS_CHECKS_TAKE_S = 60
# What Application Auto Scaling does by itself: in, out and by the clock.
SUSPENSIONS = 3

Call = dict[str, Any]


def stops(call: Call) -> bool:
    """Whether a call that changes the fleet stops something, or suspends what would undo that."""
    asked = call["request"]
    if call["operation"] == "UpdateService":
        return asked.get("desiredCount") == 0
    if call["operation"] == "RegisterScalableTarget":
        suspended = asked.get("SuspendedState", {})
        return len(suspended) == SUSPENSIONS and all(suspended.values())
    return call["operation"].startswith(("Stop", "Suspend")) or "stop" in str(asked.get("Parameters", ""))


def broken_by_shutdown(story: Story, stopped: Iterable[Server], untouched: Iterable[Server]) -> list[str]:
    stopped, untouched = list(stopped), list(untouched)
    return [
        *grace_is_waited_out(story, stopped),
        *(broken for server in stopped for broken in units_stop_in_reverse_before_their_server(story, server)),
        *(f"every server of the plan is stopped: {s.name} is not" for s in stopped if not _stopped(story, s)),
        *nothing_else_is_touched(story, untouched),
    ]


def broken_by_startup(story: Story, started: Iterable[Server], untouched: Iterable[Server]) -> list[str]:
    started, untouched = list(started), list(untouched)
    return [
        *no_server_starts_before_the_key(story, started),
        *(broken for server in started for broken in units_start_in_order_after_the_checks(story, server)),
        *nothing_else_is_touched(story, untouched),
    ]


def grace_is_waited_out(story: Story, stopped: list[Server]) -> Iterator[str]:
    rule = "nothing stops before the grace ends"
    delivered = next((c["at_s"] for c in story.calls if c["operation"] == "DeliverEvent" and about(c, story.key)), 0)
    if story.noticed_at_s < delivered - 1:
        yield f"{rule}: the notice is dated before the event was delivered"
    if story.grace_ends_at_s < story.noticed_at_s + GRACE_S - 1:
        yield f"{rule}: it lasts only {story.grace_ends_at_s - story.noticed_at_s:.0f} s"
    for call in acts(story, stopped):
        if call["at_s"] < story.grace_ends_at_s:
            yield f"{rule}: {_named(call)} came {story.grace_ends_at_s - call['at_s']:.0f} s too early"


def units_stop_in_reverse_before_their_server(story: Story, server: Server) -> Iterator[str]:
    stop = first(story.calls, "ec2", "StopInstances", server.id)
    units = [c for c in story.calls if c["service"] == "systemd" and c["operation"] == "stop" and _on(c, server)]
    if stop is None:
        yield f"every server of the plan is stopped: StopInstances never named {server.name}"
        return
    order = [_unit(call) for call in units if call["outcome"] == "inactive" and "cause" not in call["request"]]
    if list(dict.fromkeys(order)) != list(reversed(server.units)):
        yield f"units stop in reverse of their tag order: {server.name} stopped {order}, its tag is {server.units}"
    for call in units:
        if call["at_s"] >= stop["at_s"]:
            yield f"every unit stops before its server: {_named(call)} came after StopInstances"


def no_server_starts_before_the_key(story: Story, started: list[Server]) -> Iterator[str]:
    enabled = first(story.calls, "kms", "EnableKey", story.key)
    for server in started:
        start = first(story.calls, "ec2", "StartInstances", server.id)
        if start is None:
            yield f"every server that was stopped is started: StartInstances never named {server.name}"
        elif enabled is None or start["at_s"] < enabled["at_s"]:
            yield f"no server starts before its key is enabled: {server.name} did"


def units_start_in_order_after_the_checks(story: Story, server: Server) -> Iterator[str]:
    rule = "units start only after their server passed its checks"
    runs = first(story.calls, "ec2", "StateChange", server.id, "running")
    units = [c for c in story.calls if c["service"] == "systemd" and c["operation"] == "start" and _on(c, server)]
    order = [_unit(call) for call in units if call["outcome"] == "active"]
    if list(dict.fromkeys(order)) != list(server.units):
        yield f"units start in their tag order: {server.name} started {order}, its tag is {server.units}"
    if runs is None:
        yield f"every server that was stopped is started: {server.name} never ran"
        return
    asked = [c["at_s"] for c in story.calls if c["operation"] == "DescribeInstanceStatus" and c["actor"] == "lockstep"]
    for call in units:
        if call["at_s"] < runs["at_s"] + STATUS_CHECKS_TAKE_S:
            yield f"{rule}: {_named(call)} came {call['at_s'] - runs['at_s']:.0f} s after it ran"
        if not any(runs["at_s"] <= moment <= call["at_s"] for moment in asked):
            yield f"{rule}: nobody had looked at them before {_named(call)}"


def nothing_else_is_touched(story: Story, untouched: list[Server]) -> Iterator[str]:
    for call in acts(story, untouched):
        yield f"nothing else is touched: {_named(call)}"


def acts(story: Story, servers: list[Server]) -> list[Call]:
    """Every change to one of the servers or its units, by Lockstep or by the world."""
    kinds = {"ec2", "ssm", "systemd", "autoscaling"}
    changes = [c for c in story.calls if c["mutating"] and c["service"] in kinds and c["actor"] != "operator"]
    return [call for call in changes if any(_on(call, server) for server in servers)]


def first(calls: list[Call], service: str, operation: str, resource: str, outcome: str = "ok") -> Call | None:
    wanted = (service, operation, outcome)
    found = (c for c in calls if (c["service"], c["operation"], c["outcome"]) == wanted and about(c, resource))
    return next(found, None)


def about(call: Call, resource: str) -> bool:
    short = resource.rsplit("/", 1)[-1]
    return any(named in (resource, short) for named in call["resources"])


def _on(call: Call, server: Server) -> bool:
    return any(named.split("/")[0] == server.id for named in call["resources"])


def _unit(call: Call) -> str:
    return call["resources"][0].split("/", 1)[1]


def _stopped(story: Story, server: Server) -> bool:
    return first(story.calls, "ec2", "StateChange", server.id, "stopped") is not None


def _named(call: Call) -> str:
    return f"{call['service']}:{call['operation']} of {', '.join(call['resources'])} at {call['at_s']:.0f} s"
