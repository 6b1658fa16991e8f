"""Watching keys and naming apps: every refusal names the rule, the value and the remedy."""

import json
import threading
import uuid
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.world import fleet, keys, ledger, story
from tests.world.cloud import ACCOUNT

REGION_ELSEWHERE = "ap-northeast-3"


def refusal(cloud, request) -> str:
    with pytest.raises(fleet.Refused) as refused:
        fleet.enrol(cloud, request)
    assert refused.value.kind == "Terminal"
    return refused.value.message


KEYS = {
    "asymmetric": {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"},
    "hmac": {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
    "multi_region": {"MultiRegion": True},
}


@pytest.mark.parametrize(("rule", "options"), KEYS.items(), ids=KEYS.keys())
def test_a_key_of_the_wrong_kind_is_refused(cloud, rule, options):
    key = fleet.make_key(cloud, **options)
    message = refusal(cloud, {"action": "watch_key", "key": key})
    assert (rule in message and "single-Region" in message) or "symmetric" in message
    assert ledger.item(cloud, f"KEY#{key}", "KEY") is None


def test_a_key_that_is_not_usable_is_refused(cloud):
    for change in ("disable_key", "schedule_key_deletion"):
        key = fleet.make_key(cloud)
        getattr(cloud.client("kms"), change)(KeyId=key)
        assert "not_usable" in refusal(cloud, {"action": "watch_key", "key": key})


def test_a_key_of_another_region_is_refused(cloud):
    _, _, _, region, rest = fleet.make_key(cloud).split(":", 4)
    key = f"arn:aws:kms:{REGION_ELSEWHERE}:{rest}"
    message = refusal(cloud, {"action": "watch_key", "key": key})
    assert "other_region" in message and region in message and key in message


def test_a_key_that_cannot_be_described_is_refused(cloud):
    key = fleet.make_key(cloud).rsplit("/", 1)[0] + f"/{uuid.uuid4()}"
    assert "not_describable" in refusal(cloud, {"action": "watch_key", "key": key})


def test_a_key_whose_policy_lets_this_account_only_look_is_refused(cloud):
    """A dry run of the use that databases make of it is what tells."""
    owner = cloud.client("kms", keys.OWNER)

    def allow(account: str, action: str) -> dict:
        principal = {"AWS": f"arn:aws:iam::{account}:root"}
        return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"}

    statements = [allow(keys.OWNER, "kms:*"), allow(ACCOUNT, "kms:DescribeKey")]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    key = owner.create_key(Policy=policy)["KeyMetadata"]["Arn"]
    for action in ("watch_key", "check_key"):
        message = refusal(cloud, {"action": action, "key": key})
        assert "not_usable_here" in message and key in message and "kms:GenerateDataKey*" in message
    assert ledger.item(cloud, f"KEY#{key}", "KEY") is None


def test_checking_a_key_watches_nothing(cloud):
    key = fleet.make_key(cloud)
    [warning] = fleet.enrol(cloud, {"action": "check_key", "key": key})["warnings"]
    assert "rotation_off" in warning
    assert ledger.item(cloud, f"KEY#{key}", "KEY") is None


def test_a_key_of_the_ledger_itself_is_refused_and_not_acted_for_if_it_is_watched_already(cloud):
    dynamodb, table = cloud.client("dynamodb"), cloud.outputs["LedgerTableName"]
    key = fleet.make_key(cloud)
    fleet.watch_key(cloud, key)
    own = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
    dynamodb.update_table(TableName=table, SSESpecification=own)
    try:
        for action in ("watch_key", "check_key"):
            message = refusal(cloud, {"action": action, "key": key})
            assert "used_by_lockstep" in message and key in message and "AWS owns" in message
        cloud.client("kms").disable_key(KeyId=key)
        told = lambda: [mail for mail in cloud.mails(key) if "used_by_lockstep" in mail["Unwrapped"]]  # noqa: E731
        [mail] = cloud.until("the operator is told", told, 900)
        assert "nobody can tell" in mail["Subject"] and story.runs_of(cloud, key) == []
    finally:
        dynamodb.update_table(TableName=table, SSESpecification={"Enabled": False})


def test_a_key_of_the_wrong_kind_that_somebody_wrote_into_the_ledger_stops_nothing(cloud):
    key, right = fleet.make_key(cloud, MultiRegion=True), fleet.make_key(cloud)
    fleet.watch_key(cloud, right)
    row = ledger.item(cloud, f"KEY#{right}", "KEY")
    ledger.put(cloud, f"KEY#{key}", "KEY", {**row, "key": key})
    cloud.client("kms").disable_key(KeyId=key)
    told = lambda: [mail for mail in cloud.mails(key) if "multi_region" in mail["Unwrapped"]]  # noqa: E731
    cloud.until("the operator is told", told, 900)
    assert story.runs_of(cloud, key) == []


def test_a_key_that_does_not_rotate_is_watched_with_a_warning(cloud):
    key = fleet.make_key(cloud)
    [warning] = fleet.watch_key(cloud, key)["warnings"]
    assert "rotation_off" in warning and "enable-key-rotation" in warning
    cloud.client("kms").enable_key_rotation(KeyId=key)
    assert fleet.watch_key(cloud, key) == {"done": "key_watched_before", "warnings": []}


REQUESTS = {
    "nothing": ({}, "action"),
    "unknown action": ({"action": "explode"}, "explode"),
    "a text": ("watch", "action"),
    "no key": ({"action": "watch_key"}, "key"),
    "alias": ({"action": "watch_key", "key": "alias/orders"}, "key_is_an_alias"),
    "key id": ({"action": "watch_key", "key": "1234"}, "key_is_not_an_arn"),
    "nothing to release": ({"action": "release_hold", "resource": "i-0123456789abcdef0", "reason": "x"}, "not_held"),
    "release without a reason": ({"action": "release_hold", "resource": "i-0123456789abcdef0"}, "reason"),
    "release of no resource": ({"action": "release_hold", "resource": "../x", "reason": "moved"}, "bad_resource_id"),
    "no admins": ({"action": "set_app", "app": "orders"}, "admins"),
    "empty admins": ({"action": "set_app", "app": "orders", "admins": []}, "number_of_admins"),
    "no address": ({"action": "set_app", "app": "orders", "admins": ["dba"]}, "dba"),
    "header in address": ({"action": "set_app", "app": "orders", "admins": ["a@x.org\r\nBcc: b@x.org"]}, "admins"),
    "number as admin": ({"action": "set_app", "app": "orders", "admins": [7]}, "admins"),
    "unknown language": (
        {"action": "set_app", "app": "orders", "admins": ["a@example.com"], "language": "tlh"}, "language",
    ),
    "long app": ({"action": "set_app", "app": "x" * 10_000, "admins": ["a@example.com"]}, "app"),
}  # fmt: skip


@pytest.mark.parametrize(("request_", "named"), REQUESTS.values(), ids=REQUESTS.keys())
def test_a_bad_request_is_refused_by_name(cloud, request_, named):
    message = refusal(cloud, request_)
    assert named in message
    assert len(message) < 1_000


def test_an_app_is_set_and_removed(cloud):
    app = f"orders-{uuid.uuid4().hex[:6]}"
    assert fleet.set_app(cloud, app, ["dba@example.com"], "ja")["done"] == "app_set"
    assert ledger.item(cloud, f"APP#{app}", "APP")["language"] == "ja"
    assert fleet.enrol(cloud, {"action": "remove_app", "app": app})["done"] == "app_removed"
    assert ledger.item(cloud, f"APP#{app}", "APP") is None


@pytest.fixture
def cloudformation():
    """A URL like those CloudFormation gives to custom resources, and what was PUT there."""
    told = []

    class Answers(BaseHTTPRequestHandler):
        def do_PUT(self):
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/answer", told
    server.shutdown()


def test_a_custom_resource_watches_a_key_and_is_told_why_not(cloud, cloudformation):
    url, told = cloudformation
    key = fleet.make_key(cloud)

    def ask(kind: str, key: str) -> dict:
        properties = {"ServiceToken": "any", "action": "watch_key", "key": key}
        request = {
            "RequestType": kind, "ResponseURL": url, "StackId": "stack", "RequestId": "request",
            "LogicalResourceId": "WatchedKey", "ResourceProperties": properties,
        }  # fmt: skip
        fleet.enrol(cloud, request)
        return told[-1]

    assert ask("Create", key)["Status"] == "SUCCESS"
    assert ledger.item(cloud, f"KEY#{key}", "KEY")
    assert ask("Delete", key)["Status"] == "SUCCESS"
    assert ledger.item(cloud, f"KEY#{key}", "KEY") is None
    refused = ask("Create", "alias/orders")
    assert refused["Status"] == "FAILED" and "key_is_an_alias" in refused["Reason"]
    assert refused["LogicalResourceId"] == "WatchedKey" and refused["PhysicalResourceId"]
