"""Rows of the servers that stop: calls that are throttled, refused, lost or come at the wrong moment."""

import pytest

from tests.rows import catalogue
from tests.world import fleet

LAMBDA_TASKS = ("Confirm", "Record", "Plan", "End", "Ask", "Warn", "Mail")


@pytest.mark.row(46)
def test_a_stop_that_is_throttled_for_five_minutes_is_made_in_the_end(scene):
    scene.begin()
    fault = scene.fault("ec2", "StopInstances", "throttle", scene.id(), times=1_000)
    scene.disable()
    scene.until_fired(fault)
    scene.cloud.sleep(300)
    scene.until_fired(fault, 3)
    scene.faults_off()
    assert scene.ended("shutdown", 1).ending == "shutdown_complete"


@pytest.mark.row(46)
def test_servers_for_which_there_is_never_room_at_once_are_stopped_and_started_in_halves_and_each_once(scene):
    scene.begin(**{f"server-{n}": {} for n in range(12)})
    for operation, play, ending in (
        ("StopInstances", scene.shut_down, "shutdown_complete"),
        ("StartInstances", scene.start_up, "startup_complete"),
    ):
        fault = scene.fault("ec2", operation, "throttle", run=scene.key_id, larger_than=6, times=1_000)
        assert play().ending == ending
        accepted = [call["resources"] for call in scene.calls(operation) if call["outcome"] == "ok"]
        assert fault.fired >= 3 and sorted(map(len, accepted)) == [6, 6]
        assert len({id for ids in accepted for id in ids}) == 12


@pytest.mark.row(46)
def test_a_key_that_comes_on_while_stops_are_throttled_ends_the_tries(scene):
    scene.begin()
    fault = scene.fault("ec2", "StopInstances", "throttle", scene.id(), times=1_000)
    scene.disable()
    scene.until_fired(fault, 3)
    scene.start_up()
    assert scene.ended("shutdown", 1).ending == "shutdown_superseded"
    assert scene.state()["state"] == "running"


@pytest.mark.row(47)
def test_a_server_whose_stop_has_no_answer_is_in_doubt_and_never_guessed_into_a_start(scene):
    scene.begin()
    scene.left = {"one"}
    fault = scene.fault("ec2", "StopInstances", "lost_answer", scene.id())
    scene.shut_down()
    assert fault.fired == 1
    told = scene.start_up()
    assert told.ending == "startup_incomplete" and "was lost" in told.mails[-1]["Unwrapped"]
    assert not scene.calls("StartInstances")


@pytest.mark.row(49)
def test_a_stop_that_was_never_sent_is_made_again_and_is_ours(scene):
    scene.begin()
    fault = scene.fault("ec2", "StopInstances", "timeout", scene.id())
    told = scene.shut_down()
    assert fault.fired == 1
    assert told.ending == "shutdown_complete" and len(scene.calls("StopInstances")) == 2


@pytest.mark.row(50)
def test_a_shutdown_survives_the_loss_of_every_answer_of_its_own(scene):
    """Each Lambda of the way down does its work once without being heard; the end is that of the golden run."""
    scene.begin()
    scene.add_database("orders")
    scene.add_group("shop", "one")
    scene.add_ecs_service("web", "one")
    faults = {
        task: scene.fault_at(task, "lost_answer") for task in catalogue.TASKS
        if task.startswith("shutdown") and is_on_the_way_down(task)
    }  # fmt: skip
    told = scene.shut_down()
    assert {task for task, fault in faults.items() if fault.fired != 1} == set()
    assert told.ending == "shutdown_complete"
    assert len(scene.calls("SendCommand")) == 1 == len(scene.calls("StopInstances"))
    assert len(scene.mails()) == 2


def is_on_the_way_down(task: str) -> bool:
    state = task.split(": ")[1]
    return state.startswith(LAMBDA_TASKS) and "nobody" not in state


@pytest.mark.row(51)
def test_a_server_with_stop_protection_keeps_it_and_is_named(scene):
    scene.begin(one={}, free={})
    ec2 = scene.cloud.client("ec2")
    ec2.modify_instance_attribute(InstanceId=scene.id(), DisableApiStop={"Value": True})
    told = scene.shut_down()
    assert told.ending == "shutdown_incomplete"
    assert [c for c in scene.calls("StopInstances", "one") if c["outcome"] == "OperationNotPermitted"], "it fired"
    assert scene.state()["state"] == "running" and scene.state("free")["state"] == "stopped"
    protected = ec2.describe_instance_attribute(InstanceId=scene.id(), Attribute="disableApiStop")
    assert protected["DisableApiStop"]["Value"]


@pytest.mark.row(52)
def test_a_server_that_cannot_be_stopped_is_named_and_the_other_proceeds(scene):
    scene.begin(one={}, free={})
    scene.fault("ec2", "StopInstances", "error", scene.id(), times=100, code="UnsupportedOperation", message="no EBS")
    told = scene.shut_down()
    assert told.ending == "shutdown_incomplete" and "no EBS" in told.mails[-1]["Unwrapped"]
    assert scene.state("free")["state"] == "stopped"


@pytest.mark.row(53)
@pytest.mark.long
def test_a_server_that_is_stuck_in_stopping_is_reported_and_not_forced(scene):
    scene.begin()
    scene.change("one", stop_takes_s=1_500)
    told = scene.shut_down()
    assert told.ending == "shutdown_incomplete" and "stopping after 10 minutes" in told.mails[-1]["Unwrapped"]
    scene.until_state("stopped")
    assert len(scene.calls("StopInstances")) <= 3, "one for each attempt"
    scene.change("one", stop_takes_s=45)


@pytest.mark.row(56)
def test_servers_that_are_stopping_when_the_key_comes_on_return(scene):
    scene.begin(**{name: {"units": ""} for name in ("a", "b", "c", "d")})
    for name in scene.servers:
        scene.change(name, stop_takes_s=120)
    scene.disable()
    scene.until_called("StopInstances")
    on_s = scene.enable()
    told = scene.ended("startup", 2)
    assert told.ending == "startup_complete"
    assert not scene.calls("StopInstances", since=on_s + 15)


@pytest.mark.row(57)
def test_a_stop_that_is_not_authorized_is_no_storm_and_is_named(scene):
    scene.begin(one={}, other={})
    scene.fault("ec2", "StopInstances", "deny", scene.id(), times=1_000)
    told = scene.shut_down()
    assert told.ending == "shutdown_incomplete" and "not authorized" in told.mails[-1]["Unwrapped"]
    assert len(scene.calls("StopInstances", "one")) == 2, "once with the other, once alone"
    assert scene.state()["state"] == "running" and scene.state("other")["state"] == "stopped"


@pytest.mark.row(71)
def test_a_key_that_goes_off_during_the_startup_has_a_whole_grace_and_then_all_stops(scene):
    scene.begin(one={}, two={"units": ""})
    scene.shut_down()
    for name in scene.servers:
        scene.change(name, status_checks_take_s=300)
    scene.enable()
    since_s = scene.until_called("StartInstances")["at_s"]
    # A server that is not up when its key goes off falls back by itself.
    for name in scene.servers:
        scene.until_state("running", name)
    off_s = scene.disable()
    told = scene.ended("shutdown", 3)
    assert told.ending == "shutdown_complete"
    stops = scene.calls("StopInstances", since=since_s)
    assert stops and stops[0]["at_s"] >= off_s + 600
    assert not [c for c in scene.calls("StartInstances", since=off_s + 15)]
    for name in scene.servers:
        assert scene.state(name)["state"] == "stopped"
        scene.change(name, status_checks_take_s=60)


@pytest.mark.row(86)
def test_a_run_that_slept_through_a_change_of_the_key_changes_nothing_more(scene):
    """A batch of the first epoch is confirmed by hand, long after the second has begun."""
    scene.begin()
    scene.shut_down()
    scene.start_up()
    batch = {"run": f"{scene.key_id}-1-shutdown-1", "key": scene.key, "epoch": 1, "batch": "servers#0001"}
    answer = fleet.invoke(
        scene.cloud, scene.cloud.function("ConfirmBatchFunction"), {"batch": {**batch, "step": "stop_servers"}}
    )
    assert answer["verdict"] == "superseded" and not answer["resources"]


@pytest.mark.row(88)
@pytest.mark.long
def test_an_outage_of_the_control_plane_is_waited_out_without_a_storm(scene):
    """Half an hour for the twelve of the row: the attempts after it are at ever longer intervals all the same."""
    scene.begin()
    scene.disable()
    scene.until_warned()
    fault = scene.fault("ec2", "*", "error", run=scene.key_id, times=10_000)
    assert scene.ended("shutdown", 1).status == "FAILED", "so that an alarm sees it"
    assert scene.run("shutdown", 1)["ending"] == "shutdown_incomplete"
    assert fault.fired <= 60, "the rate of tries is bounded"
    assert scene.state()["state"] == "running"
    scene.faults_off()
    assert scene.ended("shutdown", 1, attempt=2).ending == "shutdown_complete"
    assert len(scene.mails()) <= 3
