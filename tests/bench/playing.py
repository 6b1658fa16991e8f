"""Plays workloads; each has a cloud of its own, for what is counted must be its alone."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import counts, own_time
from tests.bench.counts import Counts
from tests.bench.own_time import Spent
from tests.bench.scenes import Build
from tests.world import fleet, stack, story
from tests.world.cloud import Cloud

# The search must be over when the grace is, and nothing else depends on it.
GRACE_MINUTES = "1"
ENDINGS = {"shutdown": "shutdown_complete", "startup": "startup_complete"}


class Wrong(AssertionError):
    """A run that did not end as it should has nothing worth counting."""


@dataclass(frozen=True)
class Way:
    """What came of one direction."""

    counts: Counts
    spent: Spent


@contextmanager
def cloud_of(folder: Path, scale: float) -> Iterator[Cloud]:
    """A cloud without a sweep, which would count what it looks at."""
    cloud, process = stack.start_cloud(stack.free_port(), scale, folder)
    try:
        deployed = stack.deploy(cloud, GracePeriodMinutes=GRACE_MINUTES)
        stack.switch_sweep(deployed, on=False)
        yield deployed
    finally:
        stack.stop_cloud(process.pid)


def both_ways(cloud: Cloud, build: Build) -> dict[str, Way]:
    [key] = build(cloud)
    return {direction: one_way(cloud, key, 1 + n, direction) for n, direction in enumerate(story.CHANGES)}


def down(cloud: Cloud, build: Build, ending: str) -> Way:
    """A shutdown that need not end well."""
    [key] = build(cloud)
    return one_way(cloud, key, 1, "shutdown", ending)


def with_two_keys(cloud: Cloud, build: Build) -> dict[str, Way]:
    """Both keys go off, then both come on; only the last brings the server back."""
    first, second = build(cloud)
    return {
        "the first key goes off": one_way(cloud, first, 1, "shutdown"),
        "the second key goes off": one_way(cloud, second, 1, "shutdown"),
        "the first key comes on": one_way(cloud, first, 2, "startup", "startup_incomplete"),
        "the second key comes on": one_way(cloud, second, 2, "startup"),
    }


def one_way(cloud: Cloud, key: str, epoch: int, direction: str, ending: str = "") -> Way:
    told = story.play(cloud, key, epoch, direction)
    if told.ending != (ending or ENDINGS[direction]):
        raise Wrong(f"the {direction} ended as {told.ending}: {json.dumps(told.output)[:500]}")
    return Way(counts.of_story(cloud, told), own_time.spent(cloud, told))


def quiet_sweep(cloud: Cloud, build: Build) -> dict[str, Any]:
    """The second sweep: the first writes down what it sees."""
    build(cloud)
    for _ in range(2):
        began_at_s = cloud.at_s()
        fleet.invoke(cloud, cloud.outputs["SweepKeysFunctionName"], {})
    return counts.of_calls(cloud.calls(since=began_at_s))
