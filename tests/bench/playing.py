"""Plays each workload in a cloud of its own, for what is counted must be its alone."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import counts
from tests.bench.counts import Counts
from tests.bench.scenes import Build
from tests.world import fleet, stack, story
from tests.world.cloud import Cloud

# The search must be over when the grace is, and nothing else depends on it.
GRACE_MINUTES = "2"
ENDINGS = {"shutdown": "shutdown_complete", "startup": "startup_complete"}
CHANGES = {"shutdown": story.disable, "startup": story.enable}


class Wrong(AssertionError):
    """A run that did not end as it should has nothing worth counting."""


@dataclass(frozen=True)
class Played:
    """What came of one workload, by direction."""

    shutdown: Counts
    startup: Counts
    real_s: float


@contextmanager
def cloud_of(folder: Path, scale: float) -> Iterator[Cloud]:
    """A cloud without a sweep, which would count what it looks at."""
    cloud, process = stack.start_cloud(stack.free_port(), scale, folder)
    try:
        deployed = stack.deploy(cloud, GracePeriodMinutes=GRACE_MINUTES)
        events = deployed.client("events")
        for rule in events.list_rules()["Rules"]:
            if rule.get("ScheduleExpression"):
                events.disable_rule(Name=rule["Name"])
        yield deployed
    finally:
        stack.stop_cloud(process.pid)


def both_ways(folder: Path, scale: float, build: Build) -> Played:
    began = time.monotonic()
    with cloud_of(folder, scale) as cloud:
        [key] = build(cloud)
        counted = {direction: one_way(cloud, key, 1 + n, direction) for n, direction in enumerate(CHANGES)}
    return Played(**counted, real_s=round(time.monotonic() - began, 1))


def one_way(cloud: Cloud, key: str, epoch: int, direction: str, ending: str = "") -> Counts:
    changed_at_s = cloud.at_s()
    CHANGES[direction](cloud, key)
    told = story.until_ended(cloud, key, epoch, direction, changed_at_s)
    if told.ending != (ending or ENDINGS[direction]):
        raise Wrong(f"the {direction} ended as {told.ending}: {json.dumps(told.output)[:500]}")
    return counts.of_story(cloud, told)


def quiet_sweep(folder: Path, scale: float, build: Build) -> dict[str, Any]:
    """The second sweep: the first writes down what it sees."""
    with cloud_of(folder, scale) as cloud:
        build(cloud)
        for _ in range(2):
            began_at_s = cloud.at_s()
            fleet.invoke(cloud, cloud.outputs["SweepKeysFunctionName"], {})
        return counts.of_calls(cloud.calls(since=began_at_s))
