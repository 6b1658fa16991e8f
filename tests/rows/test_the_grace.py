"""Rows of the grace and of the look that ends it: nothing stops too early, and unknown is not disabled."""

from datetime import UTC

import pytest

from tests.world import fleet, rules

WITHIN_THE_GRACE_S = 300


@pytest.mark.row(18)
def test_a_key_that_is_enabled_within_the_grace_cancels(scene):
    scene.begin()
    scene.disable()
    scene.until_warned()
    scene.cloud.sleep(WITHIN_THE_GRACE_S)
    assert scene.start_up().ending == "nothing_to_do"
    assert scene.ended("shutdown", 1).ending == "shutdown_cancelled"
    assert not scene.acts()
    subjects = [mail["Subject"] for mail in scene.mails()]
    assert len(subjects) == 2 and "ahead" in subjects[0] and "cancelled" in subjects[1]


@pytest.mark.row(19)
def test_a_key_that_goes_off_again_has_a_whole_new_grace(scene):
    scene.begin()
    scene.disable()
    scene.until_warned()
    first = scene.run("shutdown", 1)
    scene.cloud.sleep(WITHIN_THE_GRACE_S)
    scene.start_up()
    off_s = scene.disable()
    told = scene.ended("shutdown", 3)
    assert told.ending == "shutdown_complete"
    assert told.record["grace_ends_at"] > first["grace_ends_at"]
    assert scene.acts() and scene.acts()[0]["at_s"] >= off_s + rules.GRACE_S


@pytest.mark.row(20)
@pytest.mark.long
def test_a_key_that_flaps_is_a_bounded_number_of_mails_and_never_a_stop(scene):
    """Sixty changes within ten minutes; more would only keep this machine busy."""
    scene.begin()
    for _ in range(30):
        scene.disable()
        scene.cloud.sleep(8)
        scene.enable()
        scene.cloud.sleep(8)
    assert len(scene.runs()) <= 61
    scene.cloud.sleep(1200)
    assert not scene.acts()
    assert len(scene.mails()) <= 2 * 5, [mail["Subject"] for mail in scene.mails()]


@pytest.mark.row(21)
def test_a_run_that_is_killed_in_its_grace_keeps_its_deadline(scene):
    scene.begin()
    scene.disable()
    scene.until_warned()
    deadline = scene.run("shutdown", 1)["grace_ends_at"]
    scene.cloud.sleep(120)
    scene.kill("shutdown", 1)
    told = scene.ended("shutdown", 1, attempt=2)
    assert told.ending == "shutdown_complete" and told.record["grace_ends_at"] == deadline
    assert len(scene.mails()) == 2, "the warning is not repeated"


@pytest.mark.row(25)
def test_a_key_that_is_throttled_stops_nothing_until_it_was_seen_off(scene):
    assert_nothing_stops_before_the_key_is_seen_off(scene, "throttle", times=20)


@pytest.mark.row(26)
def test_a_key_that_may_not_be_described_stops_nothing(scene):
    assert_nothing_stops_before_the_key_is_seen_off(scene, "deny", times=5)


@pytest.mark.row(27)
def test_a_key_that_is_not_found_stops_nothing(scene):
    assert_nothing_stops_before_the_key_is_seen_off(scene, "error", times=5, code="NotFoundException")


def assert_nothing_stops_before_the_key_is_seen_off(scene, kind: str, **more) -> None:
    scene.begin()
    scene.disable()
    scene.until_warned()
    fault = scene.fault("kms", "DescribeKey", kind, **more)
    told = scene.ended("shutdown", 1)
    failed = [c["at_s"] for c in scene.calls("DescribeKey") if c["outcome"] != "ok"]
    assert fault.fired == more["times"] == len(failed)
    assert told.ending == "shutdown_complete"
    assert scene.acts()[0]["at_s"] > max(failed)


@pytest.mark.row(28)
def test_an_old_answer_about_the_key_is_repaired_by_the_next_look(scene):
    """For a minute after the key came on, KMS says that it is off: what is stopped in it is started again."""
    scene.begin(one={}, two={"app": "billing", "units": "mariadb.service"})
    scene.reads_are_stale = True
    scene.change_units("one", takes_s=20)
    scene.disable()
    scene.until_called("SendCommand")
    scene.fault("kms", "DescribeKey", "stale", times=1_000, stale_s=60)
    scene.enable()
    told = scene.ended("startup", 2)
    assert [c for c in scene.calls("DescribeKey") if c.get("stale_by_s", 0) > 1], "the fault fired"
    assert told.ending in ("startup_complete", "nothing_to_do")


@pytest.mark.row(29)
def test_a_key_that_waits_for_its_deletion_is_off(scene):
    scene.begin()
    scene.cloud.client("kms").schedule_key_deletion(KeyId=scene.key, PendingWindowInDays=7)
    told = scene.ended("shutdown", 1)
    assert told.ending == "shutdown_complete"


@pytest.mark.row(29)
def test_a_mail_names_the_day_on_which_the_key_will_be_deleted(scene):
    scene.begin()
    deleted = scene.cloud.client("kms").schedule_key_deletion(KeyId=scene.key, PendingWindowInDays=7)["DeletionDate"]
    told = scene.ended("shutdown", 1)
    subjects = [mail["Subject"] for mail in told.mails]
    assert len(subjects) == 2 and "ahead" in subjects[0] and "shut down" in subjects[1]
    for mail in told.mails:
        assert deleted.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") in mail["Unwrapped"]
        assert f"cancel-key-deletion --key-id {scene.key}" in mail["Unwrapped"]


@pytest.mark.row(29)
def test_a_warning_goes_out_without_the_day_if_the_key_cannot_be_looked_at(scene):
    """The first look finds the key off; that of the mail is among the next; a sweep that is denied does nothing."""
    scene.begin()
    fault = scene.fault("kms", "DescribeKey", "deny", nth=2, times=1_000, actor="lockstep")
    scene.cloud.client("kms").schedule_key_deletion(KeyId=scene.key, PendingWindowInDays=7)
    scene.until_warned()
    scene.until_fired(fault)
    scene.faults_off()
    assert "cancel-key-deletion" not in scene.mails()[0]["Unwrapped"]
    told = scene.ended("shutdown", 1)
    assert told.ending == "shutdown_complete"
    assert "cancel-key-deletion" in told.mails[-1]["Unwrapped"]


@pytest.mark.row(30)
@pytest.mark.parametrize("state", ["PendingImport", "Unavailable", "Updating"])
def test_a_state_that_is_neither_on_nor_off_changes_nothing(scene, state):
    scene.begin()
    scene.cloud.ask("POST", "keys", {"arn": scene.key, "state": state})
    answer = scene.hear()
    assert answer["decision"] == "nothing" and state in answer["reason"]
    scene.cloud.sleep(700)
    assert not scene.runs() and not scene.acts()
    scene.cloud.ask("POST", "keys", {"arn": scene.key, "state": "Enabled"})


@pytest.mark.row(35)
def test_a_server_that_is_terminated_before_its_stop_is_named_and_the_other_proceeds(scene):
    scene.begin(gone={}, stays={})
    scene.left = {"gone"}
    for name in scene.servers:
        scene.change_units(name, takes_s=60)
    scene.disable()
    scene.until_called("SendCommand", "gone")
    scene.cloud.client("ec2").terminate_instances(InstanceIds=[scene.id("gone")])
    told = scene.ended("shutdown", 1)
    assert told.ending == "shutdown_incomplete"
    assert scene.state("stays")["state"] == "stopped"
    assert "it was terminated" in told.mails[-1]["Unwrapped"]


@pytest.mark.row(37)
def test_a_server_that_somebody_stops_at_that_moment_is_not_ours_to_start(scene):
    scene.begin(one={}, theirs={"units": ""})
    scene.left = {"theirs"}
    scene.change("theirs", stop_takes_s=900)
    scene.disable()
    scene.until_warned()
    scene.cloud.client("ec2").stop_instances(InstanceIds=[scene.id("theirs")])
    scene.ended("shutdown", 1)
    scene.until_state("stopped", "theirs")
    scene.start_up()
    assert scene.state("theirs")["state"] == "stopped"
    assert not scene.calls("StartInstances", "theirs")


@pytest.mark.row(37)
@pytest.mark.long
def test_a_server_that_is_just_starting_is_stopped_once_it_runs(scene):
    other = fleet.make_key(scene.cloud)
    scene.begin(one={"units": "", "key": other, "tags": {"lockstep:key": scene.key}})
    scene.cloud.client("ec2").stop_instances(InstanceIds=[scene.id()])
    scene.until_state("stopped")
    scene.change("one", start_takes_s=1_500)
    scene.cloud.client("ec2").start_instances(InstanceIds=[scene.id()])
    off_s = scene.disable()
    scene.until_called("StopInstances", since=off_s)
    # The sweep learns nothing, so that the second attempt does not come while the server is still starting.
    scene.fault("kms", "DescribeKey", "deny", times=1_000)
    assert scene.ended("shutdown", 1).ending == "shutdown_incomplete"
    scene.change("one", start_takes_s=16)
    scene.until_state("running")
    scene.faults_off()
    assert scene.ended("shutdown", 1, attempt=2).ending == "shutdown_complete"
    assert scene.state()["state"] == "stopped"
