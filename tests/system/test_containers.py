"""ECS services: down to no task and back to the count they had, with nothing that scales them meanwhile."""

from collections.abc import Iterable

import pytest

from tests.system.container_plays import line

WHOLE = pytest.mark.play("services")
IN_THE_WAY = pytest.mark.play("services_that_are_in_the_way")
CHANGE = pytest.mark.play("services_that_change_while_they_are_down")
STAYS_DOWN = pytest.mark.play("a_service_that_does_not_come_up")

# By count.
MANAGED = {"web": 2, "plain": 1, "late": 1, "half-suspended": 1, "declared": 1}
SCALED = ("web", "half-suspended")
LEFT = ("agent", "excluded", "unmanaged", "at-nothing", "other-key")
SCALING = "scaling of ECS service"
ACTIVITIES = {"DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"}


def ours(play, story, operation: str, *names: str) -> list[dict]:
    return [call for call in play.calls(story, operation, *names) if call["actor"] == "lockstep"]


def times(calls: Iterable[dict]) -> list[float]:
    return [call["at_s"] for call in calls]


def tasks(play, story, outcome: str, *names: str) -> list[float]:
    """When tasks stopped or began to run."""
    return times(call for call in play.calls(story, "TaskStateChange", *names) if call["outcome"] == outcome)


def counts(play, story, name: str) -> list[int]:
    """What we asked for."""
    return [call["request"]["desiredCount"] for call in ours(play, story, "UpdateService", name)]


@WHOLE
def test_services_stop_and_come_back_with_the_count_they_had(play):
    assert play.down.record["ending"] == "shutdown_complete"
    seen = play.states_down
    assert {name: (seen[name]["desired"], seen[name]["running"]) for name in MANAGED} == dict.fromkeys(MANAGED, (0, 0))
    assert play.up.record["ending"] == "startup_complete"
    assert {name: play.states_up[name]["desired"] for name in MANAGED} == MANAGED
    assert {name: play.states_up[name]["running"] for name in MANAGED} == MANAGED


@WHOLE
def test_each_service_is_asked_once_to_stop_and_once_to_start(play):
    assert {name: counts(play, play.down, name) for name in MANAGED} == {name: [0] for name in MANAGED}
    assert {name: counts(play, play.up, name) for name in MANAGED} == {name: [MANAGED[name]] for name in MANAGED}


@WHOLE
def test_services_stop_in_their_tier_and_servers_when_no_task_is_left(play):
    late = max(tasks(play, play.down, "STOPPED", "late"))
    first_of_the_lower = times(ours(play, play.down, "UpdateService", "web", "plain", "declared"))
    assert min(first_of_the_lower + times(ours(play, play.down, "SendCommand"))) >= late
    assert min(times(ours(play, play.down, "StopInstances"))) >= max(tasks(play, play.down, "STOPPED", *MANAGED))


@WHOLE
def test_services_start_after_the_servers_from_the_lowest_tier_to_the_highest(play):
    first = {name: min(times(ours(play, play.up, "UpdateService", name))) for name in MANAGED}
    runs = [call["at_s"] for call in play.calls(play.up, "StateChange", "one", "two") if call["outcome"] == "running"]
    assert min(first.values()) >= max(runs)
    lower = [name for name in MANAGED if name != "late"]
    assert first["late"] >= max(min(tasks(play, play.up, "RUNNING", name)) for name in lower)


@WHOLE
def test_scaling_is_seen_suspended_before_anything_stops(play):
    suspended = max(times(ours(play, play.down, "RegisterScalableTarget")))
    looks = [at_s for at_s in times(ours(play, play.down, "DescribeScalableTargets", *SCALED)) if at_s > suspended]
    stops = [ours(play, play.down, verb) for verb in ("UpdateService", "SendCommand", "StopInstances")]
    assert looks and min(looks) < min(at_s for calls in stops for at_s in times(calls))
    for name in SCALED:
        assert set(play.states_down[name]["suspended"]) == ACTIVITIES
        [call] = ours(play, play.down, "RegisterScalableTarget", name)
        assert call["request"]["SuspendedState"] == dict.fromkeys(ACTIVITIES, True)


@WHOLE
def test_scaling_is_at_work_again_last_of_all_and_as_it_was(play):
    last = max(tasks(play, play.up, "RUNNING", *MANAGED))
    for name in SCALED:
        assert min(times(ours(play, play.up, "RegisterScalableTarget", name))) > last
    assert play.states_up["web"]["suspended"] == []
    assert play.states_up["half-suspended"]["suspended"] == ["ScheduledScalingSuspended"]


@WHOLE
def test_the_limits_of_scaling_are_never_touched(play):
    for story in (play.down, play.up):
        for call in ours(play, story, "RegisterScalableTarget"):
            assert not {"MinCapacity", "MaxCapacity", "RoleARN"} & call["request"].keys()
    assert {tuple(states[name]["limits"]) for states in (play.states_down, play.states_up) for name in SCALED} == {
        (1, 4)
    }


@WHOLE
@pytest.mark.parametrize("name", LEFT)
def test_what_is_not_ours_to_stop_is_not_called(play, name):
    for story in (play.down, play.up):
        assert not ours(play, story, "UpdateService", name)
        assert not ours(play, story, "RegisterScalableTarget", name)
    assert play.states_down[name]["suspended"] == play.states_up[name]["suspended"] == []


@WHOLE
def test_what_is_not_ours_is_as_its_owner_left_it(play):
    assert [states["at-nothing"]["desired"] for states in (play.states_down, play.states_up)] == [0, 0]
    assert [states["other-key"]["running"] for states in (play.states_down, play.states_up)] == [1, 1]
    assert {play.states_down[name]["desired"] for name in ("excluded", "unmanaged")} == {1}
    assert play.states_down["elsewhere"]["state"] == "running"


@WHOLE
def test_a_mail_says_why_a_service_was_left(play):
    mail = play.down.mails[-1]
    assert "a daemon, stops and starts with its servers" in line(play, mail, "agent")
    assert "excluded by its lockstep:exclude tag" in line(play, mail, "excluded")
    assert "uses this key, not managed" in line(play, mail, "unmanaged")
    assert "was already stopped" in line(play, mail, "at-nothing")
    assert play.resources["other-key"].name not in mail["Unwrapped"]
    assert not [name for name in LEFT if line(play, mail, name, SCALING)]


@WHOLE
def test_a_mail_tells_of_services_and_of_their_scaling(play):
    warning, down, up = play.down.mails[0], play.down.mails[-1], play.up.mails[-1]
    assert {line(play, warning, name) for name in MANAGED} == {"will be stopped"}
    assert {line(play, down, name) for name in MANAGED} == {"stopped"}
    assert {line(play, up, name) for name in MANAGED} == {"running again"}
    for name in SCALED:
        assert line(play, warning, name, SCALING).startswith("will be suspended, so that it ")
        assert line(play, down, name, SCALING).startswith("suspended, so that it ")
        assert line(play, up, name, SCALING) == "at work again"
    assert not line(play, down, "plain", SCALING)


@WHOLE
def test_the_grace_is_waited_out_for_services_and_their_scaling_too(play):
    acts = ours(play, play.down, "UpdateService") + ours(play, play.down, "RegisterScalableTarget")
    assert min(times(acts)) >= play.down.grace_ends_at_s


@IN_THE_WAY
def test_each_of_the_faults_of_services_struck(play):
    names = {play.resources[name].name for name in ("refused", "throttled", "lost", "unsuspended")}
    fired = {fault["match"]: fault["fired"] for fault in play.cloud.ask("GET", "faults") if fault["match"] in names}
    assert fired.keys() == names and all(fired.values())


@IN_THE_WAY
def test_one_service_that_is_refused_keeps_no_other(play):
    assert play.down.record["ending"] == "shutdown_incomplete"
    assert "UpdateService was refused" in line(play, play.down.mails[-1], "refused")
    assert play.states_down["refused"]["desired"] == 2
    assert {play.states_down[name]["running"] for name in ("throttled", "lost", "fine")} == {0}
    assert play.states_down["one"]["state"] == "stopped"
    assert {play.states_up[name]["desired"] for name in ("throttled", "fine")} == {1}


@IN_THE_WAY
def test_the_scaling_of_a_service_that_kept_its_count_is_at_work_again_in_the_end(play):
    assert play.states_up["refused"]["suspended"] == []
    assert play.states_up["refused"]["desired"] == 2


@IN_THE_WAY
def test_a_service_whose_stop_nobody_can_prove_is_not_started_on_a_guess(play):
    assert "start it by hand" in line(play, play.up.mails[-1], "lost")
    assert not counts(play, play.up, "lost")
    # Not by its scaling either, which lifts what it finds below its limits as soon as it is registered anew.
    assert play.states_up["lost"]["desired"] == 0


@IN_THE_WAY
def test_a_service_whose_scaling_cannot_be_suspended_is_left_running(play):
    mail = play.down.mails[-1]
    assert "RegisterScalableTarget was refused" in line(play, mail, "unsuspended", SCALING)
    assert "could not be suspended" in line(play, mail, "unsuspended")
    assert not counts(play, play.down, "unsuspended") and not counts(play, play.up, "unsuspended")
    for states in (play.states_down, play.states_up):
        assert (states["unsuspended"]["running"], states["unsuspended"]["suspended"]) == (2, [])


@IN_THE_WAY
def test_a_service_that_takes_no_count_is_named_in_the_warning_and_not_tried(play):
    for mail in (play.down.mails[0], play.down.mails[-1]):
        assert line(play, mail, "external").startswith("PROBLEM: ")
    assert not counts(play, play.down, "external") and not counts(play, play.up, "external")


@CHANGE
def test_a_service_whose_first_tasks_fail_is_waited_for(play):
    assert len(tasks(play, play.up, "STOPPED", "flaky")) == 3, "its tasks were to fail"
    assert counts(play, play.up, "flaky") == [2]
    assert line(play, play.up.mails[-1], "flaky") == "running again"
    assert (play.states_up["flaky"]["running"], play.states_up["flaky"]["suspended"]) == (2, [])


@CHANGE
def test_a_count_that_its_owner_set_while_it_was_down_stays(play):
    assert play.states_down["raised"]["desired"] == 0
    assert not counts(play, play.up, "raised")
    assert (play.states_up["raised"]["desired"], play.states_up["raised"]["running"]) == (3, 3)
    assert play.states_up["raised"]["suspended"] == []
    assert play.up.record["ending"] == "startup_complete"


@STAYS_DOWN
def test_a_service_that_does_not_come_up_is_named_and_its_scaling_stays_suspended(play):
    assert tasks(play, play.up, "STOPPED", "broken"), "its tasks were to fail"
    assert play.up.record["ending"] == "startup_incomplete" and play.up.record["worth_another_try"] is True
    assert line(play, play.up.mails[-1], "broken").startswith("PROBLEM: ")
    assert "still suspended" in line(play, play.up.mails[-1], "broken", SCALING)
    assert set(play.states_up["broken"]["suspended"]) == ACTIVITIES
    assert line(play, play.up.mails[-1], "fine") == "running again"
