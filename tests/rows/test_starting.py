"""Rows of the startup: starts that fail, servers that take long, and what is not proven ours."""

import pytest

from tests.rows.scene import HOUR_S
from tests.world import ledger


@pytest.mark.row(63)
def test_a_server_that_two_keys_hold_starts_with_the_last_of_them(scene):
    other = scene.another_key()
    scene.begin(one={"tags": {"lockstep:key": other}})
    scene.shut_down()
    scene.disable(other)
    scene.cloud.until("the second key joins", lambda: len(held_by(scene)) == 2, HOUR_S)
    told = scene.start_up()
    assert scene.state()["state"] == "stopped" and held_by(scene) == {other}
    assert "still holds it" in told.mails[-1]["Unwrapped"]
    scene.enable(other)
    assert scene.ended("startup", 2, key=other).ending == "startup_complete"


def held_by(scene) -> set[str]:
    return set((ledger.item(scene.cloud, f"HOLD#{scene.id()}", "HOLD") or {}).get("keys", ()))


@pytest.mark.row(46)
def test_a_start_that_is_taken_in_part_is_not_given_up_and_calls_for_no_server_twice(scene):
    """Throttled for ten minutes in all, but never for ten without anything being taken."""
    scene.begin(**{f"server-{n}": {} for n in range(12)})
    scene.shut_down()
    scene.fault("ec2", "StartInstances", "throttle", run=scene.key_id, larger_than=6, times=1_000)
    scene.fault("ec2", "StartInstances", "throttle", scene.id("server-0"), times=1_000)

    def accepted() -> list[list[str]]:
        return [call["resources"] for call in scene.calls("StartInstances") if call["outcome"] == "ok"]

    scene.enable()
    scene.cloud.until("one half is taken", accepted, HOUR_S)
    scene.cloud.sleep(330)
    scene.faults_off()
    assert scene.ended("startup", 2).ending == "startup_complete"
    assert sorted(map(len, accepted())) == [6, 6] and len({id for ids in accepted() for id in ids}) == 12


@pytest.mark.row(65)
def test_a_server_without_capacity_is_named_and_tried_again_and_keeps_no_other(scene):
    scene.begin(one={}, lucky={})
    scene.shut_down()
    words = "We currently do not have sufficient t3.micro capacity in the Availability Zone you requested."
    code = "InsufficientInstanceCapacity"
    fault = scene.fault("ec2", "StartInstances", "error", scene.id(), times=3, code=code, message=words)
    told = scene.start_up()
    assert told.ending == "startup_incomplete" and "waits for capacity" in told.mails[-1]["Unwrapped"]
    assert scene.state("lucky")["state"] == "running" and set(scene.state("lucky")["units"].values()) == {"active"}
    assert scene.ended("startup", 2, attempt=3).ending == "startup_complete"
    assert fault.fired == 3


@pytest.mark.row(66)
@pytest.mark.long
def test_a_start_that_falls_back_to_stopped_is_reported_and_tried_again(scene):
    scene.begin()
    scene.shut_down()
    scene.change("one", failing_starts=1)
    told = scene.start_up()
    assert told.ending == "startup_incomplete" and "went back to stopped" in told.mails[-1]["Unwrapped"]
    assert scene.ended("startup", 2, attempt=2).ending == "startup_complete"


@pytest.mark.row(67)
@pytest.mark.long
def test_starts_that_fail_while_the_key_spreads_are_tried_until_they_succeed(scene):
    """Two failing starts for the three of the row, whose third try would come after another half an hour."""
    scene.begin()
    scene.shut_down()
    scene.change("one", failing_starts=2)
    assert scene.start_up().ending == "startup_incomplete"
    assert scene.ended("startup", 2, attempt=3).ending == "startup_complete"
    assert len([mail for mail in scene.mails() if "-2-startup" in mail["Headers"]["X-Lockstep-Mail"]]) == 2


@pytest.mark.row(68)
def test_a_server_that_was_terminated_while_it_was_down_is_reported_and_forgotten(scene):
    scene.begin(one={}, gone={})
    scene.left = {"gone"}
    scene.shut_down()
    scene.cloud.client("ec2").terminate_instances(InstanceIds=[scene.id("gone")])
    told = scene.start_up()
    assert "terminated" in told.mails[-1]["Unwrapped"]
    assert scene.state()["state"] == "running"
    assert ledger.item(scene.cloud, f"HOLD#{scene.id('gone')}", "HOLD") is None


@pytest.mark.row(72)
def test_a_hold_that_is_lost_from_the_ledger_starts_nothing(scene):
    scene.begin()
    scene.left = {"one"}
    scene.shut_down()
    lost = {"pk": {"S": f"HOLD#{scene.id()}"}, "sk": {"S": "HOLD"}}
    scene.cloud.client("dynamodb").delete_item(TableName=scene.cloud.outputs["LedgerTableName"], Key=lost)
    scene.start_up()
    assert not scene.calls("StartInstances") and scene.state()["state"] == "stopped"


@pytest.mark.row(74)
@pytest.mark.long
def test_a_server_that_fails_its_checks_has_no_service_started(scene):
    scene.begin()
    scene.shut_down()
    scene.change("one", status_checks_take_s=1_200)
    told = scene.start_up()
    assert told.ending == "startup_incomplete" and "status checks" in told.mails[-1]["Unwrapped"]
    assert set(scene.state()["units"].values()) == {"inactive"}
    scene.change("one", status_checks_take_s=60)


@pytest.mark.row(75)
def test_an_old_answer_about_a_server_is_no_second_start(scene):
    scene.begin()
    scene.reads_are_stale = True
    scene.shut_down()
    scene.fault("ec2", "DescribeInstanceStatus", "stale", scene.id(), times=2, stale_s=HOUR_S)
    told = scene.start_up()
    assert [c for c in scene.calls("DescribeInstanceStatus") if c.get("stale_by_s", 0) > 1], "the fault fired"
    assert told.ending == "startup_complete" and len(scene.calls("StartInstances")) == 1


@pytest.mark.row(76)
def test_a_startup_that_dies_while_it_waits_is_continued_in_its_epoch(scene):
    scene.begin()
    scene.shut_down()
    scene.change("one", status_checks_take_s=180)
    scene.enable()
    scene.until_called("StartInstances")
    scene.kill("startup", 2)
    assert scene.ended("startup", 2, attempt=2).ending == "startup_complete"
    assert scene.state()["state"] == "running"
    scene.change("one", status_checks_take_s=60)


@pytest.mark.row(77)
def test_an_agent_that_takes_six_minutes_is_waited_for(scene):
    scene.begin()
    scene.shut_down()
    scene.change("one", agent_takes_s=360)
    told = scene.start_up()
    ran = [c["at_s"] for c in scene.calls("StateChange") if c["outcome"] == "running"][-1]
    started = [c["at_s"] for c in scene.calls("start") if "cause" not in c["request"]]
    assert told.ending == "startup_complete" and min(started) - ran >= 360


@pytest.mark.row(78)
@pytest.mark.long
def test_a_service_that_does_not_start_is_reported_and_tried_again(scene):
    scene.begin()
    scene.shut_down()
    scene.change("one", units={"postgresql.service": {"fails_start": True}})
    told = scene.start_up()
    assert told.ending == "startup_incomplete" and "postgresql.service is failed" in told.mails[-1]["Unwrapped"]
    scene.change("one", units={"postgresql.service": {"fails_start": False}})
    assert scene.ended("startup", 2, attempt=2).ending == "startup_complete"


@pytest.mark.row(78)
@pytest.mark.long
def test_a_service_is_not_started_after_one_before_it_that_failed(scene):
    scene.begin()
    scene.shut_down()
    scene.change("one", units={"postgresql.service": {"fails_start": True}})
    told = scene.start_up()
    assert scene.state()["units"] == {"postgresql.service": "failed", "pgbouncer.service": "inactive"}
    assert "postgresql.service is failed; pgbouncer.service is inactive" in told.mails[-1]["Unwrapped"]
    scene.change("one", units={"postgresql.service": {"fails_start": False}})
    assert scene.ended("startup", 2, attempt=2).ending == "startup_complete"


@pytest.mark.row(80)
@pytest.mark.long
def test_a_startup_that_succeeds_in_part_is_one_mail_with_both_lists(scene):
    scene.begin(good={}, bad={})
    scene.shut_down()
    scene.change("bad", failing_starts=1)
    told = scene.start_up()
    [mail] = told.mails_to(scene.admin())
    lines = {name: line_of(mail, scene.id(name)) for name in scene.servers}
    assert told.ending == "startup_incomplete"
    assert "PROBLEM" in lines["bad"] and "PROBLEM" not in lines["good"] and "running again" in lines["good"]


def line_of(mail: dict, id: str) -> str:
    return next(line for line in mail["Unwrapped"].splitlines() if id in line)


@pytest.mark.row(99)
def test_a_server_that_is_excluded_while_we_hold_it_is_never_stopped_again(scene):
    scene.begin(one={}, excluded={})
    scene.left = {"excluded"}
    scene.shut_down()
    tags = [{"Key": "lockstep:exclude", "Value": "true"}]
    scene.cloud.client("ec2").create_tags(Resources=[scene.id("excluded")], Tags=tags)
    scene.start_up()
    since_s = scene.cloud.at_s()
    assert scene.shut_down(epoch=3).ending == "shutdown_complete"
    assert not scene.calls("StopInstances", "excluded", since=since_s)
