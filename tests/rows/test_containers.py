"""ECS services whose shutdown is broken off, or that two keys hold."""

import pytest

from tests.rows.scene import Scene
from tests.world import resources
from tests.world.rules import stops


def seen(scene: Scene) -> dict:
    return resources.look_at(scene.cloud, scene.resources["web"])


@pytest.mark.world("quick")
def test_a_run_that_dies_with_scaling_suspended_leaves_it_to_the_next(scene):
    scene.begin(one={}, slow={"tags": {"lockstep:tier": "3"}})
    scene.change_units("slow", takes_s=240)
    scene.add_ecs_service("web", "one")
    scene.disable()
    scene.until_called("SendCommand", "slow")
    scene.kill("shutdown", 1)
    assert (len(seen(scene)["suspended"]), seen(scene)["desired"]) == (3, 2)
    scene.enable()
    scene.ended("startup", 2)
    assert seen(scene)["suspended"] == []
    assert not [call for call in scene.acts() if call["operation"] == "UpdateService"]


@pytest.mark.world("quick")
def test_a_service_that_declares_two_keys_starts_when_the_last_of_them_is_on(scene):
    other = scene.another_key()
    scene.begin(one={}, two={"key": other})
    scene.add_ecs_service("web", "one", "two", key=f"{scene.key} {other}")
    scene.shut_down()
    scene.disable(other)
    scene.ended("shutdown", 1, key=other)
    scene.start_up()
    assert scene.state("one")["state"] == "running"
    # Scaling that came back early would lift the count by itself.
    assert (len(seen(scene)["suspended"]), seen(scene)["desired"]) == (3, 0)
    scene.enable(other)
    assert scene.ended("startup", 2, key=other).ending == "startup_complete"
    assert [stops(call) for call in scene.acts() if call["operation"] == "UpdateService"] == [True, False]


@pytest.mark.world("quick")
def test_an_alarm_that_goes_off_in_between_lifts_no_count(scene):
    scene.begin()
    scene.add_ecs_service("web", "one")
    assert scene.shut_down().ending == "shutdown_complete"
    resources.change(scene.cloud, scene.resources["web"], scale_out_after_s=30)
    alarm = scene.until_called("ScaleOut")
    assert (alarm["outcome"], seen(scene)["desired"]) == ("suspended", 0)
    assert scene.start_up().ending == "startup_complete"
