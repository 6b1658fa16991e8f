"""Events of keys in the account that owns them, and what reaches the bus of another account."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cloud.conftest import ACCOUNT
from tests.cloud.test_accounts import allow, make_key, policy, root
from tests.cloud.test_cloud import code_of
from tests.world.keys import OWNER, STRANGER

OF_KEYS = json.dumps({"source": ["aws.kms"]})
BY_CLOUDTRAIL = "AWS API Call via CloudTrail"
FROM_KMS = {"StringEquals": {"events:source": "aws.kms", "events:detail-type": BY_CLOUDTRAIL}}
ROLE_ARN = f"arn:aws:iam::{OWNER}:role/sender"


@pytest.fixture
def bus(cloud, queue) -> Iterator[str]:
    """The ARN of a bus of the main account whose rule hands what KMS says to the queue."""
    events, name = cloud.client("events"), f"bus-{time.monotonic_ns()}"
    arn = events.create_event_bus(Name=name)["EventBusArn"]
    events.put_rule(Name="keys", EventBusName=name, EventPattern=json.dumps({"source": ["aws.kms", "lockstep.test"]}))
    events.put_targets(Rule="keys", EventBusName=name, Targets=[{"Id": "queue", "Arn": queue[1]}])
    yield arn
    events.delete_event_bus(Name=name)


@pytest.fixture
def sending(cloud, bus) -> Iterator[str]:
    """The ARN of the same bus, to which a rule of the key's owner sends what KMS says there."""
    send(cloud, OWNER, bus, RoleArn=ROLE_ARN)
    yield bus
    unsend(cloud, OWNER)


def send(cloud, account: str, bus: str, **more: Any) -> None:
    events = cloud.client("events", account)
    events.put_rule(Name="forward", EventPattern=OF_KEYS)
    events.put_targets(Rule="forward", Targets=[{"Id": "bus", "Arn": bus, **more}])


def unsend(cloud, account: str) -> None:
    events = cloud.client("events", account)
    events.remove_targets(Rule="forward", Ids=["bus"])
    events.delete_rule(Name="forward")


def let_in(cloud, bus: str, account: str = OWNER, **more: Any) -> None:
    statement = {**allow(root(account), "events:PutEvents", **more), "Resource": bus}
    cloud.client("events").put_permission(
        EventBusName=bus.split("/")[-1], Policy=json.dumps({"Statement": [statement]})
    )


def forwarded(cloud) -> list[str]:
    return [call["outcome"] for call in cloud.calls("events", "ForwardEvent")]


def heard(cloud, queue) -> list[dict[str, Any]]:
    messages = cloud.client("sqs").receive_message(QueueUrl=queue[0], MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in messages]


def disable(cloud) -> str:
    cloud.client("kms", OWNER).disable_key(KeyId=(key := make_key(cloud)))
    return key


@pytest.mark.parametrize("condition", [{}, {"Condition": FROM_KMS}])
def test_a_change_of_a_key_reaches_the_bus_of_another_account_as_it_was(cloud, sending, queue, condition):
    let_in(cloud, sending, **condition)
    key = disable(cloud)
    cloud.until(lambda: forwarded(cloud) == ["delivered"])
    [event] = heard(cloud, queue)
    assert (event["account"], event["source"], event["detail-type"]) == (OWNER, "aws.kms", BY_CLOUDTRAIL)
    detail = event["detail"]
    assert (detail["recipientAccountId"], detail["responseElements"]) == (OWNER, {"keyId": key})


@pytest.mark.parametrize(
    "opened",
    [
        lambda cloud, bus: None,
        lambda cloud, bus: let_in(cloud, bus, STRANGER),
        lambda cloud, bus: let_in(cloud, bus, Condition={"StringEquals": {"events:source": "lockstep.test"}}),
        lambda cloud, bus: let_in(cloud, bus, Condition={"StringEquals": {"aws:SourceAccount": OWNER}}),
    ],
    ids=["without a policy", "to another account", "for another source", "under a condition that is not known"],
)
def test_a_bus_that_does_not_let_the_sender_in_hears_nothing(cloud, sending, queue, opened):
    opened(cloud, sending)
    disable(cloud)
    cloud.until(lambda: forwarded(cloud) == ["NO_PERMISSIONS"])
    [buried] = cloud.calls("events", "DeadLetter")
    assert (buried["resources"], buried["outcome"]) == ([sending, "no queue"], "NO_PERMISSIONS")
    assert heard(cloud, queue) == []


def test_events_that_are_not_let_in_go_to_the_dead_letters_of_the_sender(cloud, bus):
    sqs = cloud.client("sqs", OWNER)
    by_rules = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:*", "Resource": "*"}
    policy = {"Policy": json.dumps({"Statement": [by_rules]})}
    url = sqs.create_queue(QueueName="dead", Attributes=policy)["QueueUrl"]
    dead = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    send(cloud, OWNER, bus, RoleArn=ROLE_ARN, DeadLetterConfig={"Arn": dead})
    key = disable(cloud)
    [message] = cloud.until(lambda: sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"]).get("Messages"))
    unsend(cloud, OWNER)
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"
    assert json.loads(message["Body"])["detail"]["responseElements"] == {"keyId": key}


def test_a_rule_needs_a_role_that_may_put_events(cloud, bus, queue):
    let_in(cloud, bus)
    events, iam = cloud.client("events", OWNER), cloud.client("iam", OWNER)
    events.put_rule(Name="forward", EventPattern=OF_KEYS)
    assert code_of(events.put_targets, Rule="forward", Targets=[{"Id": "bus", "Arn": bus}]) == "ValidationException"
    shaped = {"Id": "bus", "Arn": bus, "RoleArn": ROLE_ARN, "Input": "{}"}
    assert code_of(events.put_targets, Rule="forward", Targets=[shaped]) == "ValidationException"
    trust = json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}}]})
    iam.create_role(RoleName="weak", AssumeRolePolicyDocument=trust)
    send(cloud, OWNER, bus, RoleArn=ROLE_ARN.replace("sender", "weak"))
    disable(cloud)
    cloud.until(lambda: forwarded(cloud) == ["NO_PERMISSIONS"])
    may = {"Statement": [{"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus}]}
    iam.put_role_policy(RoleName="weak", PolicyName="send", PolicyDocument=json.dumps(may))
    disable(cloud)
    cloud.until(lambda: forwarded(cloud) == ["NO_PERMISSIONS", "delivered"])
    unsend(cloud, OWNER)
    iam.delete_role_policy(RoleName="weak", PolicyName="send")
    iam.delete_role(RoleName="weak")
    assert len(heard(cloud, queue)) == 1


def test_an_event_goes_no_further_than_to_a_second_account(cloud, sending):
    let_in(cloud, sending)
    events, name = cloud.client("events"), sending.split("/")[-1]
    beyond = f"arn:aws:events:us-east-1:{STRANGER}:event-bus/default"
    events.put_rule(Name="further", EventBusName=name, EventPattern=OF_KEYS)
    target = {"Id": "beyond", "Arn": beyond, "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/sender"}
    events.put_targets(Rule="further", EventBusName=name, Targets=[target])
    disable(cloud)
    cloud.until(lambda: sorted(forwarded(cloud)) == ["THIRD_ACCOUNT_HOP_DETECTED", "delivered"])


def test_a_bus_hands_what_it_hears_to_the_functions_of_its_account(cloud, sending, function):
    let_in(cloud, sending)
    events, name = cloud.client("events"), sending.split("/")[-1]
    events.put_targets(Rule="keys", EventBusName=name, Targets=[{"Id": "function", "Arn": function}])
    disable(cloud)
    [call] = cloud.until(lambda: cloud.calls("lambda", "Invoke"))
    assert (call["resources"], call["outcome"]) == ([function], "ok")


def test_a_key_is_told_of_in_its_own_account_alone(cloud, bus):
    send(cloud, ACCOUNT, bus)
    disable(cloud)
    cloud.until(lambda: cloud.calls("events", "DeliverEvent"))
    unsend(cloud, ACCOUNT)
    [delivered] = cloud.calls("events", "DeliverEvent")
    assert delivered["request"] == {"eventName": "DisableKey", "account": OWNER}


def test_a_call_on_the_key_of_another_account_is_told_of_in_both_and_a_denied_one_to_the_caller(cloud):
    kms, key = cloud.client("kms"), make_key(cloud, policy(allow(root(ACCOUNT), ["kms:*Grant"])))
    made = kms.create_grant(KeyId=key, GranteePrincipal=root(ACCOUNT), Operations=["Decrypt"])["GrantId"]
    kms.revoke_grant(KeyId=key, GrantId=made)
    assert code_of(kms.disable_key, KeyId=key) == "AccessDeniedException"
    cloud.until(lambda: len(cloud.calls("events", "DeliverEvent")) == 3)
    told = sorted(tuple(call["request"].values()) for call in cloud.calls("events", "DeliverEvent"))
    assert told == [("DisableKey", ACCOUNT), ("RevokeGrant", ACCOUNT), ("RevokeGrant", OWNER)]


def test_nobody_puts_events_of_aws_onto_a_bus_and_others_only_as_its_policy_allows(cloud, bus, queue):
    events = cloud.client("events", OWNER)
    entry = {"EventBusName": bus, "Source": "lockstep.test", "DetailType": "Test", "Detail": "{}"}
    assert code_of(events.put_events, Entries=[entry]) == "AccessDeniedException"
    let_in(cloud, bus)
    answer = events.put_events(Entries=[{**entry, "Source": "aws.kms"}, entry])
    refused, taken = answer["Entries"]
    assert (answer["FailedEntryCount"], refused["ErrorCode"]) == (1, "NotAuthorizedForSourceException")
    [event] = heard(cloud, queue)
    assert (event["id"], event["account"], event["source"]) == (taken["EventId"], OWNER, "lockstep.test")


def test_an_account_is_let_in_by_its_number_and_shut_out_again(cloud, sending, queue):
    events, name = cloud.client("events"), sending.split("/")[-1]
    permission = {"EventBusName": name, "StatementId": "owner"}
    events.put_permission(**permission, Action="events:PutEvents", Principal=OWNER)
    disable(cloud)
    cloud.until(lambda: forwarded(cloud) == ["delivered"])
    events.remove_permission(**permission)
    disable(cloud)
    cloud.until(lambda: forwarded(cloud) == ["delivered", "NO_PERMISSIONS"])
    assert len(heard(cloud, queue)) == 1


def test_a_forged_event_passes_the_same_gate(cloud, bus, queue):
    event = {"source": "aws.kms", "detail-type": BY_CLOUDTRAIL, "detail": {"eventName": "DisableKey"}}
    body = {"bus": bus, "account": STRANGER, "event": event}
    assert cloud.ask("POST", "forged-events", body) == {"outcome": "NO_PERMISSIONS"}
    let_in(cloud, bus, STRANGER)
    assert cloud.ask("POST", "forged-events", body) == {"outcome": "delivered"}
    [seen] = heard(cloud, queue)
    assert (seen["account"], seen["source"], seen["detail"]) == (STRANGER, "aws.kms", {"eventName": "DisableKey"})
