"""Every task of every workflow, found in the files: it fails once, and it is carried out twice; all ends well."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.rows import invariants
from tests.rows.catalogue import TASKS
from tests.rows.scene import HOUR_S, Scene

Circumstance = Callable[[Scene], None]
# More looks than a task is tried again.
TRIES = 9


def nothing_special(scene: Scene) -> None:
    """Most tasks lie on the way down and up again."""


def agent_offline(scene: Scene) -> None:
    scene.change("one", agent="offline")


def agent_online(scene: Scene) -> None:
    scene.change("one", agent="online")
    scene.left = {"one"}


def agent_seen_late(scene: Scene) -> None:
    """The look that comes before the command is given the answer of the time when the server had just started."""
    scene.cloud.sleep(1_800)
    scene.change("one", agent_takes_s=60)
    scene.fault_at("startup/Services: Find the online agents", "stale", stale_s=1_200)


def with_a_database(scene: Scene) -> None:
    scene.add_database("orders")


def with_a_cluster(scene: Scene) -> None:
    scene.add_database("ledger", "cluster")


def with_a_group(scene: Scene) -> None:
    scene.add_group("shop", "one")


def with_a_service(scene: Scene) -> None:
    """An ECS service with scaling, found by its tasks on the server."""
    scene.add_ecs_service("web", "one")


def with_a_declared_service(scene: Scene) -> None:
    """One that runs on no server that is seen to use the key, and says by its tag that it does."""
    scene.add_ecs_service("web", key=scene.key, launchType="FARGATE")


def throttled(task: str) -> Circumstance:
    return lambda scene: scene.fault_at(task, "throttle")


def unseen(task: str) -> Circumstance:
    return lambda scene: scene.fault_at(task, "error", times=TRIES)


def to_be_deleted_meanwhile(scene: Scene) -> None:
    kms, key = scene.cloud.client("kms"), scene.key
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=30)
    told = lambda: [mail for mail in scene.cloud.mails(scene.key_id) if "to be deleted" in mail["Subject"]]  # noqa: E731
    scene.cloud.until("the operator is told of the deletion", told, HOUR_S)
    kms.cancel_key_deletion(KeyId=key)


# What leads to a task that is not on the way of every run: before the key goes off, and before it comes on.
LEADS_TO: dict[str, tuple[Circumstance, Circumstance]] = {
    "notice: Mail the notice": (nothing_special, to_be_deleted_meanwhile),
    "shutdown/Services: Record that nobody was asked": (agent_offline, agent_online),
    "shutdown/Services: Judge the refusal": (throttled("shutdown/Services: Stop the units"), nothing_special),
    "shutdown/Servers: Give the servers up": (unseen("shutdown/Servers: Look at the servers"), nothing_special),
    "startup/Servers: Give the servers up": (unseen("startup/Servers: Look at the servers"), nothing_special),
    "shutdown/Guards: Give it up": (unseen("shutdown/Guards: Look at the group"), nothing_special),
    "startup/Guards: Give it up": (nothing_special, unseen("startup/Guards: Look at the group")),
    "shutdown/Services: Give them up": (unseen("shutdown/Services: Look at the databases"), nothing_special),
    "startup/Services: Give them up": (nothing_special, unseen("startup/Services: Look at the databases")),
    "startup/Services: Record that nobody was asked": (nothing_special, agent_seen_late),
    "startup/Services: Judge the refusal": (throttled("startup/Services: Start the units"), nothing_special),
}
# What the fleet must have besides a server, for a task to be on the way.
NEEDS: dict[str, Circumstance] = {
    f"{machine}/Services: {state}": need
    for machine, verb in (("shutdown", "Stop"), ("startup", "Start"))
    for state, need in {
        f"{verb} one database": with_a_database,
        f"{verb} one cluster": with_a_cluster,
        "Record the answers": with_a_database,
        "Look at the databases": with_a_database,
        "Look at the clusters": with_a_cluster,
        "Record the states": with_a_database,
        "Give them up": with_a_database,
        "Look at one service": with_a_service,
        f"{verb} one service": with_a_service,
        "Look at the container services": with_a_service,
    }.items()
} | {
    task: with_a_service if " target" in task else need
    for label, need in {
        "Guards": with_a_group,
        "Groups": with_a_group,
        "Hosts": with_a_service,
        "ContainerServices": with_a_declared_service,
    }.items()
    for task in TASKS
    if f"/{label}: " in task
}
# These are reached only by a key that comes on within its grace.
WITHIN_THE_GRACE = {"startup: Mail that the shutdown is cancelled"}


# Carried out twice, their second answer says `stopping`, and nothing tells whose stop it was: what was stopped is never
# started on a guess, and the mail asks a person to.
ENDS_IN_DOUBT = {
    "shutdown/Servers: Stop a part": "one",
    "shutdown/Services: Stop one database": "orders",
    "shutdown/Services: Stop one cluster": "ledger",
}


def world_of(task: str) -> pytest.MarkDecorator:
    return pytest.mark.world("usual" if task in WITHIN_THE_GRACE else "quick")


every_task = pytest.mark.parametrize("task", [pytest.param(task, marks=world_of(task)) for task in TASKS], ids=TASKS)


@pytest.mark.task("fails")
@every_task
def test_a_task_that_fails_once_changes_nothing_of_the_end(scene, task):
    assert_the_story_ends_well(scene, task, "throttle")


@pytest.mark.task("twice")
@every_task
def test_a_task_that_is_carried_out_twice_changes_nothing_of_the_end(scene, task):
    assert_the_story_ends_well(scene, task, "twice")


def assert_the_story_ends_well(scene: Scene, task: str, kind: str) -> None:
    before_down, before_up = LEADS_TO.get(task, (nothing_special, nothing_special))
    scene.begin()
    NEEDS.get(task, nothing_special)(scene)
    before_down(scene)
    fault = scene.fault_at(task, kind)
    scene.disable()
    if task in WITHIN_THE_GRACE:
        scene.until_warned()
        scene.enable()
        assert scene.ended("startup", 2).ending == "nothing_to_do"
    else:
        down = scene.ended("shutdown", 1)
        before_up(scene)
        up = scene.start_up()
        if kind == "twice" and task in ENDS_IN_DOUBT:
            assert up.ending == "startup_incomplete" and "start it by hand" in up.mails[-1]["Unwrapped"]
            scene.left = {ENDS_IN_DOUBT[task]}
            assert not [c for c in scene.acts() if is_start_of(scene, c, ENDS_IN_DOUBT[task])]
        elif task not in LEADS_TO:
            assert (down.ending, up.ending) == ("shutdown_complete", "startup_complete")
    assert fault.fired == 1, "a task that no play reaches is not tested: say what leads to it"


def is_start_of(scene: Scene, call: dict[str, Any], name: str) -> bool:
    named = scene.resources[name].names if name in scene.resources else {scene.id(name)}
    return call["service"] != "ssm" and not invariants.stops(call) and bool(named & set(call["resources"]))


def test_what_leads_to_a_task_names_a_task():
    assert set(TASKS) >= LEADS_TO.keys() | NEEDS.keys() | WITHIN_THE_GRACE | ENDS_IN_DOUBT.keys()
