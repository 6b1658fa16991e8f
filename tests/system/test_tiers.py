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


@THREE
def test_services_stop_from_the_highest_tier_and_each_tier_waits_for_the_one_before(play):
    assert play.down.ending == "shutdown_complete"
    at_s = when(play, play.down, "stop")
    assert at_s["reader"] < at_s["follower"] < at_s["leader"]
    commands = [c for c in play.down.calls if c["operation"] == "SendCommand"]
    of_leader = next(c for c in commands if play.servers["leader"].id in c["resources"])
    assert of_leader["at_s"] >= at_s["follower"], "the leader was asked before the follower was down"


@THREE
def test_services_start_from_the_lowest_tier_and_each_tier_waits_for_the_one_before(play):
    assert play.up.ending == "startup_complete"
    at_s = when(play, play.up, "start")
    assert at_s["leader"] < at_s["follower"] < at_s["reader"]
    commands = [c for c in play.up.calls if c["operation"] == "SendCommand"]
    of_reader = next(c for c in commands if play.servers["reader"].id in c["resources"])
    assert of_reader["at_s"] >= at_s["follower"], "the reader was asked before the follower was up"
