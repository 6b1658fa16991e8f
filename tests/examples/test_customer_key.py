"""What a customer's key lets others do, and which of its changes its rule forwards."""

import copy
import json
from typing import Any

import pytest

from tests.examples import keys, pages
from tests.examples.keys import BUS, PROVIDER, CustomerKey
from tests.world.cloud import ACCOUNT, REGION

EVENTS = pages.ROOT / "tests" / "fixtures" / "events"
FORWARDED = (
    "CancelKeyDeletion", "DeleteImportedKeyMaterial", "DisableKey", "EnableKey", "ImportKeyMaterial",
    "KMS-CMK-Deletion", "PutKeyPolicy", "RevokeGrant", "ScheduleKeyDeletion",
)  # fmt: skip
OTHER_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/00000000-1111-4222-8333-444444444444"


def event(name: str, key: str) -> dict[str, Any]:
    """An event of that key, as AWS puts it on the bus."""
    shape = json.loads((EVENTS / f"eventbridge-{name}.json").read_text())
    shape["resources"] = [key for _ in shape["resources"]]
    for resource in shape["detail"].get("resources", ()):
        resource["ARN"] = key
    return shape


def expiration(key: str) -> dict[str, Any]:
    # The events page of the KMS developer guide shows it: a deletion's shape, and which material is gone.
    shape = event("KMS-CMK-Deletion", key)
    return shape | {
        "detail-type": "KMS Imported Key Material Expiration",
        "detail": shape["detail"] | {"key-material-id": "0" * 64},
    }


@pytest.fixture(scope="session")
def matches(cloud, deployed):
    """What EventBridge says of an event and the rule."""
    events = cloud.client("events")
    pattern = deployed.rule["EventPattern"]
    return lambda event: events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))["Result"]


def statements(document: dict[str, Any]) -> list[dict[str, Any]]:
    return document["Statement"]


def actions(statement: dict[str, Any]) -> list[str]:
    return statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]


def test_the_key_is_one_that_lockstep_watches(deployed):
    assert deployed.key["KeySpec"] == "SYMMETRIC_DEFAULT" and deployed.key["KeyUsage"] == "ENCRYPT_DECRYPT"
    assert not deployed.key["MultiRegion"] and deployed.key["KeyManager"] == "CUSTOMER"
    assert deployed.rotates


def test_the_owner_gets_what_the_provider_must_know(cloud, deployed):
    outputs = keys.outputs(cloud)
    assert outputs["KeyArn"] == deployed.arn and [outputs["AliasName"]] == deployed.aliases == ["alias/databases"]


def test_nobody_is_let_in_by_a_wildcard(deployed):
    principals = [statement.get("Principal") for policy in deployed.policies for statement in statements(policy)]
    assert len(principals) == 6
    assert not [principal for principal in principals if "*" in json.dumps(principal)]


def test_the_provider_uses_the_key_and_cannot_change_it(deployed):
    granted = {
        action
        for statement in statements(deployed.policy)
        if statement["Principal"] == {"AWS": f"arn:aws:iam::{PROVIDER}:root"}
        for action in actions(statement)
    }
    assert granted == {
        "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey",
        "kms:GetKeyRotationStatus", "kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant",
    }  # fmt: skip


def test_the_owner_keeps_every_right_on_the_key(deployed):
    [own] = [one for one in statements(deployed.policy) if f"::{ACCOUNT}:" in one["Principal"]["AWS"]]
    assert actions(own) == ["kms:*"] and "Condition" not in own


def test_grants_are_given_to_services_of_aws_only(deployed):
    giving = [
        statement
        for statement in statements(deployed.policy)
        if PROVIDER in statement["Principal"]["AWS"] and any("Grant" in action for action in actions(statement))
    ]
    assert len(giving) == 1
    [conditions] = [statement["Condition"] for statement in giving]
    assert list(conditions) == ["Bool"] and list(conditions["Bool"]) == ["kms:GrantIsForAWSResource"]
    assert str(conditions["Bool"]["kms:GrantIsForAWSResource"]).lower() == "true"


@pytest.mark.parametrize("name", FORWARDED)
def test_a_change_of_the_key_is_forwarded_and_that_of_another_key_is_not(deployed, matches, name):
    assert matches(event(name, deployed.arn))
    assert not matches(event(name, OTHER_KEY))


def test_an_expiration_of_the_keys_material_is_forwarded_and_that_of_another_key_is_not(deployed, matches):
    assert matches(expiration(deployed.arn))
    assert not matches(expiration(OTHER_KEY))


@pytest.mark.parametrize("name", ["ConnectCustomKeyStore", "DisconnectCustomKeyStore"])
def test_a_change_of_a_key_store_is_forwarded_though_it_names_no_key(matches, name):
    shape = event("DisconnectCustomKeyStore", OTHER_KEY)
    shape["detail"]["eventName"] = name
    assert "resources" not in shape["detail"]
    assert matches(shape)
    shape["detail"]["errorCode"] = "CloudHsmClusterNotActiveException"
    assert not matches(shape)


def test_a_change_that_was_refused_is_not_forwarded(deployed, matches):
    refused = event("DisableKey-AccessDenied", deployed.arn)
    assert not matches(refused)
    del refused["detail"]["errorCode"]
    assert matches(refused), "nothing but the error keeps it back"


def test_a_use_of_the_key_and_an_event_of_another_service_are_not_forwarded(deployed, matches):
    shape = event("DisableKey", deployed.arn)
    assert matches(shape)
    for field, other in {"eventName": "Decrypt", "eventSource": "ec2.amazonaws.com"}.items():
        changed = copy.deepcopy(shape)
        changed["detail"][field] = other
        assert not matches(changed)
    assert not matches(shape | {"source": "aws.ec2"})


def test_every_shape_of_an_event_is_tried():
    shapes = {path.stem.removeprefix("eventbridge-") for path in EVENTS.glob("*.json")}
    assert shapes == {*FORWARDED, "DisconnectCustomKeyStore", "DisableKey-AccessDenied"}


def test_what_the_bus_of_the_provider_does_not_take_is_tried_for_a_day_and_then_kept(deployed):
    assert deployed.rule["State"] == "ENABLED" and deployed.target["Arn"] == BUS
    assert deployed.target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}
    assert deployed.target["DeadLetterConfig"]["Arn"] == deployed.queue["QueueArn"]
    assert deployed.queue["MessageRetentionPeriod"] == str(14 * 24 * 3600)
    [kept] = statements(json.loads(deployed.queue["Policy"]))
    assert kept["Principal"] == {"Service": "events.amazonaws.com"} and actions(kept) == ["sqs:SendMessage"]
    assert kept["Condition"] == {"ArnEquals": {"aws:SourceArn": deployed.rule["Arn"]}}


def test_the_rule_alone_uses_the_role_and_for_that_bus_alone(deployed):
    [trusted] = statements(deployed.trust)
    assert trusted["Principal"] == {"Service": "events.amazonaws.com"}
    assert trusted["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT}, "ArnEquals": {"aws:SourceArn": deployed.rule["Arn"]}
    }  # fmt: skip
    [[permitted]] = [statements(document) for document in deployed.permissions]
    assert actions(permitted) == ["events:PutEvents"] and permitted["Resource"] == BUS


def test_the_pattern_is_short_enough_for_eventbridge(deployed):
    # The quota of EventBridge: 2,048 characters.
    assert len(json.dumps(deployed.pattern, separators=(",", ":"))) <= 2048


def test_the_commands_of_the_readme_make_what_the_template_makes(cloud, deployed, tmp_path):
    # An alias names one key only.
    cloud.client("kms").delete_alias(AliasName="alias/databases")
    assert alike(keys.by_commands(cloud, tmp_path)) == alike(deployed)


def alike(key: CustomerKey) -> dict[str, Any]:
    """A key's description without what differs from one to the next."""
    chosen = {
        "policy": key.policy, "pattern": key.pattern, "trust": key.trust, "permissions": key.permissions,
        "target": {name: value for name, value in key.target.items() if name not in ("RoleArn", "DeadLetterConfig")},
        "queue": {name: key.queue[name] for name in ("MessageRetentionPeriod", "SqsManagedSseEnabled")},
        "queue_policy": json.loads(key.queue["Policy"]), "rotates": key.rotates, "aliases": key.aliases,
        "spec": [key.key[name] for name in ("KeySpec", "KeyUsage", "MultiRegion")],
    }  # fmt: skip
    text = json.dumps(chosen).replace(key.queue["QueueArn"], "<queue>").replace(key.arn.split("/")[-1], "<key>")
    return json.loads(text)
