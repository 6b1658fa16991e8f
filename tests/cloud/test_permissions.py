"""The cloud holds Lockstep's own calls to the policies of its roles, and nobody else's."""

import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from tests.cloud.conftest import BOOTSTRAP, make_function
from tests.cloud.conftest import ROLE as SOMEBODY
from tests.world import cloud as world

ARN = "arn:aws:iam::000000000000:role/stopper"
TAGGED = {"StringLike": {"aws:ResourceTag/lockstep:app": "*"}}
STOP = {"Effect": "Allow", "Action": "ec2:StopInstances", "Resource": "arn:aws:ec2:*:*:instance/*", "Condition": TAGGED}


@pytest.fixture
def role(cloud) -> Iterator[str]:
    """One that stops what has the tag; its session."""
    iam = cloud.client("iam")
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}}]}
    iam.create_role(RoleName="stopper", AssumeRolePolicyDocument=json.dumps(trust))
    give(cloud, STOP)
    yield next(known["session"] for known in cloud.get("roles") if known["role"] == ARN)
    iam.delete_role_policy(RoleName="stopper", PolicyName="own")
    iam.delete_role(RoleName="stopper")


def give(cloud, *statements: dict) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    cloud.client("iam").put_role_policy(RoleName="stopper", PolicyName="own", PolicyDocument=policy)


def server(cloud, tag: str = "lockstep:app") -> str:
    [id] = cloud.servers(1)
    cloud.client("ec2").create_tags(Resources=[id], Tags=[{"Key": tag, "Value": "orders"}])
    cloud.until(lambda: cloud.server(id)["state"] == "running")
    return id


def stop(cloud, session: str, *ids: str) -> str:
    try:
        world.Cloud(cloud.endpoint).client("ec2", session=session).stop_instances(InstanceIds=list(ids))
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "done"


def test_a_call_is_allowed_by_the_tags_of_the_moment(cloud, role):
    id = server(cloud)
    cloud.client("ec2").delete_tags(Resources=[id], Tags=[{"Key": "lockstep:app"}])
    assert stop(cloud, role, id) == "UnauthorizedOperation" and cloud.server(id)["state"] == "running"
    cloud.client("ec2").create_tags(Resources=[id], Tags=[{"Key": "lockstep:app", "Value": "orders"}])
    assert stop(cloud, role, id) == "done"


def test_one_resource_that_is_not_allowed_refuses_the_whole_call(cloud, role):
    ids = [server(cloud), server(cloud, "somebody:app")]
    assert stop(cloud, role, *ids) == "UnauthorizedOperation"
    assert [cloud.server(id)["state"] for id in ids] == ["running", "running"]


def test_a_policy_that_changes_counts_from_the_next_call(cloud, role):
    id = server(cloud)
    give(cloud, STOP, {"Effect": "Deny", "Action": "ec2:Stop*", "Resource": "*"})
    assert stop(cloud, role, id) == "UnauthorizedOperation"
    give(cloud, STOP)
    assert stop(cloud, role, id) == "done"


def test_a_task_of_a_workflow_is_called_in_the_name_of_its_role(cloud, role):
    id = server(cloud, "somebody:app")
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:ec2:stopInstances",
        "Arguments": {"InstanceIds": [id]},
        "End": True,
    }
    ended = cloud.run({"StartAt": "Stop", "States": {"Stop": task}}, role=ARN)
    assert (ended["status"], ended["error"]) == ("FAILED", "Ec2.Ec2Exception")
    assert "assumed-role/stopper" in ended["cause"] and "ec2:StopInstances" in ended["cause"]
    assert cloud.calls("ec2", "StopInstances")[-1]["outcome"] == "UnauthorizedOperation"


def test_an_execution_keeps_the_role_that_it_was_started_with(cloud, role):
    id, states = server(cloud, "somebody:app"), cloud.client("stepfunctions")
    stop_it = {"Resource": "arn:aws:states:::aws-sdk:ec2:stopInstances", "Arguments": {"InstanceIds": [id]}}
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "Wait",
        "States": {
            "Wait": {"Type": "Wait", "Seconds": 120, "Next": "Stop"},
            "Stop": {"Type": "Task", **stop_it, "End": True},
        },
    }
    made = states.create_state_machine(name="long", definition=json.dumps(definition), roleArn=ARN)["stateMachineArn"]
    begun = states.start_execution(stateMachineArn=made)["executionArn"]
    cloud.until(lambda: len(states.get_execution_history(executionArn=begun)["events"]) > 1)
    states.update_state_machine(stateMachineArn=made, roleArn=SOMEBODY)
    ended = cloud.until(lambda: (d := states.describe_execution(executionArn=begun))["status"] != "RUNNING" and d)
    assert (ended["status"], ended["error"]) == ("FAILED", "Ec2.Ec2Exception")
    assert cloud.server(id)["state"] == "running"
    states.delete_state_machine(stateMachineArn=made)


def test_a_permission_for_a_function_is_none_for_its_versions_nor_the_other_way_round(cloud, role):
    bare = make_function(cloud, "asked", BOOTSTRAP)
    cloud.client("lambda").publish_version(FunctionName="asked")
    for allowed, refused in ((f"{bare}:*", bare), (bare, f"{bare}:*")):
        give(cloud, {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": allowed})
        answers = {
            f"{bare}:*": [
                call(cloud, role, FunctionName=f"{bare}:1"),
                call(cloud, role, FunctionName="asked", Qualifier="1"),
            ],
            bare: [call(cloud, role, FunctionName=bare), call(cloud, role, FunctionName="asked")],
        }
        assert answers == {allowed: ["done"] * 2, refused: ["AccessDeniedException"] * 2}
    cloud.client("lambda").delete_function(FunctionName="asked")


def call(cloud, session: str, **function: str) -> str:
    try:
        world.Cloud(cloud.endpoint).client("lambda", session=session).invoke(**function, Payload=b"{}")
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "done"


def test_a_permission_is_needed_only_if_no_other_would_do(cloud, role):
    id = server(cloud)
    give(cloud, STOP, {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"})
    assert stop(cloud, role, id) == "done"
    assert [used for used in cloud.get("permissions") if used["role"] == ARN and used["action"] == "ec2:*"] == []


def test_who_comes_without_a_role_may_do_everything(cloud):
    id = server(cloud, "somebody:app")
    assert stop(cloud, None, id) == "done"
