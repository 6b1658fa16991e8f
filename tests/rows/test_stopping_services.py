"""Rows of the services that stop: agents, commands and units that do not do as they are told."""

import pytest

from tests.world import rules


@pytest.mark.row(38)
def test_a_server_whose_agent_is_offline_is_stopped_and_named(scene):
    scene.begin(deaf={}, hears={})
    scene.change("deaf", agent="offline")
    told = scene.shut_down()
    assert told.ending == "shutdown_incomplete"
    assert {scene.state(name)["state"] for name in scene.servers} == {"stopped"}
    assert "offline" in told.mails[-1]["Unwrapped"]
    assert scene.id("deaf") not in {id for c in scene.calls("SendCommand") for id in c["resources"]}
    scene.change("deaf", agent="online")
    assert_units_are_named_and_not_started(scene, "deaf")


def assert_units_are_named_and_not_started(scene, name: str) -> None:
    """Nobody knows what they were before; in life, units that belong to the server come up with it."""
    scene.change_units(name, enabled_on_boot=True)
    told = scene.start_up()
    assert told.ending == "startup_incomplete" and "start it by hand" in told.mails[-1]["Unwrapped"]
    assert not [c for c in told.calls if c["service"] == "systemd" and c["operation"] == "start"
                and scene.id(name) in c["resources"][0] and "cause" not in c["request"]]  # fmt: skip


@pytest.mark.row(39)
def test_a_command_without_a_result_is_not_sent_again(scene):
    scene.begin()
    scene.change_units("one", takes_s=2_000)
    told = scene.shut_down()
    assert len(scene.calls("SendCommand")) == 1
    assert told.ending == "shutdown_incomplete" and "was not reached" in told.mails[-1]["Unwrapped"]
    assert scene.state()["state"] == "stopped"
    scene.change_units("one", takes_s=5)
    assert_units_are_named_and_not_started(scene, "one")


@pytest.mark.row(40)
def test_one_service_of_five_that_will_not_stop_is_named_and_the_four_are_stopped(scene):
    units = " ".join(f"{letter}.service" for letter in "abcde")
    scene.begin(one={"units": units})
    scene.change("one", units={"c.service": {"refuses_stop": True}})
    told = scene.shut_down()
    assert told.ending == "shutdown_incomplete"
    assert "c.service is active" in told.mails[-1]["Unwrapped"]
    stopped = {c["resources"][0] for c in told.calls if c["operation"] == "stop" and "cause" not in c["request"]
               and c["outcome"] == "inactive"}  # fmt: skip
    assert len(stopped) == 4
    scene.change("one", units={"c.service": {"refuses_stop": False}})


@pytest.mark.row(42)
def test_a_service_that_its_supervisor_restarts_is_down_with_its_server(scene):
    """It was seen down, came back, and went with the server: the end is the same, and every unit is started."""
    scene.begin()
    scene.change("one", units={"pgbouncer.service": {"restarts_after_s": 2}})
    told = scene.shut_down()
    came_back = [c for c in told.calls if c["request"].get("cause") == "restarts by itself"]
    assert came_back, "the fault fired"
    assert scene.state()["state"] == "stopped"
    assert set(scene.state()["units"].values()) == {"inactive"}


@pytest.mark.row(43)
def test_a_key_that_comes_on_while_services_stop_keeps_the_server_up(scene):
    units = " ".join(f"{letter}.service" for letter in "abcde")
    scene.begin(one={"units": units})
    scene.change_units("one", takes_s=30)
    scene.disable()
    scene.cloud.until("two services are down", lambda: down(scene) >= 2, 3_600)
    on_s = scene.enable()
    scene.ended("shutdown", 1)
    told = scene.ended("startup", 2)
    assert told.ending == "startup_complete"
    assert not [c for c in scene.calls("StopInstances", since=on_s)]
    assert set(scene.state()["units"].values()) == {"active"}


def down(scene) -> int:
    return list(scene.state()["units"].values()).count("inactive")


@pytest.mark.row(44)
def test_a_record_that_is_written_while_its_answer_is_lost_is_written_once(scene):
    scene.begin()
    fault = scene.fault_at("shutdown/Services: Record the units", "lost_answer")
    told = scene.shut_down()
    assert fault.fired == 1
    assert told.ending == "shutdown_complete"
    assert len(scene.calls("SendCommand")) == 1 == len(scene.calls("StopInstances"))


@pytest.mark.row(85)
def test_a_run_that_dies_while_it_acts_is_taken_over(scene):
    scene.begin()
    scene.change_units("one", takes_s=60)
    scene.disable()
    scene.until_called("SendCommand")
    scene.kill("shutdown", 1)
    told = scene.ended("shutdown", 1, attempt=2)
    assert told.ending == "shutdown_complete"
    assert scene.state()["state"] == "stopped"


@pytest.mark.row(90)
def test_an_operator_who_pauses_a_key_stops_every_further_change(scene):
    scene.begin()
    scene.change_units("one", takes_s=60)
    scene.disable()
    scene.until_called("SendCommand")
    scene.ask("pause_key")
    told = scene.ended("shutdown", 1)
    assert told.ending == "shutdown_superseded"
    scene.cloud.sleep(700)
    assert not scene.calls("StopInstances") and len(scene.runs()) == 1
    scene.ask("resume_key")
    told = scene.ended("shutdown", 2)
    assert told.ending == "shutdown_complete"
    assert told.grace_ends_at_s - told.noticed_at_s >= rules.GRACE_S - 1


@pytest.mark.row(97)
def test_a_ledger_that_goes_away_while_services_stop_stops_everything_until_it_is_back(scene):
    scene.begin()
    scene.change_units("one", takes_s=30)
    scene.disable()
    scene.until_called("SendCommand")
    fault = scene.fault("dynamodb", "*", "error", actor="lockstep", times=10_000)
    scene.until_fired(fault, 5)
    assert not scene.calls("StopInstances"), "without the ledger nothing is changed"
    back_s = scene.cloud.at_s()
    scene.faults_off()
    scene.until_state("stopped")
    assert scene.calls("StopInstances")[0]["at_s"] > back_s


@pytest.mark.row(98)
def test_reads_that_are_half_a_minute_old_make_it_slower_and_never_wrong(scene):
    scene.begin()
    scene.reads_are_stale = True
    scene.fault("kms", "DescribeKey", "stale", times=10_000, stale_s=30)
    for service, operation in (("ec2", "DescribeInstanceStatus"), ("ssm", "DescribeInstanceInformation")):
        scene.fault(service, operation, "stale", match=scene.id(), times=10_000, stale_s=30)
    down = scene.shut_down()
    up = scene.start_up()
    assert [c for c in scene.calls() if c.get("stale_by_s", 0) > 1], "the fault fired"
    assert (down.ending, up.ending) == ("shutdown_complete", "startup_complete")
