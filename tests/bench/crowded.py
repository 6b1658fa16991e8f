"""A fleet that is larger than EC2's buckets: the local cloud with them on, beside the model on paper."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.bench import limits, own_time, scenes
from tests.bench.figure import Figure
from tests.bench.playing import ENDINGS, Wrong
from tests.fleet.figures import events_of
from tests.world import story
from tests.world.cloud import Cloud
from tests.world.story import Story

SERVERS = 1_500
# Slow, for what the machine takes for its own work counts so many times.
SCALE = 3
WORKLOAD = f"{SERVERS:,} servers, EC2's buckets on"
PAPER = "the model on paper"
CALLS = {"shutdown": "StopInstances", "startup": "StartInstances"}
# As the run has them, in their order.
STAGES = {
    "shutdown": ("Stop the services", "Stop the servers"),
    "startup": ("Start the servers", "Start the services"),
}


@dataclass(frozen=True)
class Seen:
    """Of one direction: how long each stage took, in virtual seconds, and how many calls EC2 refused."""

    took_s: dict[str, float]
    refused: int


def both_ways(cloud: Cloud) -> dict[str, Seen]:
    # As long as the servers of the local cloud take if nobody says otherwise.
    [key] = scenes.uniform(SERVERS, {})(cloud)
    cloud.ask("PUT", "buckets")
    return {way: _seen(cloud, story.play(cloud, key, 1 + n, way), way) for n, way in enumerate(story.CHANGES)}


def _seen(cloud: Cloud, told: Story, direction: str) -> Seen:
    if told.ending != ENDINGS[direction]:
        raise Wrong(f"the {direction} ended as {told.ending}")
    refused = [call for call in told.calls if call["outcome"] == "RequestLimitExceeded"]
    if unexpected := {call["operation"] for call in refused} - {CALLS[direction]}:
        raise Wrong(f"EC2 refused {unexpected}, which has no bucket here")
    events = events_of(cloud, story.execution(cloud, told.run)["executionArn"])
    took_s = {state: seconds for _, state, seconds in own_time.visits(events) if state in STAGES[direction]}
    return Seen(took_s, len(refused))


def on_paper() -> dict[str, Seen]:
    down, up = limits.down(SERVERS, limits.LOCAL, 0), limits.up(SERVERS, limits.LOCAL, 0)
    took = {
        "shutdown": (down.services.at_s, down.servers.at_s - down.services.at_s),
        "startup": (up.servers.at_s, up.services.at_s - up.servers.at_s),
    }
    refused = {"shutdown": down.servers.refused, "startup": up.servers.refused}
    return {way: Seen(dict(zip(stages, took[way], strict=True)), refused[way]) for way, stages in STAGES.items()}


def figures(seen: dict[str, Seen]) -> Iterator[Figure]:
    for way, expected in on_paper().items():
        was, name = seen[way], f"calls that EC2 refused, {way}"
        yield Figure.beside(name, WORKLOAD, was.refused, "calls", expected.refused, PAPER)
        for stage, paper_s in expected.took_s.items():
            yield Figure.beside(stage, WORKLOAD, round(was.took_s[stage], 1), "s", round(paper_s, 1), PAPER)
