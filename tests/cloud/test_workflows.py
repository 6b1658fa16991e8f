"""What workflows, rules and templates find in the cloud."""

import json
import time

import pytest

ROLE = "arn:aws:iam::000000000000:role/any"
MAP = {
    "StartAt": "Remember",
    "States": {
        "Remember": {"Type": "Pass", "Assign": {"ids": ["a", "b", "c", "bad"]}, "Next": "Each"},
        "Each": {
            "Type": "Map",
            "Label": "Batches",
            "Items": "{% $ids %}",
            "ItemSelector": {"id": "{% $states.context.Map.Item.Value %}"},
            "MaxConcurrency": 2,
            "ToleratedFailurePercentage": 25,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "Look",
                "States": {
                    "Look": {
                        "Type": "Choice",
                        "Choices": [{"Condition": "{% $states.input.id = 'bad' %}", "Next": "Refuse"}],
                        "Default": "Answer",
                    },
                    "Refuse": {"Type": "Fail", "Error": "Bad"},
                    "Answer": {
                        "Type": "Pass",
                        "Output": "{% $states.context.Execution.Input.id & ($exists($ids) ? '!' : '') %}",
                        "End": True,
                    },
                },
            },
            "Assign": {"all": "{% $states.result %}"},
            "Next": "Done",
        },
        "Done": {"Type": "Succeed", "Output": "{% $all %}"},
    },
}


def task(resource: str, arguments: dict, **fields) -> dict:
    return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Arguments": arguments, "End": True, **fields}


def one(state: dict) -> dict:
    return {"StartAt": "One", "States": {"One": state} | ({"Caught": {"Type": "Succeed"}} if "Catch" in state else {})}


def test_a_distributed_map_gives_each_child_its_input_and_no_outer_variable(cloud):
    ended = cloud.run(MAP)
    assert ended["status"] == "SUCCEEDED"
    assert ended["output"] == ["a", "b", "c", None]
    states = cloud.client("stepfunctions")
    [run] = states.list_map_runs(executionArn=ended["executionArn"])["mapRuns"]
    assert states.describe_map_run(mapRunArn=run["mapRunArn"])["itemCounts"]["failed"] == 1


def test_a_map_fails_beyond_what_is_tolerated(cloud):
    strict = json.loads(json.dumps(MAP).replace('"ToleratedFailurePercentage": 25', '"ToleratedFailurePercentage": 20'))
    assert cloud.run(strict)["error"] == "States.ExceedToleratedFailureThreshold"


def test_an_empty_list_is_a_list_and_the_last_page_has_no_token(cloud):
    ended = cloud.run(one(task("aws-sdk:ec2:describeVolumes", {"MaxResults": 100})))
    assert ended["output"] == {"Volumes": []}
    [id] = cloud.servers(1)
    ended = cloud.run(one(task("aws-sdk:ec2:stopInstances", {"InstanceIds": [id]})))
    [change] = ended["output"]["StoppingInstances"]
    assert change["PreviousState"] == {"Code": 16, "Name": "running"}
    [call] = cloud.calls("ec2", "StopInstances")
    assert (call["actor"], call["resources"], call["outcome"]) == ("lockstep", [id], "ok")


def test_what_ec2_refuses_is_an_ec2_exception_and_what_ssm_refuses_has_its_own_name(cloud):
    stop = task("aws-sdk:ec2:stopInstances", {"InstanceIds": ["i-0123456789abcdef0"]})
    ended = cloud.run(one(stop))
    assert ended["error"] == "Ec2.Ec2Exception"
    assert "'i-0123456789abcdef0' does not exist" in ended["cause"]
    send = {"DocumentName": "AWS-RunShellScript", "InstanceIds": ["i-0123456789abcdef0"]}
    send["Parameters"] = {"commands": ["true"]}
    assert cloud.run(one(task("aws-sdk:ssm:sendCommand", send)))["error"] == "Ssm.InvalidInstanceIdException"


def test_a_failed_function_is_known_by_its_error_type_retried_and_caught(cloud, function):
    failing = task(
        "lambda:invoke",
        {"FunctionName": function, "Payload": {"fail_as": "Retryable"}},
        Retry=[{
            "ErrorEquals": ["Retryable"], "IntervalSeconds": 30, "MaxAttempts": 2, "BackoffRate": 4,
            "MaxDelaySeconds": 60, "JitterStrategy": "FULL",
        }],
        Catch=[{"ErrorEquals": ["Retryable"], "Output": "{% $states.errorOutput.Error %}", "Next": "Caught"}],
    )  # fmt: skip
    ended = cloud.run(one(failing))
    assert ended["output"] == "Retryable"
    first, second, third = [call["at_s"] for call in cloud.calls("lambda", "Invoke")]
    assert 29 <= second - first < 60 <= third - second + 1 < 90


def test_a_wait_takes_virtual_time(cloud):
    began = time.monotonic()
    ended = cloud.run(one({"Type": "Wait", "Seconds": 120, "End": True}))
    assert 118 <= (ended["stopDate"] - ended["startDate"]).total_seconds() < 180
    assert time.monotonic() - began < 3


def test_a_task_that_never_hears_back_times_out(cloud):
    cloud.ask("POST", "faults", {"service": "ec2", "operation": "DescribeVolumes", "kind": "timeout"})
    ended = cloud.run(one(task("aws-sdk:ec2:describeVolumes", {}, TimeoutSeconds=60)))
    assert ended["error"] == "States.Timeout"


def test_an_answer_that_is_lost_leaves_its_effect(cloud):
    [id] = cloud.servers(1)
    cloud.ask("POST", "faults", {"service": "ec2", "operation": "StopInstances", "kind": "lost_answer"})
    ended = cloud.run(one(task("aws-sdk:ec2:stopInstances", {"InstanceIds": [id]})))
    assert ended["error"] == "Ec2.SdkClientException"
    assert cloud.server(id)["state"] != "running"


@pytest.mark.parametrize(
    ("definition", "status"),
    [(one({"Type": "Fail", "Error": "No"}), "FAILED"),
     ({"TimeoutSeconds": 60, **one({"Type": "Wait", "Seconds": 600, "End": True})}, "TIMED_OUT")],
)  # fmt: skip
def test_the_end_of_an_execution_is_an_event(cloud, queue, definition, status):
    events, (url, arn) = cloud.client("events"), queue
    pattern = {"source": ["aws.states"], "detail": {"status": [status]}}
    events.put_rule(Name="ended", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="ended", Targets=[{"Id": "queue", "Arn": arn}])
    ended = cloud.run(definition)
    assert ended["status"] == status
    [message] = cloud.until(lambda: cloud.client("sqs").receive_message(QueueUrl=url).get("Messages"))
    events.remove_targets(Rule="ended", Ids=["queue"])
    assert json.loads(message["Body"])["detail"]["executionArn"] == ended["executionArn"]


def test_a_second_start_is_the_first_while_it_runs_and_refused_afterwards(cloud):
    states = cloud.client("stepfunctions")
    definition = json.dumps({"QueryLanguage": "JSONata", **one({"Type": "Wait", "Seconds": 60, "End": True})})
    machine = states.create_state_machine(name=f"twice-{time.monotonic_ns()}", definition=definition, roleArn=ROLE)
    start = {"stateMachineArn": machine["stateMachineArn"], "name": "run-1"}
    arn = states.start_execution(**start, input='{"n": 1}')["executionArn"]
    assert states.start_execution(**start, input='{"n": 1}')["executionArn"] == arn
    with pytest.raises(states.exceptions.ExecutionAlreadyExists):
        states.start_execution(**start, input='{"n": 2}')
    cloud.until(lambda: states.describe_execution(executionArn=arn)["status"] == "SUCCEEDED")
    with pytest.raises(states.exceptions.ExecutionAlreadyExists):
        states.start_execution(**start, input='{"n": 1}')


def test_a_stopped_execution_stops_its_children_and_stays_aborted(cloud):
    states = cloud.client("stepfunctions")
    slow = json.loads(json.dumps(MAP))
    inner = slow["States"]["Each"]["ItemProcessor"]
    inner["States"]["Rest"] = {"Type": "Wait", "Seconds": 60, "Next": "Look"}
    inner["StartAt"] = "Rest"
    definition = json.dumps({"QueryLanguage": "JSONata", **slow})
    machine = states.create_state_machine(name=f"slow-{time.monotonic_ns()}", definition=definition, roleArn=ROLE)
    arn = states.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
    [run] = cloud.until(lambda: states.list_map_runs(executionArn=arn)["mapRuns"])
    states.stop_execution(executionArn=arn)
    cloud.sleep(200)
    assert states.describe_execution(executionArn=arn)["status"] == "ABORTED"
    assert states.describe_map_run(mapRunArn=run["mapRunArn"])["itemCounts"]["succeeded"] == 0


def test_no_state_hands_on_more_than_256_kib(cloud):
    large = {"Type": "Pass", "Output": "{% $pad('x', 300000) %}", "End": True}
    assert cloud.run(one(large))["error"] == "States.DataLimitExceeded"


@pytest.fixture
def rule(cloud, function, queue):
    events = cloud.client("events")
    events.put_rule(Name="orders", EventPattern=json.dumps({"source": ["shop"]}))
    target = {"Id": "eyes", "Arn": function, "DeadLetterConfig": {"Arn": queue[1]}}
    events.put_targets(Rule="orders", Targets=[{**target, "RetryPolicy": {"MaximumRetryAttempts": 1}}])
    yield lambda event: events.put_events(
        Entries=[{"Source": "shop", "DetailType": "Order", "Detail": json.dumps(event)}]
    )
    events.remove_targets(Rule="orders", Ids=["eyes"])


def test_an_event_that_cannot_be_handed_over_goes_to_the_queue_of_the_target(cloud, rule, queue):
    cloud.ask("POST", "faults", {"service": "lambda", "operation": "Invoke", "kind": "throttle", "times": 2})
    rule({"n": 1})
    received = lambda: cloud.client("sqs").receive_message(QueueUrl=queue[0], MessageAttributeNames=["All"])  # noqa: E731
    [message] = cloud.until(lambda: received().get("Messages"))
    assert json.loads(message["Body"])["detail"] == {"n": 1}
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "TooManyRequestsException"


def test_a_function_that_fails_thrice_sends_its_event_to_its_own_destination(cloud, function, queue):
    cloud.client("lambda").put_function_event_invoke_config(
        FunctionName="eyes", MaximumRetryAttempts=2, DestinationConfig={"OnFailure": {"Destination": queue[1]}}
    )
    events = cloud.client("events")
    events.put_rule(Name="failing", EventPattern=json.dumps({"source": ["shop"]}))
    told = {"Id": "eyes", "Arn": function, "Input": json.dumps({"fail_as": "Terminal"})}
    events.put_targets(Rule="failing", Targets=[told])
    events.put_events(Entries=[{"Source": "shop", "DetailType": "Order", "Detail": "{}"}])
    [message] = cloud.until(lambda: cloud.client("sqs").receive_message(QueueUrl=queue[0]).get("Messages"))
    events.remove_targets(Rule="failing", Ids=["eyes"])
    assert json.loads(message["Body"])["responsePayload"]["errorType"] == "Terminal"


def test_sixty_states_take_no_more_than_a_second(cloud):
    names = [f"S{n}" for n in range(60)]
    following = [*({"Next": name} for name in names[1:]), {"End": True}]
    states = {
        name: {"Type": "Pass", "Output": "{% $states.input.n + 1 ~> function($n) { {'n': $n} } %}", **then}
        for name, then in zip(names, following, strict=True)
    }
    began = time.monotonic()
    assert cloud.run({"StartAt": "S0", "States": states}, {"n": 0})["output"] == {"n": 60}
    assert time.monotonic() - began < 1
