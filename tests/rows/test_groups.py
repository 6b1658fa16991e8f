"""Row 54: a server that its Auto Scaling group would replace."""

import pytest

from tests.world import resources

REPLACES = {
    "AZRebalance", "AlarmNotification", "HealthCheck", "Launch", "ReplaceUnhealthy", "ScheduledActions", "Terminate",
}  # fmt: skip


@pytest.mark.row(54)
@pytest.mark.world("quick")
def test_a_member_that_comes_back_late_keeps_its_group_suspended_until_it_is_back(scene):
    scene.begin(one={}, two={})
    scene.add_group("shop", "one", "two")
    scene.shut_down()
    fault = scene.fault("ec2", "StartInstances", "error", scene.id("two"), code="UnsupportedOperation", times=100)
    assert scene.start_up().ending == "startup_incomplete" and fault.fired
    assert set(resources.look_at(scene.cloud, scene.resources["shop"])["suspended"]) >= REPLACES
    scene.faults_off()
    scene.ended("startup", 2, attempt=2)
    assert not scene.calls("Terminate")


@pytest.mark.row(54)
@pytest.mark.world("quick")
def test_a_run_that_dies_with_its_group_suspended_leaves_it_to_the_next(scene):
    scene.begin()
    scene.add_group("shop", "one")
    scene.disable()
    scene.until_called("SuspendProcesses")
    scene.kill("shutdown", 1)
    scene.enable()
    scene.ended("startup", 2)
    assert not scene.calls("Terminate")


@pytest.mark.row(54)
@pytest.mark.world("quick")
def test_a_group_of_two_keys_is_resumed_when_the_last_of_them_is_on(scene):
    other = scene.another_key()
    scene.begin(one={}, two={"key": other})
    scene.add_group("shop", "one", "two")
    scene.shut_down()
    scene.disable(other)
    scene.ended("shutdown", 1, key=other)
    assert scene.start_up().ending == "startup_incomplete"
    assert scene.state("one")["state"] == "running"
    assert set(resources.look_at(scene.cloud, scene.resources["shop"])["suspended"]) >= REPLACES
    scene.enable(other)
    assert scene.ended("startup", 2, key=other).ending == "startup_complete"
    assert not scene.calls("Terminate")
