"""Auto Scaling: what happens to a member that is stopped, and what keeps it from happening."""

import pytest

from tests.cloud.test_cloud import code_of
from tests.cloud.test_steps import chain, task

NAME = "shop"


def make(cloud, count: int, key: str | None = None, name: str = NAME, **options) -> tuple[str, list[str]]:
    """A group around servers that were there before; its ARN and their ids."""
    scaling, ids = cloud.client("autoscaling"), cloud.servers(count, key=key)
    wanted = {"AutoScalingGroupName": name, "MinSize": 0, "MaxSize": 20, "InstanceId": ids[0]}
    scaling.create_auto_scaling_group(**wanted, AvailabilityZones=["us-east-1a"], **options)
    scaling.attach_instances(AutoScalingGroupName=name, InstanceIds=ids)
    return scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"][0][
        "AutoScalingGroupARN"
    ], ids


def group(cloud, arn: str) -> dict:
    return cloud.get(f"groups/{arn}")


def whole(cloud, arn: str) -> dict:
    return cloud.until(lambda: (seen := group(cloud, arn))["state"] == "whole" and seen)


def done(cloud, operation: str) -> list[dict]:
    return cloud.calls("autoscaling", operation)


def suspend(cloud, *processes: str) -> None:
    named = {"ScalingProcesses": list(processes)} if processes else {}
    cloud.client("autoscaling").suspend_processes(AutoScalingGroupName=NAME, **named)


def stop(cloud, id: str) -> None:
    cloud.client("ec2").stop_instances(InstanceIds=[id])
    cloud.until(lambda: cloud.server(id)["state"] == "stopped")


def test_a_stopped_member_is_terminated_and_replaced_within_minutes(cloud, key):
    tags = [{"Key": "lockstep:services", "Value": "a.service", "PropagateAtLaunch": True}]
    arn, [stopped, other] = make(cloud, 2, key, Tags=tags)
    cloud.client("ec2").stop_instances(InstanceIds=[stopped])
    cloud.until(lambda: done(cloud, "Launch"))
    members = whole(cloud, arn)["members"]
    assert len(members) == 2 and other in members and stopped not in members
    assert cloud.server(stopped)["state"] == "terminated"
    [new] = set(members) - {other}
    assert cloud.server(new)["units"] == {"a.service": "active"}
    filters = [{"Name": "attachment.instance-id", "Values": [new]}]
    assert [v["KmsKeyId"] for v in cloud.client("ec2").describe_volumes(Filters=filters)["Volumes"]] == [key]
    [stop_call], [terminated] = cloud.calls("ec2", "StopInstances"), done(cloud, "Terminate")
    assert 120 <= terminated["at_s"] - stop_call["at_s"] < 300


@pytest.mark.parametrize("processes", [["HealthCheck"], ["ReplaceUnhealthy"], ["Terminate"], []])
def test_a_stopped_member_is_left_alone_under_a_suspension(cloud, processes):
    arn, [stopped] = make(cloud, 1)
    suspend(cloud, *processes)
    stop(cloud, stopped)
    cloud.sleep(300)
    [member] = group(cloud, arn)["members"].values()
    checked = bool(processes) and "HealthCheck" not in processes
    assert member["health"] == ("Unhealthy" if checked else "Healthy")
    assert cloud.server(stopped)["state"] == "stopped"
    assert len(group(cloud, arn)["suspended"]) == (len(processes) or 9)


@pytest.mark.parametrize("processes", [["HealthCheck"], ["ReplaceUnhealthy"]])
def test_what_is_unhealthy_is_replaced_at_once_on_resume(cloud, processes):
    arn, [stopped] = make(cloud, 1)
    suspend(cloud, *processes)
    stop(cloud, stopped)
    cloud.sleep(240)
    cloud.client("autoscaling").resume_processes(AutoScalingGroupName=NAME, ScalingProcesses=processes)
    assert cloud.server(stopped)["state"] == "terminated"
    assert stopped not in whole(cloud, arn)["members"]


def test_unhealthy_is_for_good_unless_someone_says_otherwise(cloud):
    scaling, ec2 = cloud.client("autoscaling"), cloud.client("ec2")
    arn, ids = make(cloud, 2)
    suspend(cloud, "ReplaceUnhealthy")
    ec2.stop_instances(InstanceIds=ids)
    cloud.until(lambda: {member["health"] for member in group(cloud, arn)["members"].values()} == {"Unhealthy"})
    cloud.until(lambda: {cloud.server(id)["state"] for id in ids} == {"stopped"})
    ec2.start_instances(InstanceIds=ids)
    cloud.until(lambda: all(member["runs"] for member in group(cloud, arn)["members"].values()))
    saved, lost = ids
    scaling.set_instance_health(InstanceId=saved, HealthStatus="Healthy")
    scaling.resume_processes(AutoScalingGroupName=NAME, ScalingProcesses=["ReplaceUnhealthy"])
    assert (cloud.server(saved)["state"], cloud.server(lost)["state"]) == ("running", "terminated")


def test_a_member_that_is_terminated_by_hand_is_replaced_with_the_same_volumes(cloud, key):
    arn, [lost] = make(cloud, 1, key)
    cloud.client("ec2").terminate_instances(InstanceIds=[lost])
    cloud.until(lambda: done(cloud, "Launch"))
    [new] = whole(cloud, arn)["members"]
    filters = [{"Name": "attachment.instance-id", "Values": [new]}]
    assert [v["KmsKeyId"] for v in cloud.client("ec2").describe_volumes(Filters=filters)["Volumes"]] == [key]


def test_members_that_run_again_before_the_resume_are_kept(cloud):
    arn, [id] = make(cloud, 1)
    suspend(cloud, "HealthCheck", "ReplaceUnhealthy")
    stop(cloud, id)
    cloud.client("ec2").start_instances(InstanceIds=[id])
    cloud.until(lambda: cloud.server(id)["state"] == "running")
    cloud.client("autoscaling").resume_processes(AutoScalingGroupName=NAME)
    cloud.sleep(300)
    assert list(group(cloud, arn)["members"]) == [id]
    assert group(cloud, arn)["suspended"] == []


def test_a_new_member_cannot_be_launched_while_the_key_is_off(cloud, key):
    arn, [stopped] = make(cloud, 1, key)
    cloud.ask("PATCH", f"groups/{arn}", {"launches_again_after_s": 120})
    cloud.client("kms").disable_key(KeyId=key)
    cloud.client("ec2").stop_instances(InstanceIds=[stopped])
    cloud.until(lambda: len(done(cloud, "Launch")) == 2)
    assert {launch["outcome"] for launch in done(cloud, "Launch")} == {"Failed"}
    cloud.client("kms").enable_key(KeyId=key)
    assert len(whole(cloud, arn)["members"]) == 1


def test_the_group_of_an_instance_is_told(cloud):
    scaling = cloud.client("autoscaling")
    arn, ids = make(cloud, 2)
    [alone] = cloud.servers(1)
    told = scaling.describe_auto_scaling_instances(InstanceIds=[*ids, alone])["AutoScalingInstances"]
    assert {i["InstanceId"]: (i["AutoScalingGroupName"], i["HealthStatus"], i["LifecycleState"]) for i in told} == {
        id: (NAME, "HEALTHY", "InService") for id in ids
    }
    too_many = [f"i-{number:017x}" for number in range(51)]
    assert code_of(scaling.describe_auto_scaling_instances, InstanceIds=too_many) == "ValidationError"
    pages = scaling.get_paginator("describe_auto_scaling_instances").paginate(PaginationConfig={"PageSize": 1})
    assert [len(page["AutoScalingInstances"]) for page in pages] == [1, 1]
    [seen] = scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    assert (seen["AutoScalingGroupARN"], seen["DesiredCapacity"], seen["SuspendedProcesses"]) == (arn, 2, [])
    assert {member["HealthStatus"] for member in seen["Instances"]} == {"Healthy"}


def test_a_group_that_is_not_there_is_refused(cloud):
    scaling = cloud.client("autoscaling")
    for call in (scaling.suspend_processes, scaling.resume_processes):
        assert code_of(call, AutoScalingGroupName="nowhere") == "ValidationError"
    make(cloud, 1)
    wrong = {"AutoScalingGroupName": NAME, "ScalingProcesses": ["Everything"]}
    assert code_of(scaling.suspend_processes, **wrong) == "ValidationError"


def test_a_workflow_suspends_a_group_and_reads_it_back(cloud):
    arn, [id] = make(cloud, 1)
    missing = task("aws-sdk:autoscaling:suspendProcesses", {"AutoScalingGroupName": "nowhere"})
    missing["Catch"] = [{"ErrorEquals": ["AutoScaling.AutoScalingException"], "Next": "Find"}]
    ended = cloud.run(
        chain(
            Missing=missing,
            Find=task(
                "aws-sdk:autoscaling:describeAutoScalingInstances",
                {"InstanceIds": [id]},
                Assign={"name": "{% $states.result.AutoScalingInstances[0].AutoScalingGroupName %}"},
            ),
            Suspend=task(
                "aws-sdk:autoscaling:suspendProcesses",
                {"AutoScalingGroupName": "{% $name %}", "ScalingProcesses": ["HealthCheck", "ReplaceUnhealthy"]},
            ),
            Look=task(
                "aws-sdk:autoscaling:describeAutoScalingGroups",
                {"AutoScalingGroupNames": ["{% $name %}"]},
                Output="{% $states.result.AutoScalingGroups[0] %}",
            ),
        )
    )
    seen = ended["output"]
    assert (seen["AutoScalingGroupARN"], seen["MinSize"], seen["DesiredCapacity"]) == (arn, 0, 1)
    assert [p["ProcessName"] for p in seen["SuspendedProcesses"]] == ["HealthCheck", "ReplaceUnhealthy"]
    assert seen["SuspendedProcesses"][0]["SuspensionReason"].startswith("User suspended at 20")
    assert (seen["Instances"][0]["InstanceId"], seen["TargetGroupARNs"], seen["Tags"]) == (id, [], [])
    assert seen["CreatedTime"].startswith("20")
    [_, call] = cloud.calls("autoscaling", "SuspendProcesses")
    assert (call["actor"], call["mutating"], call["resources"]) == ("lockstep", True, [NAME])


@pytest.mark.parametrize(
    ("fault", "error", "suspended"),
    [
        ({"kind": "throttle"}, "AutoScaling.AutoScalingException", 0),
        ({"kind": "error", "code": "ResourceContention"}, "AutoScaling.ResourceContentionException", 0),
        ({"kind": "lost_answer"}, "AutoScaling.SdkClientException", 9),
    ],
)
def test_a_call_goes_wrong_as_told(cloud, fault, error, suspended):
    arn, _ = make(cloud, 1)
    cloud.ask("POST", "faults", {"service": "autoscaling", "operation": "SuspendProcesses", **fault})
    ended = cloud.run(chain(Suspend=task("aws-sdk:autoscaling:suspendProcesses", {"AutoScalingGroupName": NAME})))
    assert ended["error"] == error
    assert len(group(cloud, arn)["suspended"]) == suspended
