"""Rows of a deploy in mid-run: what runs goes on with the definition and the versions that it began with."""

import pytest

from tests.rows.scene import Scene
from tests.world import release, story
from tests.world.story import Story

# As the world is made, in tests/rows/conftest.py.
FIRST = {"GracePeriodMinutes": "90", "WhenAServiceWillNotStop": "proceed"}
STUCK = {"pgbouncer.service": {"refuses_stop": True}}
# A deploy takes half a minute of this machine, which is twenty of the cloud's.
SLOW = {"stop_takes_s": 4_000, "start_takes_s": 4_000}


@pytest.mark.row(22)
@pytest.mark.world("renewed")
@pytest.mark.long
def test_a_run_in_its_grace_ends_on_its_version_and_the_next_runs_are_of_the_new_one(scene):
    """The first version stops a server whose service will not stop, the second one leaves it running."""
    if scene.cloud.outputs["GracePeriodMinutes"] != FIRST["GracePeriodMinutes"]:
        deploy(scene, "first", **FIRST)  # It is played again, and the world is no longer as it was made.
    scene.begin()
    scene.change("one", units=STUCK)
    scene.disable()
    scene.until_warned()
    deploy(scene, "second", WhenAServiceWillNotStop="hold", GracePeriodMinutes="1")
    assert "acting_since" not in scene.run("shutdown", 1), "the deploy was in its grace"
    old = scene.ended("shutdown", 1)
    assert scene.state()["state"] == "stopped" and old.ending == "shutdown_incomplete"
    assert entered(scene, old, "second") is False
    assert len(old.mails) == 2 and "pgbouncer.service is active" in old.mails[-1]["Unwrapped"]

    up = scene.start_up()
    assert up.ending == "startup_complete" and set(scene.state()["units"].values()) == {"active"}
    assert entered(scene, up, "second") and is_next(versions(scene, old), versions(scene, up))
    new = scene.shut_down(epoch=3)
    assert scene.state()["state"] == "running" and new.ending == "shutdown_incomplete"
    assert entered(scene, new, "second") and is_next(versions(scene, old), versions(scene, new))
    scene.change("one", units={"pgbouncer.service": {"refuses_stop": False}})


@pytest.mark.row(22)
@pytest.mark.world("renewed")
@pytest.mark.last
def test_a_run_that_waits_for_a_stop_or_a_start_does_not_see_a_deploy(scene):
    scene.begin()
    scene.add_database("orders", **SLOW)
    scene.disable()
    scene.until_called("StopDBInstance")
    deploy(scene, "third", GracePeriodMinutes="1")
    down = ended_unseen(scene, "shutdown", 1, "third")
    assert down.ending == "shutdown_complete"
    scene.enable()
    scene.until_called("StartDBInstance")
    deploy(scene, "fourth", GracePeriodMinutes="1")
    up = ended_unseen(scene, "startup", 2, "fourth")
    assert up.ending == "startup_complete" and entered(scene, up, "third")
    assert is_next(versions(scene, down), versions(scene, up))


def deploy(scene: Scene, mark: str, **parameters: str) -> None:
    release.deploy_next(scene.cloud, mark, **parameters)


def ended_unseen(scene: Scene, direction: str, epoch: int, mark: str) -> Story:
    assert scene.runs()[-1]["status"] == "RUNNING", "the deploy was in mid-run"
    told = scene.ended(direction, epoch)
    assert not entered(scene, told, mark)
    return told


def entered(scene: Scene, told: Story, state: str) -> bool:
    """Whether the execution of a run came to this state."""
    states = scene.cloud.client("stepfunctions")
    run = story.execution(scene.cloud, told.run)["executionArn"]
    pages = states.get_paginator("get_execution_history").paginate(executionArn=run)
    details = (event.get("stateEnteredEventDetails", {}) for page in pages for event in page["events"])
    return any(found.get("name") == state for found in details)


def versions(scene: Scene, told: Story) -> dict[str, int]:
    """Which version of each function the run has called; it is always the same one."""
    calls = [c for c in scene.calls("Invoke") if c.get("step", {}).get("run") == told.run]
    called = {tuple(named.rsplit(":", 1)) for c in calls for named in c["resources"] if ":function:" in named}
    found = {function: int(version) for function, version in called}
    assert len(found) == len(called) > 4, called
    return found


def is_next(before: dict[str, int], after: dict[str, int]) -> bool:
    """What both have called is one version newer in the second."""
    return all(after[function] == before[function] + 1 for function in before.keys() & after.keys())
