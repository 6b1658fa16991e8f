"""Faults of workflows and of reads: a task that is carried out twice, one task of one run, an old answer."""

import json

from tests.cloud.conftest import ROLE

INVOKE = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": 60, "End": True}


def machine(function: str) -> dict:
    arguments = {"FunctionName": function, "Payload": {"said": "yes"}}
    return {"StartAt": "Do it", "States": {"Do it": {**INVOKE, "Arguments": arguments}}}


def test_a_task_is_carried_out_twice_in_a_row(cloud, function):
    cloud.ask("POST", "faults", {"service": "*", "operation": "*", "kind": "twice"})
    assert cloud.run(machine(function))["status"] == "SUCCEEDED"
    invoked = [call for call in cloud.calls("lambda", "Invoke") if call.get("step")]
    assert [call["step"]["state"] for call in invoked] == ["Do it", "Do it"]
    assert [fault["fired"] for fault in cloud.get("faults")] == [1]


def test_a_fault_strikes_one_task_of_one_run(cloud, function):
    states = cloud.client("stepfunctions")
    made = states.create_state_machine(
        name="chosen", definition=json.dumps({"QueryLanguage": "JSONata", **machine(function)}), roleArn=ROLE
    )["stateMachineArn"]
    wanted = {"service": "lambda", "operation": "Invoke", "kind": "throttle", "times": 9}
    cloud.ask("POST", "faults", {**wanted, "step": "chosen: Do it", "run": "struck"})
    for name in ("struck", "spared"):
        arn = states.start_execution(stateMachineArn=made, name=name, input="{}")["executionArn"]
        cloud.until(lambda arn=arn: states.describe_execution(executionArn=arn)["status"] != "RUNNING")
    found = {execution["name"]: execution["status"] for execution in cloud.get("executions?about=s")}
    assert found == {"struck": "FAILED", "spared": "SUCCEEDED"}


def test_a_stale_read_is_an_answer_of_the_past(cloud, key):
    kms = cloud.client("kms")
    state = lambda: kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]  # noqa: E731
    assert state() == "Enabled"
    kms.disable_key(KeyId=key)
    cloud.ask("POST", "faults", {"service": "kms", "operation": "DescribeKey", "kind": "stale", "stale_s": 600})
    assert [state(), state()] == ["Enabled", "Disabled"]
    [stale] = [call for call in cloud.calls("kms", "DescribeKey") if "stale_by_s" in call]
    assert stale["stale_by_s"] > 0


def test_calls_are_chosen_by_what_they_are_about(cloud, key):
    cloud.client("kms").disable_key(KeyId=key)
    assert {call["operation"] for call in cloud.get(f"calls?about={key}")} >= {"DisableKey"}
    assert [call["operation"] for call in cloud.get(f"calls?about={key}&operation=DisableKey")] == ["DisableKey"]
    assert not cloud.get("calls?about=nothing")
