"""How long a run took by itself: its histories, with all that it waited for taken out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.fleet.figures import events_of, executions_of
from tests.world.cloud import Cloud
from tests.world.story import Story

GRACE = "Wait out the grace"


@dataclass(frozen=True)
class Spent:
    """Of the longest way through a run, from the end of the grace on."""

    # In seconds of the cloud's clock.
    waited_s: float
    # States, calls and functions, as long as this machine took for them.
    worked_real_s: float


def spent(cloud: Cloud, story: Story) -> Spent:
    """Of the children of a Map the last to end counts; all others were done before."""
    runs: dict[str, list[dict[str, Any]]] = {}
    took = waited = 0.0
    for execution in executions_of(cloud, story):
        if parent := execution.get("mapRunArn"):
            runs.setdefault(parent, []).append(execution)
        elif execution["name"] == story.run:
            events = _after_the_grace(events_of(cloud, execution["executionArn"]))
            took, waited = _seconds(events[0], events[-1]), _waited(events)
    for children in runs.values():
        last = max(children, key=lambda child: child["stopDate"])
        waited += _waited(events_of(cloud, last["executionArn"]))
    return Spent(round(waited, 1), round((took - waited) / cloud.scale, 2))


def _after_the_grace(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The warning and its search are within the grace, which nobody has to wait longer for."""
    ends = (n for n, of in enumerate(events) if of.get("stateExitedEventDetails", {}).get("name") == GRACE)
    return events[next(ends, 0) :]


def visits(events: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str, float]]:
    """Type and name of each state that was entered and left, and the seconds in between."""
    began: dict[str, dict[str, Any]] = {}
    for event in events:
        kind = event["type"].removesuffix("Entered").removesuffix("Exited")
        if entered := event.get("stateEnteredEventDetails"):
            began[entered["name"]] = event
        elif (left := event.get("stateExitedEventDetails")) and left["name"] in began:
            yield kind, left["name"], _seconds(began[left["name"]], event)


def _waited(events: Iterable[dict[str, Any]]) -> float:
    return sum(seconds for kind, _, seconds in visits(events) if kind == "WaitState")


def _seconds(first: dict[str, Any], last: dict[str, Any]) -> float:
    return (last["timestamp"] - first["timestamp"]).total_seconds()
