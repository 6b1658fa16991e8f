"""What must have come of the fleet; every broken rule is named."""

from collections.abc import Iterator
from typing import Any

from tests.fleet.figures import MOST_BYTES, MOST_EVENTS, Figures
from tests.fleet.scene import Scene
from tests.world import resources
from tests.world.cloud import Cloud
from tests.world.story import Story

ENDINGS = {"shutdown": "shutdown_complete", "startup": "startup_complete"}
FINAL_STATES = {"shutdown": ("stopped", "inactive", "stopped"), "startup": ("running", "active", "available")}
CHANGED = {"ec2", "ssm", "systemd", "rds", "autoscaling"}
# What is named in a list of any broken rule.
MOST_NAMED = 5


def broken(cloud: Cloud, scene: Scene, story: Story, figures: Figures) -> list[str]:
    """Must be asked right after the story, for it looks at the fleet as it is now."""
    return [
        *_ending(story),
        *_servers(cloud, scene, story),
        *_databases(cloud, scene, story),
        *_groups(cloud, scene, story),
        *_nothing_else_is_touched(scene, story),
        *_limits(story, figures),
    ]


def _ending(story: Story) -> Iterator[str]:
    if story.ending != ENDINGS[story.direction]:
        yield f"the {story.direction} ends as {ENDINGS[story.direction]}: it ended as {story.ending}, {story.output}"


def _servers(cloud: Cloud, scene: Scene, story: Story) -> Iterator[str]:
    found = cloud.servers()
    state, unit_state, _ = FINAL_STATES[story.direction]
    wrong = [server.id for server in scene.down if found[server.id]["state"] != state]
    yield from _named(f"after the {story.direction} every server is {state}", wrong)
    wrong = [s.id for s in scene.down if set(found[s.id]["units"].values()) - {unit_state}]
    yield from _named(f"after the {story.direction} every unit is {unit_state}", wrong)
    stopped = {server.id for server in scene.stopped_bystanders}
    wrong = [s.id for s in scene.left_alone if found[s.id]["state"] != ("stopped" if s.id in stopped else "running")]
    yield from _named("a bystander stays as it is", wrong)


def _databases(cloud: Cloud, scene: Scene, story: Story) -> Iterator[str]:
    state = FINAL_STATES[story.direction][2]
    wrong = [it.name for it in scene.databases if resources.look_at(cloud, it)["state"] != state]
    yield from _named(f"after the {story.direction} every database is {state}", wrong)


def _groups(cloud: Cloud, scene: Scene, story: Story) -> Iterator[str]:
    """A group keeps its members; once all is back it is whole, and none of its work is suspended."""
    for group in scene.groups:
        seen = resources.look_at(cloud, group)
        if set(seen["members"]) != {server.id for server in scene.members[group.name]}:
            yield f"a group keeps its members: {group.name} has {sorted(seen['members'])}"
        if story.direction == "startup" and (seen["state"], seen["suspended"]) != ("whole", []):
            yield f"a group is whole in the end: {group.name} is {seen['state']}, suspended {seen['suspended']}"


def _nothing_else_is_touched(scene: Scene, story: Story) -> Iterator[str]:
    left_alone = {server.id for server in scene.left_alone}
    touched = [f"{c['operation']} of {name}" for c, name in _changes(story) if name.split("/")[0] in left_alone]
    yield from _named("nothing else is touched", touched)
    known = left_alone | {server.id for server in scene.down}
    strange = [name for _, name in _changes(story) if name.startswith("i-") and name.split("/")[0] not in known]
    yield from _named("no server comes into being", strange)


def _limits(story: Story, figures: Figures) -> Iterator[str]:
    yield from _named(f"every execution of the {story.direction} succeeds", figures.not_succeeded)
    if figures.most_events > MOST_EVENTS:
        yield f"no history is above {MOST_EVENTS} events: {figures.most_events} in {figures.most_events_in}"
    for payload in figures.longest_by_state:
        if payload.bytes_in_aws > MOST_BYTES:
            size = f"{payload.bytes_in_aws / 1024:.0f} KiB with rows of AWS ({payload.bytes / 1024:.0f} measured)"
            yield f"no payload is above {MOST_BYTES // 1024} KiB: {payload.what} of {payload.state!r}, {size}"


def _changes(story: Story) -> Iterator[tuple[dict[str, Any], str]]:
    """Every change by Lockstep or by the world, and each resource that it names."""
    for call in story.calls:
        if call["mutating"] and call["service"] in CHANGED and call["actor"] != "operator":
            yield from ((call, name) for name in call["resources"])


def _named(rule: str, wrong: list[str]) -> Iterator[str]:
    if wrong:
        more = f" and {len(wrong) - MOST_NAMED} more" if len(wrong) > MOST_NAMED else ""
        yield f"{rule}: {', '.join(wrong[:MOST_NAMED])}{more}"
