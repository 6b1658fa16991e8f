"""Tiers order the services of a key, up and down."""

import pytest

THREE = pytest.mark.play("three_tiers")


def when(play, told, verb: str) -> dict[str, float]:
    """When each server's unit was seen in its new state, by the server's name."""
    acts = [
        c for c in told.calls if c["service"] == "systemd" and c["operation"] == verb and "cause" not in c["request"]
    ]
    return {
        name: next(c["at_s"] for c in acts if server.id in c["resources"][0]) for name, server in play.servers.items()
    }


def assert_each_waits_for_the_one_before(play, told, verb: str, first: str, second: str, third: str) -> None:
    at_s = when(play, told, verb)
    assert at_s[first] < at_s[second] < at_s[third]
    commands = [c for c in told.calls if c["operation"] == "SendCommand"]
    of_third = next(c for c in commands if play.servers[third].id in c["resources"])
    assert of_third["at_s"] >= at_s[second], f"the {third} was asked to {verb} before the {second} had settled"


@THREE
def test_services_stop_from_the_highest_tier_and_each_tier_waits_for_the_one_before(play):
    assert play.down.ending == "shutdown_complete"
    assert_each_waits_for_the_one_before(play, play.down, "stop", "reader", "follower", "leader")


@THREE
def test_services_start_from_the_lowest_tier_and_each_tier_waits_for_the_one_before(play):
    assert play.up.ending == "startup_complete"
    assert_each_waits_for_the_one_before(play, play.up, "start", "leader", "follower", "reader")
