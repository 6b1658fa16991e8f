"""DB instances and Aurora clusters: stopped as services, started as services, and named if they cannot be."""

import pytest

from tests.world import rules

MANAGED = ("orders", "late", "ledger")
WHOLE = pytest.mark.play("databases_and_a_cluster")
CANNOT_STOP = pytest.mark.play("what_cannot_be_stopped")
IN_THE_WAY = pytest.mark.play("databases_that_are_in_the_way")
FAILS = pytest.mark.play("a_database_that_fails_to_start")


def change(play, story, name: str, state: str) -> float:
    """When a database was first seen by the world to be in a state."""
    return next(c["at_s"] for c in play.calls(story, "StateChange", name) if c["outcome"] == state)


@WHOLE
def test_databases_and_clusters_stop_and_start_again(play):
    assert play.down.record["ending"] == "shutdown_complete"
    assert [play.states_down[name]["state"] for name in MANAGED] == ["stopped"] * 3
    assert play.up.record["ending"] == "startup_complete"
    assert [play.states_up[name]["state"] for name in MANAGED] == ["available"] * 3


@WHOLE
def test_servers_stop_when_every_database_of_every_tier_is_down(play):
    stopped = max(change(play, play.down, name, "stopped") for name in MANAGED)
    assert play.calls(play.down, "StopInstances")[0]["at_s"] >= stopped
    [stop] = play.calls(play.down, "StopDBInstance", "orders")
    assert stop["at_s"] >= change(play, play.down, "late", "stopped")


@WHOLE
def test_databases_start_after_the_servers_from_the_lowest_tier_to_the_highest(play):
    [orders], [late] = (play.calls(play.up, "StartDBInstance", name) for name in ("orders", "late"))
    assert play.calls(play.up, "StartInstances")[0]["at_s"] <= orders["at_s"]
    assert late["at_s"] >= change(play, play.up, "orders", "available")


@WHOLE
def test_only_the_databases_that_we_stopped_are_started(play):
    assert all(play.calls(play.up, "StartDB", name) for name in MANAGED)
    assert not play.calls(play.up, "StartDB", *(play.resources.keys() - set(MANAGED)))
    assert play.states_up["stopped-before"]["state"] == "stopped"


@WHOLE
def test_what_is_not_ours_is_left_and_named(play):
    for states in (play.states_down, play.states_up):
        assert {states[name]["state"] for name in ("other-key", "unmanaged", "excluded")} == {"available"}
    mail = play.down.mails[-1]["Unwrapped"]
    assert play.resources["other-key"].name not in mail
    assert f"database {play.resources['unmanaged'].name}: uses this key, not managed" in mail
    assert "excluded by its lockstep:exclude tag" in play.report(play.down, "excluded")
    assert "was already stopped" in play.report(play.down, "stopped-before")


@WHOLE
def test_a_mail_says_which_is_a_database_and_which_a_cluster(play):
    assert play.report(play.down, "orders") == f"  database {play.resources['orders'].name}: stopped"
    assert play.report(play.down, "ledger") == f"  database cluster {play.resources['ledger'].name}: stopped"
    assert play.report(play.up, "ledger").endswith(": running again")
    assert f"{play.resources['ledger'].name}-0" not in play.down.mails[-1]["Unwrapped"], "members are their cluster"


@WHOLE
def test_the_grace_is_waited_out_for_databases_too(play):
    assert min(c["at_s"] for c in play.calls(play.down, "StopDB")) >= play.down.grace_ends_at_s
    assert not rules.broken_by_shutdown(play.down, [play.servers["server"]], [])


WHY = {
    "source": "has read replicas",
    "replica": "is a read replica",
    "custom": "RDS Custom",
    "mirrored": "SQL Server in several zones",
    "documents": "Amazon DocumentDB",
    "graph": "Amazon Neptune",
    "serverless": "Aurora Serverless v1",
    "two-zones": "Multi-AZ DB cluster",
    "world": "Aurora global database",
}


@CANNOT_STOP
@pytest.mark.parametrize("name", WHY)
def test_what_cannot_be_stopped_is_named_in_the_warning_and_not_tried(play, name):
    warning, report = play.down.mails[0]["Unwrapped"], play.down.mails[-1]["Unwrapped"]
    for mail in (warning, report):
        [line] = [line for line in mail.splitlines() if f" {play.resources[name].name}:" in line]
        assert "PROBLEM" in line and WHY[name] in line
    assert play.states_down[name]["state"] == "available"


@CANNOT_STOP
def test_a_follower_on_another_key_is_named_in_the_warning_and_left(play):
    for mail in (play.down.mails[0]["Unwrapped"], play.down.mails[-1]["Unwrapped"]):
        [line] = [line for line in mail.splitlines() if f" {play.resources['follower'].name}:" in line]
        assert "follows a database that uses this key, uses another key itself, not touched" in line
    assert play.states_down["follower"]["state"] == "available"


@CANNOT_STOP
def test_what_cannot_be_stopped_keeps_nothing_else(play):
    assert not play.calls(play.down, "StopDB")
    assert play.down.record["ending"] == "shutdown_incomplete"
    assert play.states_down["server"]["state"] == "stopped"


@IN_THE_WAY
def test_each_of_the_faults_struck(play):
    names = {play.resources[name].name for name in ("refused", "throttled", "lost")}
    fired = {fault["match"]: fault["fired"] for fault in play.cloud.ask("GET", "faults") if fault["match"] in names}
    assert fired.keys() == names and all(fired.values())


@IN_THE_WAY
def test_one_database_that_is_refused_keeps_no_other(play):
    assert play.down.record["ending"] == "shutdown_incomplete"
    assert "StopDBInstance was refused" in play.report(play.down, "refused")
    assert play.states_down["refused"]["state"] == "available"
    assert {play.states_down[name]["state"] for name in ("throttled", "lost", "fine")} == {"stopped"}


@IN_THE_WAY
def test_a_database_whose_stop_nobody_can_prove_is_not_started_on_a_guess(play):
    assert "start it by hand" in play.report(play.up, "lost")
    assert play.states_up["lost"]["state"] == "stopped"
    assert {play.states_up[name]["state"] for name in ("throttled", "fine", "refused")} == {"available"}


@FAILS
def test_a_start_that_falls_back_is_a_failed_start(play):
    assert play.up.record["ending"] == "startup_incomplete"
    assert "went back to stopped" in play.report(play.up, "orders")
    assert play.states_up["orders"]["state"] == "stopped"
    assert play.up.record["worth_another_try"] is True
