"""Rows of the ingest: events that are doubled, lost, late, malformed or forged, and starts that fail."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.world import fleet, ledger, rules, story
from tests.world.notice import notice


@pytest.mark.row(1)
def test_a_notice_that_is_delivered_twenty_times_is_one_run(scene):
    scene.begin()
    scene.cloud.ask("POST", "events", {"double": 1, "key": scene.key})
    scene.disable()
    answers = [scene.hear() for _ in range(20)]
    assert sum(answer["decision"] == "run" for answer in answers) <= 1
    told = scene.ended("shutdown", 1)
    assert len(scene.calls("DeliverEvent")) == 2, "the fault fired"
    assert [run["name"] for run in scene.runs()] == [told.run]
    assert len(told.mails_to(scene.admin())) == 2


@pytest.mark.row(2)
def test_disabling_a_key_that_is_off_does_not_restart_the_grace(scene):
    scene.begin()
    scene.disable()
    scene.until_warned()
    before = scene.record()
    scene.disable()
    scene.cloud.until("a second event came", lambda: len(scene.calls("DeliverEvent")) == 2, 600)
    told = scene.ended("shutdown", 1)
    assert told.ending == "shutdown_complete" and scene.record() == before


@pytest.mark.row(3)
def test_a_lost_disable_event_is_found_by_the_sweep_and_the_grace_is_whole(scene):
    scene.begin()
    scene.lose_events()
    told = scene.shut_down()
    assert scene.calls("LoseEvent") and not scene.calls("DeliverEvent"), "the fault fired"
    assert told.ending == "shutdown_complete"
    assert told.grace_ends_at_s - told.noticed_at_s >= rules.GRACE_S - 1


@pytest.mark.row(4)
def test_a_lost_enable_event_is_found_by_the_sweep(scene):
    scene.begin()
    scene.shut_down()
    scene.lose_events()
    told = scene.start_up()
    assert scene.calls("LoseEvent"), "the fault fired"
    assert told.ending == "startup_complete"


@pytest.mark.row(5)
def test_an_older_event_that_comes_after_a_newer_one_changes_nothing(scene):
    scene.begin()
    scene.cloud.ask("POST", "events", {"delay_s": 120, "key": scene.key})
    scene.disable()
    scene.cloud.ask("POST", "events", {"delay_s": 0, "key": scene.key})
    scene.enable()
    heard = scene.cloud.until("both events came", lambda: both(scene.calls("DeliverEvent")), 900)
    assert [call["request"]["eventName"] for call in heard] == ["EnableKey", "DisableKey"], "the fault fired"
    scene.cloud.sleep(700)
    assert not scene.acts()


def both(calls: list) -> list | None:
    return calls if len(calls) == 2 else None


@pytest.mark.row(7)
def test_a_notice_that_is_two_hours_late_begins_a_whole_grace(scene):
    scene.begin()
    scene.lose_events()
    scene.disable()
    scene.hear(eventTime="2020-01-01T00:00:00Z")
    told = scene.ended("shutdown", 1)
    assert scene.calls("LoseEvent"), "the fault fired"
    assert told.grace_ends_at_s - told.noticed_at_s >= rules.GRACE_S - 1
    warning = told.mails_to(scene.admin())[0]
    assert warning["at_s"] - told.noticed_at_s < 300, "the warning is mailed at once"


@pytest.mark.row(9)
def test_a_malformed_event_is_refused_and_the_next_one_is_taken(scene):
    scene.begin()
    for bad in ({}, {"detail": []}, notice(scene.key + "x" * 250_000)):
        with pytest.raises(fleet.Refused) as refused:
            fleet.invoke(scene.cloud, scene.cloud.outputs["ReceiveKeyEventFunctionName"], bad)
        assert refused.value.kind == "Terminal" and len(refused.value.message) < 1_000
    assert not scene.runs()
    assert scene.shut_down().ending == "shutdown_complete"


@pytest.mark.row(10)
def test_a_key_that_nobody_watches_is_ignored(scene):
    scene.servers["one"] = scene.fleet.server("one", scene.fleet.app("orders"), "")
    fleet.until_ready(scene.cloud, scene.servers["one"])
    scene.disable()
    assert scene.hear()["decision"] == "ignored"
    scene.cloud.sleep(700)
    assert not scene.runs() and not scene.acts() and not scene.calls("DescribeKey")


@pytest.mark.row(11)
def test_an_alias_in_the_request_is_resolved_to_the_key(scene):
    scene.begin()
    scene.lose_events()
    scene.disable()
    answer = scene.hear(requestParameters={"keyId": "alias/orders"})
    assert answer["decision"] in ("run", "nothing")
    assert scene.ended("shutdown", 1).ending == "shutdown_complete"


@pytest.mark.row(12)
@pytest.mark.parametrize("kind", ["throttle", "error"])
def test_a_start_that_is_refused_is_made_again(scene, kind):
    scene.begin()
    fault = scene.fault("states", "StartExecution", kind, times=7)
    told = scene.shut_down()
    assert fault.fired == 7
    assert told.ending == "shutdown_complete"
    assert [run["name"] for run in scene.runs()] == [told.run]


@pytest.mark.row(13)
def test_a_start_whose_answer_is_lost_is_one_run(scene):
    scene.begin()
    fault = scene.fault("states", "StartExecution", "lost_answer")
    told = scene.shut_down()
    assert fault.fired == 1
    assert [run["name"] for run in scene.runs()] == [told.run]


@pytest.mark.row(14)
def test_a_run_that_died_is_followed_by_the_next_attempt(scene):
    scene.begin()
    scene.disable()
    scene.until_warned()
    scene.kill("shutdown", 1)
    assert scene.ended("shutdown", 1, attempt=2).ending == "shutdown_complete"
    assert [run["status"] for run in scene.runs()] == ["ABORTED", "SUCCEEDED"]


@pytest.mark.row(16)
def test_a_ledger_that_is_down_at_the_notice_starts_nothing_until_it_is_back(scene):
    scene.begin()
    fault = scene.fault("dynamodb", "*", "error", actor="lockstep", times=1_000)
    scene.disable()
    scene.until_fired(fault, 8)
    assert not scene.runs()
    scene.faults_off()
    told = scene.ended("shutdown", 1)
    assert told.ending == "shutdown_complete"


@pytest.mark.row(17)
def test_two_deliveries_at_the_same_moment_are_one_run(scene):
    scene.begin()
    scene.lose_events()
    scene.disable()

    def hear(_: int) -> str:
        try:
            return scene.hear()["decision"]
        except fleet.Refused as refused:
            return refused.kind

    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(hear, range(2)))
    assert "run" in answers or scene.runs()
    told = scene.ended("shutdown", 1)
    assert [run["name"] for run in scene.runs()] == [told.run]


@pytest.mark.row(91)
def test_nothing_of_lockstep_depends_on_a_key_that_could_be_watched(scene):
    """The ledger, the queue and the topic have keys of AWS, so no watched key can close them."""
    table = scene.cloud.client("dynamodb").describe_table(TableName=scene.cloud.outputs["LedgerTableName"])["Table"]
    assert "KMSMasterKeyArn" not in table.get("SSEDescription", {})
    body = scene.cloud.client("cloudformation").get_template(StackName=scene.cloud.stack)["TemplateBody"]
    text = body if isinstance(body, str) else json.dumps(body)
    assert "KmsKeyArn" not in text and "KmsMasterKeyId" not in text and "KmsKeyId" not in text


@pytest.mark.row(92)
def test_a_forged_event_is_at_most_a_look_at_the_key(scene):
    scene.begin()
    before = len(scene.calls("DescribeKey"))
    assert scene.hear()["decision"] == "nothing"
    assert len(scene.calls("DescribeKey")) - before <= 2, "one look, and one of a sweep at the most"
    assert not scene.runs() and not scene.acts()
    assert ledger.item(scene.cloud, f"KEY#{scene.key}", "KEY")["epoch"] == 0


@pytest.mark.row(93)
def test_the_rule_takes_only_calls_of_kms_that_succeeded(scene):
    events = scene.cloud.client("events")
    patterns = [json.loads(rule["EventPattern"]) for rule in events.list_rules()["Rules"] if rule.get("EventPattern")]
    [pattern] = [pattern for pattern in patterns if pattern.get("source") == ["aws.kms"]]
    called, of_its_own_accord = pattern["$or"]
    assert called["detail"]["errorCode"] == [{"exists": False}]
    assert called["detail"]["eventSource"] == ["kms.amazonaws.com"]
    assert of_its_own_accord.keys() == {"detail-type"} and "detail-type" in called


@pytest.mark.row(73)
def test_two_enable_events_at_the_same_moment_are_one_startup(scene):
    scene.begin()
    scene.shut_down()
    scene.cloud.ask("POST", "events", {"double": 1, "key": scene.key})
    told = scene.start_up()
    assert told.ending == "startup_complete"
    assert [run["name"] for run in scene.runs()][1:] == [story.run_name(scene.key, 2, "startup")]
    assert len([call for call in scene.acts() if call["operation"] == "StartInstances"]) == 1
