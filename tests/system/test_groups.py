"""Auto Scaling groups: suspended before a member stops, resumed when all is back; nothing is replaced meanwhile."""

import pytest

from tests.system.group_plays import REPLACES

WHOLE = pytest.mark.play("groups")
REFUSED = pytest.mark.play("a_group_that_cannot_be_suspended")
LOST = pytest.mark.play("a_group_whose_answer_is_lost")
STAYS_DOWN = pytest.mark.play("a_member_that_does_not_come_back")
STOPPED = pytest.mark.play("a_member_that_somebody_stops")
MEMBERS = ("one", "two", "half", "paused")


def first(play, story, operation: str, *names: str) -> float:
    return min(call["at_s"] for call in play.calls(story, operation, *names))


def replaced(play) -> list:
    return [call for story in (play.down, play.up) for call in play.calls(story, "Terminate")]


@WHOLE
def test_members_stop_and_come_back_and_none_is_replaced(play):
    assert [play.states_down[name]["state"] for name in MEMBERS] == ["stopped"] * 4
    assert [play.states_up[name]["state"] for name in MEMBERS] == ["running"] * 4
    assert play.up.record["ending"] == "startup_complete"
    assert not replaced(play)
    assert set(play.states_up["shop"]["members"]) == {play.servers[name].id for name in ("one", "two")}


@WHOLE
def test_a_group_is_seen_suspended_before_anything_under_it_stops(play):
    suspended = first(play, play.down, "SuspendProcesses", "shop")
    looks = [c["at_s"] for c in play.calls(play.down, "DescribeAutoScalingGroups", "shop") if c["at_s"] > suspended]
    assert looks and looks[0] < first(play, play.down, "SendCommand", "one", "two")
    assert set(REPLACES) <= set(play.states_down["shop"]["suspended"])


@WHOLE
def test_a_group_is_resumed_when_its_members_and_their_services_are_up(play):
    resumed = first(play, play.up, "ResumeProcesses", "shop")
    ids = {play.servers[name].id for name in ("one", "two")}
    units = [c for c in play.up.calls if c["service"] == "systemd" and c["operation"] == "start"]
    active = [c["at_s"] for c in units if c["outcome"] == "active" and c["resources"][0].split("/")[0] in ids]
    assert len(active) == 4 and resumed > max(active)
    assert resumed > max(c["at_s"] for c in play.calls(play.up, "SendCommand", "one", "two"))
    assert play.states_up["shop"]["suspended"] == [] and play.states_up["shop"]["state"] == "whole"


@WHOLE
def test_a_group_comes_back_as_it_was(play):
    assert set(play.states_up["half-suspended"]["suspended"]) == {"Launch", "AlarmNotification"}
    assert set(play.states_up["suspended"]["suspended"]) == set(REPLACES)
    for story in (play.down, play.up):
        assert not play.calls(story, "SuspendProcesses", "suspended")
        assert not play.calls(story, "ResumeProcesses", "suspended")


@WHOLE
@pytest.mark.parametrize(
    ("member", "group", "why"),
    [
        ("bare", "without-a-tag", "no lockstep:app tag"),
        ("excluded", "excluded-group", "excluded by its lockstep:exclude"),
    ],
)
def test_a_member_of_a_group_that_is_not_ours_is_left_and_named_in_the_warning(play, member, group, why):
    for mail in (play.down.mails[0]["Unwrapped"], play.down.mails[-1]["Unwrapped"]):
        [line] = {line for line in mail.splitlines() if play.servers[member].id in line}
        assert "PROBLEM" in line and play.resources[group].name in line and why in line
    assert play.states_down[member]["state"] == "running"
    assert not play.calls(play.down, "SuspendProcesses", group)
    assert not play.calls(play.down, "SendCommand", member)


@WHOLE
def test_a_mail_tells_of_groups(play):
    name = play.resources["shop"].name
    warning = [line for line in play.down.mails[0]["Unwrapped"].splitlines() if f" {name}:" in line]
    told = "will be suspended, so that it leaves alone what is stopped"
    assert warning == [f"  Auto Scaling group {name}: {told}"]
    assert play.report(play.down, "shop").endswith(": suspended, so that it leaves alone what is stopped")
    assert play.report(play.up, "shop").endswith(": at work again")
    assert f" {play.resources['suspended'].name}:" not in play.down.mails[-1]["Unwrapped"]


@REFUSED
def test_nothing_under_a_group_that_cannot_be_suspended_is_touched(play):
    assert play.fired
    assert play.down.record["ending"] == "shutdown_incomplete"
    assert (play.states_down["member"]["state"], play.states_down["alone"]["state"]) == ("running", "stopped")
    assert not play.calls(play.down, "SendCommand", "member") and not play.calls(play.down, "StopInstances", "member")
    assert "SuspendProcesses was refused" in play.report(play.down, "shop")
    assert "could not be suspended" in play.report(play.down, "member")
    assert not replaced(play)


@LOST
def test_a_group_is_resumed_although_nobody_heard_that_it_was_suspended(play):
    assert play.fired > 10
    assert play.states_down["member"]["state"] == "running"
    assert set(REPLACES) <= set(play.states_down["shop"]["suspended"])
    assert play.states_up["shop"]["suspended"] == []
    assert not replaced(play)


@STAYS_DOWN
def test_a_group_stays_suspended_while_a_member_is_not_back(play):
    assert play.fired
    assert play.up.record["ending"] == "startup_incomplete" and play.up.record["worth_another_try"] is True
    assert f"still suspended: {play.servers['member'].id} is not back" in play.report(play.up, "shop")
    assert set(REPLACES) <= set(play.states_up["shop"]["suspended"])
    assert play.states_up["other"]["state"] == "running"
    assert not replaced(play)


@STOPPED
def test_a_group_stays_suspended_while_it_would_replace_what_somebody_has_stopped(play):
    assert f"its member {play.servers['theirs'].id} does not run" in play.report(play.up, "shop")
    assert play.states_up["theirs"]["state"] == "stopped"
    assert set(REPLACES) <= set(play.states_up["shop"]["suspended"])
    assert not replaced(play)
