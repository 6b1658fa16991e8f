"""Events that reach the function: what starts a run, what is ignored, what is refused by name and kept."""

import copy
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


def starts(cloud, since_s: float) -> list[str]:
    calls = cloud.calls(since=since_s, mutating=True)
    return [c["request"].get("name", "") for c in calls if c["operation"] == "StartExecution"]


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


BAD = {
    "no object": ("a text", "detail"),
    "no detail": ({"source": "aws.kms", "detail-type": "AWS API Call via CloudTrail"}, "detail"),
    "truncated json as text": ({**event("x"), "detail": '{"eventName": "Disab'}, "detail"),
    "wrong types": (event("x", requestParameters=7, responseElements=[]), "keyId"),
    "unknown event name": (event("x", name="RotateKeyOnDemand"), "unknown_event_name"),
    "other source": ({**event("x"), "source": "aws.s3"}, "source_is_not_kms"),
    "alias as key id": (event("alias/orders"), "key_is_an_alias"),
    "no arn": (event("arn:aws:s3:::bucket"), "key_is_not_an_arn"),
    "256 KB": (event("x" * 256_000), "key_is_not_an_arn"),
}


@pytest.mark.parametrize(("bad", "named"), BAD.values(), ids=BAD.keys())
def test_a_malformed_event_is_refused_by_name_and_starts_nothing(cloud, ask, bad, named):
    at_s = cloud.at_s()
    with pytest.raises(fleet.Refused) as refused:
        ask(copy.deepcopy(bad))
    assert refused.value.kind == "Terminal"
    assert named in refused.value.message
    assert len(refused.value.message) < 1_000
    assert not starts(cloud, at_s)


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


def test_the_same_event_twice_is_one_run(cloud, watched, ask):
    cloud.ask("POST", "events", {"lose": 1})
    cloud.client("kms").disable_key(KeyId=watched)
    first, second = ask(event(watched)), ask(event(watched))
    assert first["run"] == second["run"]
    assert story.runs_of(cloud, watched) == [story.run_name(watched, 1, "shutdown")]
    record = story.ledger.run(cloud, first["run"])
    story.enable(cloud, watched)
    assert record["grace_ends_at"] > record["noticed_at"]
