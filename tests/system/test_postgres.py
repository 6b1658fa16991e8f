"""A real PostgreSQL goes down and comes back with its server: its own log and its rows are the witnesses."""

import pytest

from tests.system.postgres import RECOVERY
from tests.world import rules

ALONE = pytest.mark.play("a_database_with_a_client")
PAIR = pytest.mark.play("a_leader_and_its_follower")
STARTS, READY, ASKED = "starting PostgreSQL", "ready to accept", "received fast shutdown request"
ENDED = "database system is shut down"
# What it finds at its next start, as leader and as follower.
ENDED_CLEANLY = ("database system was shut down at", "database system was shut down in recovery at")
MISSES_ITS_LEADER = ("could not connect to the primary", "could not receive data", "replication terminated by primary")


def stopped_at_s(play, name: str) -> float:
    return rules.first(play.down.calls, "ec2", "StopInstances", play.servers[name].id)["at_s"]


@ALONE
def test_a_database_that_is_written_to_goes_down_cleanly_before_its_server_stops(play):
    assert play.down.ending == "shutdown_complete"
    assert not rules.broken_by_shutdown(play.down, play.servers.values(), [])
    [asked], [checkpoint], [ended] = (play.told("one", text) for text in (ASKED, "checkpoint complete", ENDED))
    assert asked < checkpoint <= ended, "it was given the time to end"
    last = max(at_s for at_s in play.committed.values() if at_s < ended)
    assert play.down.grace_ends_at_s - 60 < last, "it was written to until the end"
    assert ended < stopped_at_s(play, "one")


@ALONE
def test_after_startup_every_committed_row_is_there_and_nothing_needed_recovery(play):
    assert play.up.ending == "startup_complete"
    assert not rules.broken_by_startup(play.up, play.servers.values(), [])
    assert min(play.committed.values()) < play.down.changed_at_s
    assert max(play.committed.values()) > play.told("one", READY)[-1]
    assert play.committed.keys() <= play.rows["one"]
    assert len(play.told("one", *ENDED_CLEANLY)) == 1
    assert not play.told("one", *RECOVERY)


@PAIR
def test_a_follower_stops_before_its_leader_and_both_before_their_servers(play):
    assert play.down.ending == "shutdown_complete"
    assert not rules.broken_by_shutdown(play.down, play.servers.values(), [])
    [follower_ended], [leader_asked], [leader_ended] = (
        play.told("follower", ENDED), play.told("leader", ASKED), play.told("leader", ENDED),
    )  # fmt: skip
    assert follower_ended < leader_asked < leader_ended < min(stopped_at_s(play, name) for name in play.servers)


@PAIR
def test_a_follower_starts_after_its_leader(play):
    assert play.up.ending == "startup_complete"
    assert not rules.broken_by_startup(play.up, play.servers.values(), [])
    [leader_ready], [follower_starts] = play.told("leader", READY), play.told("follower", STARTS)
    assert leader_ready < follower_starts


@PAIR
def test_a_follower_that_is_up_always_has_its_leader(play):
    assert not play.told("follower", *MISSES_ITS_LEADER)


@PAIR
def test_after_startup_the_follower_follows_again_and_has_every_row(play):
    assert max(play.committed.values()) > play.told("follower", "started streaming")[-1]
    assert play.committed.keys() <= play.rows["follower"] == play.rows["leader"]
    for name in play.servers:
        assert len(play.told(name, *ENDED_CLEANLY)) == 1
        assert not play.told(name, *RECOVERY)


@pytest.mark.play("a_server_that_stops_under_its_database")
def test_a_database_whose_server_stops_under_it_has_to_recover(play):
    assert play.told("one", *RECOVERY)
    assert not play.told("one", ENDED, *ENDED_CLEANLY)
    assert min(play.committed.values()) < play.told("one", STARTS)[0] < max(play.committed.values())
