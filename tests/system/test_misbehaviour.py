"""A world that does not do as it is told: each ends in a line of the report, and touches nobody else."""

import itertools

import pytest

from tests.world import rules


@pytest.mark.play("terminated_between_plan_and_stop")
def test_a_server_terminated_between_plan_and_stop_is_reported_and_the_others_proceed(play):
    refused = [c for c in play.down.calls if c["operation"] == "StopInstances" and c["outcome"] != "ok"]
    assert [c for c in refused if play.servers["gone"].id in c["resources"]], "the fault fired"
    assert play.down.ending == "shutdown_incomplete"
    assert play.states_down["stays"]["state"] == "stopped"
    assert "stopped" in play.report(play.down, "stays")
    assert "it was terminated" in play.report(play.down, "gone")


@pytest.mark.play("one_bad_server_among_sixteen")
def test_one_bad_server_is_found_by_halving_and_the_others_proceed(play):
    calls = play.calls(play.down, "StopInstances")
    named = [len(c["resources"]) for c in calls]
    refused = [n for n, c in zip(named, calls, strict=True) if c["outcome"] != "ok"]
    assert play.fired == 5 and sorted(refused) == [1, 2, 4, 8, 16], "the fault fired at every part that has the bad one"
    assert sorted(named) == [1, 1, 2, 2, 4, 4, 8, 8, 16]
    assert play.down.ending == "shutdown_incomplete"
    states = {name: state["state"] for name, state in play.states_down.items()}
    assert states.pop("s05") == "running" and set(states.values()) == {"stopped"}
    assert "StopInstances was refused" in play.report(play.down, "s05")


@pytest.mark.play("a_slow_and_a_stuck_service")
def test_servers_stay_up_while_a_service_is_still_running(play):
    slow = play.servers["slow"]
    stop = rules.first(play.down.calls, "ec2", "StopInstances", slow.id)
    down = [
        c for c in play.down.calls if c["service"] == "systemd" and c["resources"] == [f"{slow.id}/postgresql.service"]
    ]
    assert down[0]["at_s"] - play.down.grace_ends_at_s >= 100, "the unit was slow"
    assert stop["at_s"] > down[0]["at_s"]


@pytest.mark.play("a_slow_and_a_stuck_service")
def test_a_service_that_will_not_stop_is_named_and_its_server_is_stopped_all_the_same(play):
    assert play.down.ending == "shutdown_incomplete"
    assert play.states_down["stuck"]["state"] == "stopped"
    assert "postgresql.service is active" in play.report(play.down, "stuck")
    assert "postgresql.service is active" not in play.report(play.down, "slow")


@pytest.mark.play("an_agent_that_is_offline")
def test_an_agent_that_is_offline_is_not_sent_a_command_and_is_named(play):
    sent = [c for c in play.down.calls if c["operation"] == "SendCommand"]
    assert play.servers["deaf"].id not in {id for c in sent for id in c["resources"]}
    assert "offline" in play.report(play.down, "deaf")
    assert "offline" not in play.report(play.down, "hears")
    assert play.down.ending == "shutdown_incomplete"


@pytest.mark.play("a_tag_with_a_shell_command")
def test_a_server_whose_tag_cannot_be_read_is_left_alone_and_named(play):
    assert not rules.acts(play.down, [play.servers["hostile"], play.servers["endless"]])
    for name in ("hostile", "endless"):
        assert play.states_down[name]["state"] == "running"
        assert "bad_unit_name" in play.report(play.down, name)
        assert len(play.report(play.down, name)) < 600
    assert play.states_down["good"]["state"] == "stopped"
    assert play.down.ending == "shutdown_incomplete"


@pytest.mark.play("a_stop_whose_answer_is_lost")
def test_a_server_that_may_be_down_because_of_us_is_reported_and_never_guessed_into_a_start(play):
    assert play.fired == 1
    assert play.states_down["one"]["state"] == "stopped"
    assert not [
        c for c in play.up.calls if c["operation"] == "StartInstances" and play.servers["one"].id in c["resources"]
    ]
    assert play.up.ending == "startup_incomplete"
    assert "was lost" in play.report(play.up, "one")


@pytest.mark.play("a_stop_that_is_throttled")
def test_a_throttled_stop_is_made_again_after_a_fresh_look_at_the_key(play):
    assert play.fired == 4
    assert play.down.ending == "shutdown_complete"
    tries = [c["at_s"] for c in play.down.calls if c["operation"] == "StopInstances"
             and play.servers["one"].id in c["resources"]]  # fmt: skip
    looks = [c["at_s"] for c in play.down.calls if c["operation"] == "DescribeKey" and rules.about(c, play.fleet.key)]
    assert len(tries) == 5
    for before, at in itertools.pairwise(tries):
        assert [look for look in looks if before < look <= at]


@pytest.mark.play("a_key_that_cannot_be_described")
def test_a_key_that_cannot_be_described_stops_nothing_until_it_is_seen_off(play):
    assert play.fired == 5
    denied = [c["at_s"] for c in play.down.calls if c["operation"] == "DescribeKey" and c["outcome"] != "ok"]
    assert len(denied) >= 5
    assert min(c["at_s"] for c in rules.acts(play.down, list(play.servers.values()))) > max(denied)
    assert play.down.ending == "shutdown_complete"
