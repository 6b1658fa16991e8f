"""Whatever a role is not meant to do is tried with its own credentials, and refused."""

import pytest
from botocore.exceptions import ClientError

from tests.permissions import denials, policies

OWNERS = sorted(policies.permissions())
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"}


def answer_to(client, operation: str, parameters: dict) -> str:
    try:
        getattr(client, operation)(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "it was done"


@pytest.mark.parametrize("owner", OWNERS)
def test_no_role_deletes_changes_or_decrypts_anything_or_touches_keys_and_policies(owner, prey, as_role):
    tried = denials.of_nobody(prey)
    answers = {f"{service} {verb}": answer_to(as_role(owner, service), verb, asked) for service, verb, asked in tried}
    assert {what: answer for what, answer in answers.items() if answer not in DENIED} == {}
    assert len(answers) == len(tried) > 50


@pytest.mark.parametrize("owner", OWNERS)
def test_each_role_is_kept_to_its_own_work_and_to_what_carries_the_tag(owner, prey, as_role):
    actions = {permission.split(" on ")[0] for permission in policies.permissions()[owner]}
    of_ledger = {action.removeprefix("dynamodb:") for action in actions if action.startswith("dynamodb:")}
    tried = list(denials.of_role(owner, prey, of_ledger))
    answers = [
        (service, verb, asked, answer_to(as_role(owner, service), verb, asked)) for service, verb, asked in tried
    ]
    assert [answer for answer in answers if answer[-1] not in DENIED] == []


def test_a_refusal_says_who_asked_for_what_and_is_in_the_log_of_calls(cloud, prey, as_role):
    server = prey.untagged["server"].id
    with pytest.raises(ClientError) as refused:
        as_role("ShutdownStateMachine", "ec2").stop_instances(InstanceIds=[server])
    error = refused.value.response
    assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]) == ("UnauthorizedOperation", 403)
    message = error["Error"]["Message"]
    assert "ShutdownStateMachineRole" in message and "ec2:StopInstances" in message and server in message
    [call] = cloud.calls(about=[server], operation="StopInstances")[-1:]
    assert (call["actor"], call["outcome"]) == ("operator", "UnauthorizedOperation")


def test_an_operator_is_not_held_to_any_role(cloud, prey):
    assert cloud.client("kms").describe_key(KeyId=prey.fleet.key)
    assert cloud.client("ec2").stop_instances(InstanceIds=[prey.untagged["server"].id], DryRun=False)
