"""A ledger that a version before has written is read by this one: the story goes on from its rows as from one's own."""

import json
import os

import pytest

from tests.rows.scene import HOUR_S, Scene
from tests.world import fleet, ledger, ledger_fixtures


@pytest.mark.world("quick")
@pytest.mark.long
@pytest.mark.parametrize("version", ledger_fixtures.versions())
def test_what_a_version_has_stopped_is_started_from_its_ledger_by_this_one(scene, version):
    """Its rows lack what was added since, and have a field that none knows yet. The ending sees all up again."""
    names = until_down(scene)
    ledger_fixtures.put_in_place(scene.cloud, ledger_fixtures.read(version), names)
    until_mailed(scene)
    told = scene.start_up(epoch=4)
    assert told.ending == "startup_complete"
    assert len(told.mails_to(scene.admin())) == 1


@pytest.mark.world("quick")
@pytest.mark.long
def test_every_field_that_this_version_writes_is_in_its_fixture(scene):
    """One that is new must be missing in the ledgers before, so whoever adds it has thought of them."""
    names = until_down(scene)
    rows = ledger_fixtures.rows_about(scene.cloud, names)
    if os.environ.get(ledger_fixtures.REWRITE):
        ledger_fixtures.write(rows)
    committed = ledger_fixtures.read(ledger_fixtures.version())
    added = ledger_fixtures.fields(rows) - ledger_fixtures.fields(committed)
    until_mailed(scene)
    assert not added, f"see CONTRIBUTING.md, A version and its ledger: {sorted(added)}"


def until_mailed(scene: Scene) -> None:
    """What is in the outbox is sent by the sweep, once it can be."""
    scene.faults_off()
    is_sent = lambda: sum("shut down" in mail["Subject"] for mail in scene.mails()) == 2  # noqa: E731
    scene.cloud.until("the mail of the second shutdown is sent", is_sent, HOUR_S, 0.25)


def until_down(scene: Scene) -> dict[str, str]:
    """A story with something of everything: its key is off for the second time. Returns the names and their words."""
    other = scene.another_key()
    scene.begin(one={"tags": {"lockstep:tier": "1"}}, two={"units": ""}, freed={"units": ""})
    scene.left = {"freed"}
    scene.add_group("shop", "two")
    scene.add_ecs_service("web", "one")
    scene.add_database("orders")
    scene.add_database("billing", "cluster")
    scene.shut_down()
    scene.start_up()
    look_ahead(scene)
    scene.cloud.ask("POST", "keys", {"arn": other, "state": "Unavailable"})
    scene.cloud.until("it is told", lambda: seen_and_told(scene, other), HOUR_S, 0.25)
    for action in ("pause_key", "resume_key", "pause_key"):
        fleet.enrol(scene.cloud, {"action": action, "key": other})
    scene.cloud.ask("POST", "keys", {"arn": other, "state": "Enabled"})

    seen_s = scene.cloud.at_s()
    scene.disable()
    scene.until_called("SendEmail", since=seen_s)
    scene.fault("ses", "SendEmail", "throttle", scene.fleet.suffix, times=10_000)
    assert scene.ended("shutdown", 3).ending == "shutdown_complete"
    scene.ask("release_hold", resource=scene.id("freed"), reason="it is needed")
    words = {scene.key_id: "<key>", other.rsplit("/", 1)[-1]: "<other key>", scene.fleet.suffix: "<suffix>"}
    return words | {server.id: f"<{name}>" for name, server in scene.servers.items()}


def look_ahead(scene: Scene) -> None:
    """What `lockstep plan` does."""
    at = scene.record()["noticed_at"]
    run = {"run": f"{scene.key_id}-preview-1-1", "key": scene.key, "epoch": 0, "grace_ends_at": at, "preview": True}
    machine = scene.cloud.outputs["ShutdownStateMachineArn"]
    states = scene.cloud.client("stepfunctions")
    begun = states.start_execution(stateMachineArn=machine, name=run["run"], input=json.dumps(run))["executionArn"]
    status = lambda: states.describe_execution(executionArn=begun)["status"]  # noqa: E731
    scene.cloud.until("the preview ends", lambda: status() == "SUCCEEDED", HOUR_S, 0.25)


def seen_and_told(scene: Scene, key: str) -> bool:
    seen = ledger.item(scene.cloud, f"KEY#{key}", "SEEN")
    return (
        bool(seen)
        and "untold" not in seen
        and any("MAIL#" in row["sk"] for row in ledger.items(scene.cloud, f"KEY#{key}"))
    )
