"""What RDS does of its own accord to a database that is kept down."""

import pytest

from tests.rows.scene import HOUR_S
from tests.world import resources

TAKEN_DOWN = "inaccessible-encryption-credentials-recoverable"


@pytest.mark.world("quick")
@pytest.mark.long
def test_a_database_that_rds_has_taken_down_is_told_of_and_started_when_its_key_is_on(scene):
    """RDS tells when it starts what is stopped; the sweep looks an hour later."""
    scene.begin()
    scene.add_database("orders", restarts_after_s=1_800)
    orders = scene.resources["orders"]
    # A second attempt finds the database stopped, and learns when RDS will start it.
    refused = scene.fault("ec2", "StopInstances", "error", scene.id(), code="IncorrectInstanceState")
    assert scene.shut_down().ending == "shutdown_incomplete" and refused.fired
    assert scene.ended("shutdown", 1, attempt=2).ending == "shutdown_complete"
    is_taken_down = lambda: resources.look_at(scene.cloud, orders)["state"] == TAKEN_DOWN  # noqa: E731
    scene.cloud.until("RDS takes the database down", is_taken_down, 2 * HOUR_S)
    again = scene.ended("shutdown", 1, attempt=3)
    [line] = [line for line in again.mails[-1]["Unwrapped"].splitlines() if f"database {orders.name}:" in line]
    assert "RDS has lost access to its storage" in line and "within 7 days" in line
    since = scene.cloud.at_s()
    assert scene.start_up().ending == "startup_complete"
    [start] = [call for call in scene.calls("StartDBInstance", since=since) if call["outcome"] == "ok"]
    assert start["request"]["DBInstanceIdentifier"] == orders.name


@pytest.mark.world("quick")
def test_a_database_whose_start_falls_back_is_started_again(scene):
    scene.begin()
    scene.add_database("orders", failing_starts=2)
    scene.shut_down()
    assert scene.start_up().ending == "startup_incomplete"
    assert "went back to stopped" in scene.mails()[-1]["Unwrapped"]
    scene.ended("startup", 2, attempt=2)
    assert scene.ended("startup", 2, attempt=3).ending == "startup_complete"


@pytest.mark.world("quick")
def test_a_key_that_comes_back_while_a_database_stops_starts_it_again(scene):
    scene.begin()
    scene.add_database("orders", stop_takes_s=600)
    scene.disable()
    scene.until_called("StopDBInstance")
    scene.enable()
    assert scene.ended("shutdown", 1).ending == "shutdown_superseded"
    # The shutdown looks at what it has asked to stop until it is down, and the startup waits for it.
    assert scene.ended("startup", 2).ending == "startup_complete"


@pytest.mark.world("quick")
def test_a_database_that_was_seen_up_while_its_key_was_paused_is_its_owners_to_stop(scene):
    """The look that sees it up may not let go of it any more, but what it saw is kept."""
    scene.begin()
    scene.add_database("orders", start_takes_s=300)
    orders = scene.resources["orders"]
    scene.shut_down()
    scene.enable()
    scene.until_called("StartDBInstance")
    scene.ask("pause_key")
    assert scene.ended("startup", 2).ending == "startup_superseded"
    scene.cloud.client("rds").stop_db_instance(DBInstanceIdentifier=orders.name)
    resources.until_state(scene.cloud, "stopped", orders)
    scene.left, since = {"orders"}, scene.cloud.at_s()
    scene.ask("resume_key")
    told = scene.ended("startup", 3)
    assert "somebody else has stopped it" in told.mails[-1]["Unwrapped"]
    assert not scene.calls("StartDBInstance", since=since)
