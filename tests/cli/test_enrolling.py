"""Keys and apps: what the deployed rules refuse is shown as it is, and ends with its own code."""

import uuid

import pytest

from tests.cli.conftest import FOUND
from tests.world import fleet


def test_a_key_is_added_listed_checked_and_removed(operator, key):
    assert operator.tells("key", "add", key)["done"] == "key_watched"
    assert operator.tells("key", "add", key)["done"] == "key_watched_before"
    assert key in [listed["key"] for listed in operator.tells("key", "list")]
    assert operator.tells("key", "check", key)["refused"] is None
    assert operator.tells("key", "remove", key)["done"] == "key_unwatched"
    assert key not in operator.says("key", "list")


def test_a_watched_key_may_be_named_by_the_beginning_of_its_id(operator, watched):
    id = watched.rsplit("/", 1)[-1]
    assert operator.tells("history", id[:13])["key"] == watched
    assert "not_watched" in operator.is_refused("history", str(uuid.uuid4()))


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}, "asymmetric"),
        ({"MultiRegion": True}, "multi_region"),
    ],
)
def test_a_key_of_the_wrong_kind_is_refused_by_rule_value_and_remedy(operator, cloud, options, rule):
    refused = operator.is_refused("key", "add", fleet.make_key(cloud, **options))
    assert rule in refused and "; use a" in refused


@pytest.mark.parametrize(("typed", "rule"), [("alias/orders", "key_is_an_alias"), ("arn:aws:s3:::x", "not_an_arn")])
def test_what_is_no_key_is_refused_wherever_a_key_is_asked_for(operator, typed, rule):
    for command in (("key", "add"), ("plan",), ("history",), ("pause",), ("simulate",)):
        assert rule in operator.is_refused(*command, typed)


def test_a_key_that_is_off_does_not_pass_its_check(operator, cloud, key):
    cloud.client("kms").disable_key(KeyId=key)
    told = operator.tells("key", "check", key, code=FOUND)
    assert "not_usable" in told["refused"]


def test_a_key_that_nobody_watches_cannot_be_removed(operator, key):
    assert "lockstep key add" in operator.is_refused("key", "remove", key)


def test_an_app_is_set_listed_and_removed(operator):
    app = f"orders-{uuid.uuid4().hex[:8]}"
    operator.says("app", "set", app, "dba@example.com", "night@example.com", "--language", "ja")
    [listed] = [it for it in operator.tells("app", "list") if it["app"] == app]
    assert listed == {"app": app, "admins": ["dba@example.com", "night@example.com"], "language": "ja"}
    assert app in operator.says("app", "list")
    operator.says("app", "remove", app)
    assert app not in operator.says("app", "list")


def test_an_app_with_a_bad_address_or_language_is_refused(operator):
    assert "bad_address" in operator.is_refused("app", "set", "orders", "dba")
    refused = operator.is_refused("app", "set", "orders", "dba@example.com", "--language", "tlh")
    assert "unknown_language" in refused and "choose en or ja" in refused
