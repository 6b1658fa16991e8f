"""How long a run took by itself: its histories, with all that it waited for taken out."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.fleet.figures import events_of, executions_of
from tests.world.cloud import Cloud
from tests.world.story import Story

GRACE = "Wait out the grace"


@dataclass(frozen=True)
class Spent:
    """Of the longest way through a run, in seconds of the cloud's clock, the grace left out."""

    waited_s: float
    # States, calls and functions, as long as this machine took for them.
    worked_real_s: float


def spent(cloud: Cloud, story: Story) -> Spent:
    """Of the children of a Map the last to end counts; all others were done before."""
    runs: dict[str, list[dict[str, Any]]] = {}
    whole = waited = 0.0
    for execution in executions_of(cloud, story):
        if parent := execution.get("mapRunArn"):
            runs.setdefault(parent, []).append(execution)
        elif execution["name"] == story.run:
            waits = _waits(events_of(cloud, execution["executionArn"]))
            took = (execution["stopDate"] - execution["startDate"]).total_seconds()
            whole, waited = took - waits.pop(GRACE, 0), sum(waits.values())
    for children in runs.values():
        last = max(children, key=lambda child: child["stopDate"])
        waited += sum(_waits(events_of(cloud, last["executionArn"])).values())
    return Spent(round(waited, 1), round((whole - waited) / cloud.scale, 2))


def _waits(events: Iterable[dict[str, Any]]) -> dict[str, float]:
    """By its name, how long was spent in each state that waits."""
    began: dict[str, Any] = {}
    waits: dict[str, float] = {}
    for event in events:
        if event["type"] == "WaitStateEntered":
            began[event["stateEnteredEventDetails"]["name"]] = event["timestamp"]
        elif event["type"] == "WaitStateExited":
            name = event["stateExitedEventDetails"]["name"]
            waits[name] = waits.get(name, 0) + (event["timestamp"] - began.pop(name)).total_seconds()
    return waits
