"""Turns the call log into rows for programs and into lines for people."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from tests.world.rules import stops
from tests.world.story import Story

STORIES = {"shutdown": "disable", "startup": "enable"}
# What a reader wants to see; the ledger's own writes are left out.
TOLD = {
    "kms": ("DisableKey", "EnableKey"),
    "events": ("DeliverEvent", "PutEvents"),
    "states": ("StartExecution",),
    "ec2": ("StopInstances", "StartInstances", "StateChange"),
    "ssm": ("SendCommand",),
    "rds": ("StopDBInstance", "StartDBInstance", "StopDBCluster", "StartDBCluster", "StateChange"),
    "autoscaling": ("SuspendProcesses", "ResumeProcesses", "Terminate"),
    "application-autoscaling": ("RegisterScalableTarget",),
    "ecs": ("UpdateService", "TaskStateChange"),
    "systemd": ("stop", "start"),
    "ses": ("SendEmail",),
}
SAID = {
    "kms:DisableKey": "disables the key",
    "kms:EnableKey": "enables the key",
    "events:DeliverEvent": "delivers the event of it",
    "events:PutEvents": "tells the event bus",
    "states:StartExecution": "starts the run",
    "ec2:StopInstances": "asks to stop the server",
    "ec2:StartInstances": "asks to start the server",
    "ec2:StateChange": "the server is now {outcome}:",
    "rds:StopDBInstance": "asks to stop the database",
    "rds:StartDBInstance": "asks to start the database",
    "rds:StopDBCluster": "asks to stop the cluster",
    "rds:StartDBCluster": "asks to start the cluster",
    "rds:StateChange": "the database is now {outcome}:",
    "autoscaling:SuspendProcesses": "suspends the group",
    "autoscaling:ResumeProcesses": "resumes the group",
    "autoscaling:Terminate": "a group terminates a member:",
    "application-autoscaling:RegisterScalableTarget": "{detail} the scaling of",
    "ecs:UpdateService": "asks for {detail} tasks of the service",
    "ecs:TaskStateChange": "a task is now {outcome}, of the service",
    "ssm:SendCommand": "sends a command to",
    "systemd:stop": "a unit stops, now {outcome}:",
    "systemd:start": "a unit starts, now {outcome}:",
    "ses:SendEmail": "mails",
}
# A silence longer than this is worth a line of its own.
SILENCE_S = 120


def rows(story: Story) -> list[dict[str, Any]]:
    """One row for each resource of each call that tells something, in order."""
    return [row for call in story.calls if _is_told(call) for row in _rows_of(call, story)]


def _is_told(call: dict[str, Any]) -> bool:
    return call["operation"] in TOLD.get(call["service"], ())


def _rows_of(call: dict[str, Any], story: Story) -> Iterator[dict[str, Any]]:
    for resource in _resources(call):
        yield {
            "at_s": round(call["at_s"] - story.changed_at_s, 1),
            "story": STORIES[story.direction],
            "actor": call["actor"],
            "action": f"{call['service']}:{call['operation']}",
            "detail": _detail(call),
            "resource": resource,
            "outcome": call["outcome"],
        }


def _detail(call: dict[str, Any]) -> str:
    """What a call asks for, where its name does not tell."""
    match call["operation"]:
        case "UpdateService":
            return str(call["request"].get("desiredCount"))
        case "RegisterScalableTarget":
            return "suspends" if stops(call) else "resumes"
    return ""


def _resources(call: dict[str, Any]) -> list[str]:
    match call["service"]:
        case "ses":
            return _recipients(call["request"])
        case "ssm":
            return [named for named in call["resources"] if named.startswith("i-")]
        case "states":
            return [call["request"].get("name") or call["resources"][0]]
        case "events" if call["operation"] == "PutEvents":
            return ["default event bus"]
    return call["resources"]


def _recipients(request: dict[str, Any]) -> list[str]:
    return request.get("Destination", {}).get("ToAddresses", [])


def of_interest(rows: list[dict[str, Any]], run: str, key: str, names: dict[str, str]) -> list[dict[str, Any]]:
    """Without what happens to other keys, servers and databases in the same cloud."""
    named = set(names)
    mine = {run, key, "default event bus"}

    def concerns(row: dict[str, Any]) -> bool:
        resource = row["resource"]
        return resource in mine | named or resource.split("/")[0] in named or row["action"] == "ses:SendEmail"

    return [row for row in rows if concerns(row)]


def lines(rows: list[dict[str, Any]], names: dict[str, str]) -> Iterator[str]:
    """The same for people: equal neighbours in one line, long silences said."""
    before = 0.0
    alike = itemgetter("actor", "action", "detail", "outcome")
    for (actor, action, detail, outcome), group in groupby(rows, alike):
        told = list(group)
        at_s = told[0]["at_s"]
        if at_s - before > SILENCE_S:
            yield f"   {'…':>6}  (nothing for {_clock(at_s - before)})"
        before = told[-1]["at_s"]
        said = SAID[action].format(outcome=outcome, detail=detail)
        what = ", ".join(_readable(row["resource"], names) for row in told)
        trouble = "" if outcome == "ok" or "{outcome}" in SAID[action] or outcome == "delivered" else f"  [{outcome}]"
        yield f"   {_clock(at_s):>6}  {actor:<9} {said} {what}{trouble}"


def _readable(resource: str, names: dict[str, str]) -> str:
    if resource in names:
        return names[resource]
    server, _, unit = resource.partition("/")
    if server in names:
        return f"{names[server]}/{unit}" if unit else names[server]
    return resource.rsplit("/", 1)[-1] if resource.startswith("arn:") else resource


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
