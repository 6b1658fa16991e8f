"""What is counted on the histories of all executions, read through the API of Step Functions."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from tests.fleet import rows
from tests.world.cloud import Cloud
from tests.world.story import MACHINES, Story

# Of the design: "no payload above 200 KiB, no history near 25,000 events".
MOST_EVENTS, MOST_BYTES = 5000, 200 * 1024
LONGEST_CAUSE = 300
# Iterations of a Map write into one history, so that it does not tell which task it was.
TRIED_AGAIN = "(a task is tried again)"


@dataclass(frozen=True)
class Payload:
    """One JSON text that a state takes, asks, is answered, assigns or hands on."""

    bytes: int
    # The same with rows as long as AWS's, where the state reads rows.
    bytes_in_aws: int
    bytes_in_aws_with_every_tag: int
    what: str
    state: str
    machine: str


@dataclass(frozen=True)
class Figures:
    """The figures of one direction, over a run and all its children."""

    executions: int
    # By "machine: state", each state that was entered, and each time that a task was tried again: what AWS bills.
    transitions: dict[str, int]
    not_succeeded: list[str]
    # What a task was refused, and how often; most are tried again.
    failures: dict[str, int]
    most_events: int
    most_events_in: str
    longest: Payload
    longest_in_aws: Payload
    longest_by_state: list[Payload]
    virtual_minutes: float
    calls: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def of_story(cloud: Cloud, story: Story, ended_at_s: float) -> Figures:
    """`ended_at_s` is when the run was seen to have ended."""
    executions = list(executions_of(cloud, story))
    transitions: Counter[str] = Counter()
    counts: dict[str, int] = {}
    failures: Counter[str] = Counter()
    longest: dict[tuple[str, str, str], Payload] = {}
    for execution in executions:
        events = events_of(cloud, execution["executionArn"])
        machine = execution["stateMachineArn"].rsplit(":", 1)[-1]
        counts[f"{machine} ({execution['name']})"] = len(events)
        transitions.update(f"{machine}: {state}" for state in _transitions(events))
        failures.update(_failures(events))
        for payload in _payloads(events, machine):
            place = (machine, payload.state, payload.what)
            longest[place] = max(longest.get(place, payload), payload, key=lambda known: known.bytes_in_aws)
    most_events_in = max(counts, key=lambda name: counts[name])
    return Figures(
        executions=len(executions),
        transitions=dict(transitions.most_common()),
        not_succeeded=[f"{e['executionArn']}: {e['status']}" for e in executions if e["status"] != "SUCCEEDED"],
        failures=dict(failures.most_common()),
        most_events=counts[most_events_in],
        most_events_in=most_events_in,
        longest=max(longest.values(), key=lambda payload: payload.bytes),
        longest_in_aws=max(longest.values(), key=lambda payload: payload.bytes_in_aws),
        longest_by_state=sorted(longest.values(), key=lambda payload: -payload.bytes_in_aws),
        virtual_minutes=round((ended_at_s - story.changed_at_s) / 60, 1),
        calls=_calls(story, ended_at_s),
    )


def executions_of(cloud: Cloud, story: Story) -> Iterator[dict[str, Any]]:
    """Every execution for the key, whichever attempt it is of, and the children of their distributed Maps."""
    states = cloud.client("stepfunctions")
    machine, key_id = cloud.outputs[MACHINES[story.direction]], story.key.rsplit("/", 1)[-1]
    for page in states.get_paginator("list_executions").paginate(stateMachineArn=machine):
        for execution in (found for found in page["executions"] if found["name"].startswith(key_id)):
            yield execution
            for map_run in states.list_map_runs(executionArn=execution["executionArn"])["mapRuns"]:
                pages = states.get_paginator("list_executions").paginate(mapRunArn=map_run["mapRunArn"])
                yield from (child for of_map in pages for child in of_map["executions"])


def events_of(cloud: Cloud, arn: str) -> list[dict[str, Any]]:
    pages = cloud.client("stepfunctions").get_paginator("get_execution_history")
    return [event for page in pages.paginate(executionArn=arn, maxResults=1000) for event in page["events"]]


def _payloads(events: Iterable[dict[str, Any]], machine: str) -> Iterator[Payload]:
    state = ""
    for event in events:
        details = next((value for name, value in event.items() if name.endswith("EventDetails")), {})
        if event["type"].endswith(("StateEntered", "StateExited")):
            state = details["name"]
        resource = details.get("resource", "")
        texts = {"input": "input", "parameters": "arguments", "output": "result" if resource else "output"}
        for field, what in texts.items():
            if field in details:
                yield _payload(json.loads(details[field]), what, state, machine, resource)
        for name, text in details.get("assignedVariables", {}).items():
            yield _payload(json.loads(text), f"variable {name}", state, machine)


def _transitions(events: Iterable[dict[str, Any]]) -> Iterator[str]:
    """AWS Step Functions pricing: counted "each time a step of your workflow is executed", and each retry."""
    scheduled = entered = 0
    for event in events:
        if details := event.get("stateEnteredEventDetails"):
            entered += event["type"].startswith("Task")
            yield details["name"]
        scheduled += event["type"] == "TaskScheduled"
    yield from [TRIED_AGAIN] * (scheduled - entered)


def _failures(events: Iterable[dict[str, Any]]) -> Iterator[str]:
    state = ""
    for event in events:
        state = event.get("stateEnteredEventDetails", {}).get("name", state)
        if failed := event.get("taskFailedEventDetails"):
            yield f"{state}: {failed['error']}: {failed['cause'][:LONGEST_CAUSE]}"


def _payload(value: Any, what: str, state: str, machine: str, resource: str = "") -> Payload:
    if what != "result":
        return Payload(*[rows.size(value)] * 3, what, state, machine)
    in_aws = (rows.in_aws(resource, value, tags) for tags in (rows.TAGS, rows.MOST_TAGS))
    return Payload(rows.size(value), *in_aws, what, state, machine)


def _calls(story: Story, ended_at_s: float) -> dict[str, int]:
    """By operation: the calls of Lockstep, its Lambdas' and its workflows'."""
    ours = (c for c in story.calls if c["actor"] == "lockstep" and c["at_s"] <= ended_at_s)
    return dict(Counter(f"{c['service']}:{c['operation']}" for c in ours).most_common())
