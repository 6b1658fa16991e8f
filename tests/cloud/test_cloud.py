"""What the world of the cloud does: servers, keys, commands, faults, mails."""

import json
import time
from datetime import datetime

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError


def code_of(call, **arguments) -> str:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]["Code"]


def invoke(cloud, event: dict) -> dict:
    return json.load(cloud.client("lambda").invoke(FunctionName="eyes", Payload=json.dumps(event))["Payload"])


def test_a_lambda_lives_by_the_clock_of_the_cloud(cloud, function):
    invoke(cloud, {})
    before, seen, after = (datetime.fromisoformat(cloud.get("clock")["now"]).timestamp(),
                           invoke(cloud, {})["now"],
                           datetime.fromisoformat(cloud.get("clock")["now"]).timestamp())  # fmt: skip
    assert before - 0.01 <= seen <= after + 0.01
    assert after - before < 20


def test_a_lambdas_deadline_is_its_timeout_in_real_seconds(cloud, function):
    assert 29 * 120 < invoke(cloud, {})["left_s"] <= 30 * 120


def test_virtual_time_runs_at_the_scale(cloud):
    first = cloud.get("clock")["at_s"]
    time.sleep(0.5)
    assert cloud.get("clock")["at_s"] - first == pytest.approx(60, abs=6)


def test_a_server_takes_its_time_to_stop_and_to_start(cloud):
    ec2 = cloud.client("ec2")
    [id] = cloud.servers(1)
    [stopped] = ec2.stop_instances(InstanceIds=[id])["StoppingInstances"]
    assert (stopped["PreviousState"]["Name"], stopped["CurrentState"]["Name"]) == ("running", "stopping")
    assert set(cloud.server(id)["units"].values()) == {"inactive"}
    assert code_of(ec2.start_instances, InstanceIds=[id]) == "IncorrectInstanceState"
    cloud.until(lambda: cloud.server(id)["state"] == "stopped")
    [started] = ec2.start_instances(InstanceIds=[id])["StartingInstances"]
    assert (started["PreviousState"]["Name"], started["CurrentState"]["Name"]) == ("stopped", "pending")
    cloud.until(lambda: cloud.server(id)["state"] == "running")
    assert cloud.server(id)["status_checks"] == "initializing"
    assert cloud.server(id)["agent"] == "offline"
    cloud.until(lambda: cloud.server(id)["status_checks"] == "ok")
    assert cloud.server(id)["agent"] == "online"
    changes = [(c["outcome"], c["at_s"]) for c in cloud.calls("ec2", "StateChange")]
    assert [state for state, _ in changes] == ["stopped", "running"]


def test_a_server_whose_volume_key_is_off_falls_back_to_stopped(cloud, key):
    ec2 = cloud.client("ec2")
    [id] = cloud.servers(1, key=key.rsplit("/", 1)[-1])
    assert [v["KmsKeyId"] for v in ec2.describe_volumes()["Volumes"]] == [key]
    ec2.stop_instances(InstanceIds=[id])
    cloud.until(lambda: cloud.server(id)["state"] == "stopped")
    cloud.client("kms").disable_key(KeyId=key)
    ec2.start_instances(InstanceIds=[id])
    cloud.until(lambda: cloud.server(id)["state"] == "stopped")
    [instance] = ec2.describe_instances(InstanceIds=[id])["Reservations"][0]["Instances"]
    assert instance["StateReason"]["Code"] == "Client.InternalError"


def test_one_bad_id_fails_the_whole_batch(cloud):
    ec2 = cloud.client("ec2")
    good, protected, gone = cloud.servers(3)
    ec2.modify_instance_attribute(InstanceId=protected, DisableApiStop={"Value": True})
    ec2.terminate_instances(InstanceIds=[gone])
    assert code_of(ec2.stop_instances, InstanceIds=[good, "i-0123456789abcdef0"]) == "InvalidInstanceID.NotFound"
    assert code_of(ec2.stop_instances, InstanceIds=[good, gone]) == "IncorrectInstanceState"
    assert code_of(ec2.stop_instances, InstanceIds=[good, protected]) == "OperationNotPermitted"
    assert cloud.server(good)["state"] == "running"


def test_volumes_and_states_come_in_pages(cloud, key):
    cloud.servers(12, key=key)
    for operation, member in (("describe_volumes", "Volumes"), ("describe_instance_status", "InstanceStatuses")):
        pages = cloud.client("ec2").get_paginator(operation).paginate(PaginationConfig={"PageSize": 5})
        assert [len(page[member]) for page in pages] == [5, 5, 2]


def test_a_command_tells_the_state_of_each_unit_before_and_after(cloud, command_document):
    ssm = cloud.client("ssm")
    [id] = cloud.servers(1)
    assert code_of(ssm.send_command, DocumentName="Command", InstanceIds=[id]) == "InvalidParameters"
    cloud.until(lambda: ssm.describe_instance_information()["InstanceInformationList"])
    cloud.ask("PATCH", f"servers/{id}", {"units": {"b.service": {"refuses_stop": True}}})
    arguments = {"Verb": ["stop"], "Units": ["a.service b.service c.service"]}
    command = ssm.send_command(DocumentName="Command", InstanceIds=[id], Parameters=arguments)["Command"]["CommandId"]
    [ended] = cloud.until(lambda: invocations(ssm, command, "Failed"))
    assert ended["CommandPlugins"][0]["ResponseCode"] == 1
    assert ended["CommandPlugins"][0]["Output"].splitlines() == [
        "a.service active inactive", "b.service active active", "c.service unknown unknown",
        "", "----------ERROR-------", "failed to run commands: exit status 1",
    ]  # fmt: skip
    told = {"DocumentName": "Command", "InstanceIds": [id, "i-0123456789abcdef0"], "Parameters": arguments}
    assert code_of(ssm.send_command, **told) == "InvalidInstanceId"


def test_a_command_to_an_agent_that_is_away_times_out(cloud, command_document):
    ssm = cloud.client("ssm")
    [id] = cloud.servers(1)
    cloud.until(lambda: cloud.server(id)["agent"] == "online")
    cloud.ask("PATCH", f"servers/{id}", {"agent": "offline"})
    command = ssm.send_command(
        DocumentName="Command", InstanceIds=[id], TimeoutSeconds=30, Parameters={"Verb": ["look"], "Units": ["a"]}
    )["Command"]["CommandId"]
    [ended] = cloud.until(lambda: invocations(ssm, command, "TimedOut"))
    assert ended["StatusDetails"] == "Delivery Timed Out"


def invocations(ssm, command: str, status: str) -> list[dict]:
    found = ssm.list_command_invocations(CommandId=command, Details=True)["CommandInvocations"]
    return [invocation for invocation in found if invocation["Status"] == status]


def test_a_unit_may_come_back_by_itself(cloud, command_document):
    [id] = cloud.servers(1)
    cloud.until(lambda: cloud.server(id)["agent"] == "online")
    cloud.ask("PATCH", f"servers/{id}", {"units": {"a.service": {"restarts_after_s": 30}}})
    arguments = {"Verb": ["stop"], "Units": ["a.service"]}
    cloud.client("ssm").send_command(DocumentName="Command", InstanceIds=[id], Parameters=arguments)
    cloud.until(lambda: cloud.calls("systemd", "start"))
    assert cloud.server(id)["units"]["a.service"] == "active"


@pytest.mark.parametrize(("how", "heard"), [({}, 1), ({"lose": 1}, 0), ({"double": 1}, 2), ({"delay_s": 60}, 1)])
def test_a_key_change_is_heard_on_the_bus(cloud, key, queue, how, heard):
    events, (url, arn) = cloud.client("events"), queue
    events.put_rule(Name="keys", EventPattern=json.dumps({"source": ["aws.kms"]}))
    events.put_targets(Rule="keys", Targets=[{"Id": "queue", "Arn": arn}])
    cloud.ask("POST", "events", how)
    cloud.client("kms").disable_key(KeyId=key)
    cloud.until(lambda: len(cloud.calls("events", "DeliverEvent")) == heard)
    cloud.sleep(10)
    messages = cloud.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    events.remove_targets(Rule="keys", Ids=["queue"])
    assert [json.loads(m["Body"])["detail"]["responseElements"] for m in messages] == [{"keyId": key}] * heard
    if "delay_s" in how:
        [disabled], [delivered] = cloud.calls("kms", "DisableKey"), cloud.calls("events", "DeliverEvent")
        assert delivered["at_s"] - disabled["at_s"] >= 63


def test_the_call_log_tells_who_called(cloud, function):
    cloud.client("kms").list_keys()
    invoke(cloud, {"call": "TrentService.ListKeys"})
    assert [call["actor"] for call in cloud.calls("kms", "ListKeys")] == ["operator", "lockstep"]
    assert not any(call["mutating"] for call in cloud.calls("kms", "ListKeys"))


@pytest.mark.parametrize(
    ("kind", "code", "stopped"),
    [
        ("throttle", "RequestLimitExceeded", False),
        ("error", "InternalError", False),
        ("deny", "UnauthorizedOperation", False),
        ("lost_answer", "Connection was closed", True),
    ],
)
def test_the_second_call_goes_wrong_as_told(cloud, kind, code, stopped):
    ec2 = cloud.client("ec2")
    first, second = cloud.servers(2)
    cloud.ask("POST", "faults", {"service": "ec2", "operation": "StopInstances", "nth": 2, "kind": kind})
    ec2.stop_instances(InstanceIds=[first])
    with pytest.raises((ClientError, ConnectionClosedError), match=code):
        ec2.stop_instances(InstanceIds=[second])
    assert (cloud.server(second)["state"] != "running") == stopped
    assert cloud.get("faults")[0]["fired"] == 1


def test_a_mail_keeps_both_bodies_its_headers_and_its_tags(cloud):
    cloud.client("sesv2").send_email(
        FromEmailAddress="lockstep@example.com",
        Destination={"ToAddresses": ["admin@example.com"]},
        Content={"Simple": {
            "Subject": {"Data": "Hello"},
            "Body": {"Text": {"Data": "text"}, "Html": {"Data": "<p>html</p>"}},
            "Headers": [{"Name": "X-Run", "Value": "run-1"}],
        }},
        EmailTags=[{"Name": "run", "Value": "run-1"}],
    )  # fmt: skip
    [mail] = cloud.get("mails")
    assert (mail["BodyText"], mail["BodyHtml"]) == ("text", "<p>html</p>")
    assert (mail["Headers"], mail["Tags"]) == ({"X-Run": "run-1"}, {"run": "run-1"})
