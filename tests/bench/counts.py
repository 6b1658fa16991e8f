"""What a run of Lockstep asks of AWS: the counts that bills and limits go by."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.fleet import figures
from tests.world.cloud import Cloud
from tests.world.story import Story


@dataclass(frozen=True)
class Counts:
    """Of one direction, over the run and all its children; from the histories and the call log."""

    executions: int
    transitions: int
    by_state: dict[str, int]
    invocations: dict[str, int]
    calls: dict[str, int]
    read_units: float
    write_units: float
    most_events: int
    longest_payload: int

    @property
    def invoked(self) -> int:
        return sum(self.invocations.values())


def of_story(cloud: Cloud, story: Story) -> Counts:
    ended_at_s = cloud.at_s()
    seen = figures.of_story(cloud, story, ended_at_s)
    ours = [call for call in story.calls if call["actor"] == "lockstep" and call["at_s"] <= ended_at_s]
    return Counts(
        executions=seen.executions,
        transitions=sum(seen.transitions.values()),
        by_state=seen.transitions,
        # What an event invokes no one calls: it is the one notice of the key's change.
        invocations={"ReceiveKeyEvent": 1, **_invocations(ours)},
        calls=_operations(ours),
        read_units=units(ours, "read"),
        write_units=units(ours, "write"),
        most_events=seen.most_events,
        longest_payload=seen.longest_in_aws.bytes_in_aws,
    )


def of_calls(calls: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Of what one function did alone, which no history has."""
    ours = [call for call in calls if call["actor"] == "lockstep"]
    return {
        "calls": _operations(ours),
        "read_units": units(ours, "read"),
        "write_units": units(ours, "write"),
    }


def units(calls: Iterable[dict[str, Any]], kind: str) -> float:
    return sum(call.get("units", {}).get(kind, 0) for call in calls)


def by_operation(calls: Iterable[dict[str, Any]]) -> Counter[str]:
    return Counter(f"{call['service']}:{call['operation']}" for call in calls)


def _operations(calls: Iterable[dict[str, Any]]) -> dict[str, int]:
    return dict(sorted(by_operation(calls).items()))


def _invocations(calls: Iterable[dict[str, Any]]) -> dict[str, int]:
    """By the function's logical id, which its name contains."""
    named = (call["resources"][0] for call in calls if call["operation"] == "Invoke")
    return dict(sorted(Counter(_logical_id(name) for name in named).items()))


def _logical_id(function: str) -> str:
    name = function.rsplit(":function:", 1)[-1].split(":")[0]
    return next((part.removesuffix("Function") for part in name.split("-") if part.endswith("Function")), name)
