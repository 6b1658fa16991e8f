"""Events that reach the function: what starts a run, what is ignored, what is refused by name and kept."""

import json
import uuid
from pathlib import Path

import pytest

from tests.world import fleet, story
from tests.world.cloud import ACCOUNT, REGION

SHAPES = Path(__file__).parents[1] / "fixtures" / "events"


@pytest.fixture
def ask(cloud):
    return lambda event: fleet.invoke(cloud, cloud.outputs["ReceiveKeyEventFunctionName"], event)


def event(key: str | None, name: str = "DisableKey", **detail) -> dict:
    told = {
        "eventSource": "kms.amazonaws.com",
        "eventName": name,
        "awsRegion": REGION,
        "eventID": str(uuid.uuid4()),
        "requestParameters": {"keyId": key},
        "responseElements": {"keyId": key},
        **detail,
    }
    return {
        "version": "0", "id": str(uuid.uuid4()), "source": "aws.kms", "account": ACCOUNT, "region": REGION,
        "detail-type": "AWS API Call via CloudTrail", "detail": told, "resources": [],
    }  # fmt: skip


@pytest.fixture
def key(cloud):
    return fleet.make_key(cloud)


@pytest.fixture
def watched(cloud, key):
    fleet.watch_key(cloud, key)
    return key


def test_a_key_that_is_not_watched_is_ignored(cloud, key, ask):
    cloud.client("kms").disable_key(KeyId=key)
    answer = ask(event(key))
    assert answer["decision"] == "ignored" and "not watched" in answer["reason"]
    assert not story.runs_of(cloud, key)


def test_a_failed_call_is_ignored(cloud, watched, ask):
    answer = ask(event(watched, errorCode="AccessDenied", responseElements=None))
    assert answer["decision"] == "ignored" and "AccessDenied" in answer["reason"]
    assert not story.runs_of(cloud, watched)


def test_an_event_of_a_key_that_is_still_on_starts_nothing(cloud, watched, ask):
    assert ask(event(watched))["decision"] == "nothing"
    assert not story.runs_of(cloud, watched)


@pytest.mark.parametrize("how", ["response", "resources", "request arn", "request id"])
def test_the_key_is_found_wherever_the_event_names_it(cloud, watched, ask, how):
    told = event(None)
    told["detail"]["responseElements"] = None
    match how:
        case "response":
            told["detail"]["responseElements"] = {"keyId": watched}
        case "resources":
            told["detail"]["resources"] = [{"type": "AWS::KMS::Key", "ARN": watched}]
        case "request arn":
            told["detail"]["requestParameters"] = {"keyId": watched}
        case "request id":
            told["detail"]["requestParameters"] = {"keyId": watched.rsplit("/", 1)[-1]}
    answer = ask(told)
    # The key is known as a watched one that has not changed.
    assert answer["decision"] == "nothing", answer


@pytest.mark.parametrize("shape", sorted(SHAPES.glob("eventbridge-*.json")), ids=lambda path: path.stem)
def test_every_known_shape_is_read(ask, shape):
    assert ask(json.loads(shape.read_text()))["decision"] == "ignored"


@pytest.fixture(scope="module")
def unheard(cloud):
    """A watched key that is off, whose own event was lost: any event that is accepted starts its run."""
    key = fleet.make_key(cloud)
    fleet.watch_key(cloud, key)
    cloud.ask("POST", "events", {"lose": 1, "key": key})
    cloud.client("kms").disable_key(KeyId=key)
    assert cloud.ask("GET", "events")["lose"] == 0
    return key


BAD = {
    "no object": (lambda key: key, "detail"),
    "no detail": (lambda key: {**event(key), "detail": None}, "detail"),
    "truncated json as text": (lambda key: {**event(key), "detail": json.dumps(event(key)["detail"])[:-9]}, "detail"),
    "wrong types": (lambda key: event(key, requestParameters=[key], responseElements=7), "keyId"),
    "unknown event name": (lambda key: event(key, name="RotateKeyOnDemand"), "unknown_event_name"),
    "other source": (lambda key: {**event(key), "source": "aws.s3"}, "source_is_not_kms"),
    "other event source": (lambda key: event(key, eventSource="s3.amazonaws.com"), "event_source_is_not_kms"),
    "alias as key id": (lambda key: event("alias/orders"), "key_is_an_alias"),
    "no arn": (lambda key: event(key.replace(":kms:", ":s3:")), "key_is_not_an_arn"),
    "256 KB": (lambda key: event(key + "x" * 256_000), "key_is_not_an_arn"),
}


@pytest.mark.parametrize(("make", "named"), BAD.values(), ids=BAD.keys())
def test_a_malformed_event_is_refused_by_name_and_starts_nothing(cloud, unheard, ask, make, named):
    with pytest.raises(fleet.Refused) as refused:
        ask(make(unheard))
    assert refused.value.kind == "Terminal"
    assert named in refused.value.message
    assert len(refused.value.message) < 1_000
    assert not story.runs_of(cloud, unheard)


def test_the_same_event_twice_is_one_run(cloud, unheard, ask):
    first, second = ask(event(unheard)), ask(event(unheard))
    assert (first["decision"], second["decision"]) == ("run", "nothing")
    assert "under way" in second["reason"]
    assert first["run"] == story.run_name(unheard, 1, "shutdown")
    assert story.runs_of(cloud, unheard) == [first["run"]]


def test_a_refused_event_is_kept_in_the_dead_letter_queue_and_the_next_one_is_taken(cloud, watched, ask):
    mark = str(uuid.uuid4())
    bad = event("alias/orders", eventID=mark)
    function = cloud.outputs["ReceiveKeyEventFunctionName"]
    cloud.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(bad).encode())
    assert ask(event(watched))["decision"] == "nothing"
    url = cloud.outputs["KeyEventDeadLetterQueueUrl"]

    def kept() -> list[dict]:
        messages = cloud.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        bodies = [json.loads(message["Body"]) for message in messages]
        return [body for body in bodies if body["requestPayload"]["detail"]["eventID"] == mark]

    [body] = cloud.until("the refused event is kept", kept, 1800)
    assert body["requestPayload"] == bad
