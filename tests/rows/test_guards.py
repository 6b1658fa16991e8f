"""The conditions of the ledger, each met by a row that says otherwise than the run that writes."""

import pytest

from tests.world import rules
from tests.world.story import execution, run_name


def change_run(scene, run: str, **values: str) -> None:
    scene.cloud.client("dynamodb").update_item(
        TableName=scene.cloud.outputs["LedgerTableName"],
        Key={"pk": {"S": f"RUN#{run}"}, "sk": {"S": "RUN"}},
        UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in values),
        ExpressionAttributeValues={f":{name}": {"S": value} for name, value in values.items()},
    )


def begin_stopping(scene) -> str:
    """The services are asked to stop, which takes them a minute."""
    scene.begin()
    scene.change_units("one", takes_s=60)
    scene.disable()
    scene.until_called("SendCommand")
    return run_name(scene.key, 1, "shutdown", 1)


@pytest.mark.world("usual")
def test_a_run_that_has_let_go_changes_nothing_more_and_a_full_grace_follows(scene):
    change_run(scene, begin_stopping(scene), let_go_at="2026-01-01T00:00:00Z")
    assert scene.ended("shutdown", 1).ending == "shutdown_superseded"
    assert not scene.calls("StopInstances")
    told = scene.ended("shutdown", 2)
    assert told.ending == "shutdown_complete"
    assert told.grace_ends_at_s - told.noticed_at_s >= rules.GRACE_S - 1


@pytest.mark.world("usual")
def test_an_ending_that_is_written_stays_as_it_is(scene):
    run = begin_stopping(scene)
    change_run(scene, run, ending="shutdown_cancelled", ended_at="2026-01-01T00:00:00Z")
    scene.cloud.until("its execution is over", lambda: execution(scene.cloud, run)["status"] != "RUNNING", 3_600)
    assert scene.run("shutdown", 1)["ending"] == "shutdown_cancelled"
    assert not [call for call in scene.calls("StopInstances") if call["step"]["run"] == run]
