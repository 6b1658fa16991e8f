"""Single steps of JSONata workflows, as the workflows of Lockstep use them."""

import json
from datetime import datetime, timedelta

import pytest

EVENT = {"Source": "lockstep", "DetailType": "Lockstep Run Ended"}


def chain(**states: dict) -> dict:
    """The states one after the other; a state that says where it goes keeps its way."""
    names = [*states, None]
    for state, following in zip(states.values(), names[1:], strict=True):
        if state["Type"] not in ("Choice", "Succeed", "Fail") and not {"Next", "End"} & state.keys():
            state |= {"Next": following} if following else {"End": True}
    return {"StartAt": names[0], "States": states}


def task(resource: str, arguments: dict, **fields) -> dict:
    return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Arguments": arguments, **fields}


def lasted_s(ended: dict) -> float:
    return (ended["stopDate"] - ended["startDate"]).total_seconds()


def test_a_wait_ends_at_the_time_that_an_expression_gives(cloud):
    now = datetime.fromisoformat(cloud.get("clock")["now"])
    until = (now + timedelta(minutes=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    remember = {"Type": "Pass", "Assign": {"until": "{% $states.input.until %}"}}
    ended = cloud.run(chain(Remember=remember, Rest={"Type": "Wait", "Timestamp": "{% $until %}"}), {"until": until})
    assert -1 <= ended["stopDate"].timestamp() - datetime.fromisoformat(until).timestamp() < 30


def test_a_wait_for_a_time_that_has_passed_ends_at_once(cloud):
    ended = cloud.run(chain(Rest={"Type": "Wait", "Timestamp": "{% '2020-01-01T00:00:00Z' %}"}))
    assert ended["status"] == "SUCCEEDED"
    assert lasted_s(ended) < 30


def test_a_wait_takes_as_many_seconds_as_an_expression_gives(cloud):
    remember = {"Type": "Pass", "Assign": {"wait_s": "{% $states.input.wait_s * 2 %}"}}
    ended = cloud.run(chain(Remember=remember, Rest={"Type": "Wait", "Seconds": "{% $wait_s %}"}), {"wait_s": 60})
    assert 118 <= lasted_s(ended) < 160


def test_an_expression_reads_the_clock_of_the_cloud(cloud):
    now = {"Type": "Succeed", "Output": "{% [$now(), $fromMillis($millis())] %}"}
    for seen in cloud.run(chain(Now=now))["output"]:
        ago_s = datetime.fromisoformat(cloud.get("clock")["now"]) - datetime.fromisoformat(seen)
        assert timedelta() <= ago_s < timedelta(minutes=2)


@pytest.mark.parametrize("condition", ["$states.input.word", "$states.input.missing", "1"])
def test_a_condition_is_true_or_false_and_nothing_else(cloud, condition):
    choose = {"Type": "Choice", "Choices": [{"Condition": f"{{% {condition} %}}", "Next": "Done"}], "Default": "Done"}
    ended = cloud.run(chain(Choose=choose, Done={"Type": "Succeed"}), {"word": "yes"})
    assert ended["error"] == "States.QueryEvaluationError"


def test_a_loop_over_pages_reads_every_page(cloud, key):
    cloud.servers(12, key=key)
    ask = {"Filters": [{"Name": "encrypted", "Values": ["true"]}], "MaxResults": 5}
    read = task(
        "aws-sdk:ec2:describeVolumes",
        "{% $merge([$ask, $more]) %}",
        Assign={
            "found": f"{{% $append($found, $states.result.Volumes[KmsKeyId = '{key}'].Attachments.InstanceId) %}}",
            "more": "{% {'NextToken': $states.result.NextToken} %}",
        },
        Output="{% $states.input %}",
    )
    more = {"Type": "Choice", "Choices": [{"Condition": "{% $exists($more.NextToken) %}", "Next": "Read"}]}
    ended = cloud.run(
        chain(
            Begin={"Type": "Pass", "Assign": {"ask": ask, "more": {}, "found": "{% [] %}"}},
            Read=read,
            More={**more, "Default": "Done"},
            Done={"Type": "Succeed", "Output": "{% $count($distinct($found)) %}"},
        )
    )
    assert ended["output"] == 12
    assert len(cloud.calls("ec2", "DescribeVolumes")) == 3


def test_a_map_within_a_distributed_map_asks_each_server_alone(cloud):
    good, other = cloud.servers(2)
    bad = "i-0123456789abcdef0"
    refused = {"ErrorEquals": ["States.ALL"], "Output": "{% {'id': $states.input, 'no': true} %}", "Next": "Refused"}
    alone = chain(
        Stop=task(
            "aws-sdk:ec2:stopInstances",
            {"InstanceIds": ["{% $states.input %}"]},
            Catch=[refused],
            Output="{% $states.result.StoppingInstances[0].{'id': InstanceId, 'before': PreviousState.Name} %}",
            End=True,
        ),
        Refused={"Type": "Pass"},
    )
    batch = chain(
        Take={"Type": "Pass", "Assign": {"ids": "{% $states.input.ids %}"}},
        Each={
            "Type": "Map",
            "Items": "{% $ids %}",
            "MaxConcurrency": 10,
            "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, **alone},
            "Assign": {"answers": "{% $states.result %}"},
        },
        Done={"Type": "Succeed", "Output": "{% [$answers] %}"},
    )
    outer = {
        "Type": "Map",
        "Items": "{% $states.input.batches %}",
        "MaxConcurrency": 10,
        "ToleratedFailurePercentage": 100,
        "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **batch},
    }
    ended = cloud.run(chain(Batches=outer), {"batches": [{"ids": [good, bad]}, {"ids": [other]}]})
    stopped = [{"id": id, "before": "running"} for id in (good, other)]
    assert ended["output"] == [[stopped[0], {"id": bad, "no": True}], [stopped[1]]]


def test_a_distributed_map_over_nothing_succeeds_with_an_empty_list(cloud):
    mode = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    nothing = {"Type": "Map", "Items": "{% [] %}", "ItemProcessor": {**mode, **chain(One={"Type": "Pass"})}}
    nothing["Assign"] = {"superseded": "{% 'superseded' in $states.result.verdict %}"}
    ended = cloud.run(chain(Batches=nothing, Done={"Type": "Succeed", "Output": "{% [$superseded] %}"}))
    assert ended["output"] == [False]


def test_a_failed_run_names_its_ending(cloud):
    take = {"Type": "Pass", "Assign": {"ended": "{% $states.input %}"}}
    fail = {"Type": "Fail", "Error": "{% $ended.ending %}", "Cause": "{% $ended.reason %}"}
    ended = cloud.run(chain(Take=take, Failed=fail), {"ending": "shutdown_incomplete", "reason": "one is left"})
    assert (ended["status"], ended["error"], ended["cause"]) == ("FAILED", "shutdown_incomplete", "one is left")


PASS = {"Type": "Pass", "End": True}
LOOP = {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "Inner", "States": {"Inner": {**PASS, "Assign": {"x": 2}}}}


@pytest.mark.parametrize(
    ("states", "fault"),
    [
        ({"One": {"Type": "Pass", "Next": "Nowhere"}}, "Missing target 'Nowhere'"),
        ({"One": PASS, "Alone": PASS}, "State 'Alone' is not reachable"),
        ({"One": {"Type": "Pass"}}, "either Next or End"),
        ({"One": {**PASS, "ResultPath": "$.x"}}, "JSONata knows no ResultPath"),
        (
            {"One": {**PASS, "Type": "Map", "ItemProcessor": LOOP, "Assign": {"x": 1}}},
            "'x' is a variable of an outer scope",
        ),
    ],
)
def test_a_definition_that_cannot_run_is_refused_when_it_is_made(cloud, states, fault):
    with pytest.raises(cloud.client("stepfunctions").exceptions.ClientError, match=f"InvalidDefinition.*{fault}"):
        cloud.run({"StartAt": "One", "States": states})


@pytest.fixture
def heard(cloud, queue):
    """What the bus delivered from Lockstep."""
    events, sqs, (url, arn) = cloud.client("events"), cloud.client("sqs"), queue
    events.put_rule(Name="lockstep", EventPattern=json.dumps({"source": ["lockstep"]}))
    events.put_targets(Rule="lockstep", Targets=[{"Id": "queue", "Arn": arn}])
    yield lambda: cloud.until(
        lambda: [json.loads(m["Body"]) for m in sqs.receive_message(QueueUrl=url).get("Messages", [])]
    )
    events.remove_targets(Rule="lockstep", Ids=["queue"])


@pytest.mark.parametrize(
    ("resource", "detail"),
    [("events:putEvents", "{% {'run': 'run-1'} %}"),
     ("aws-sdk:eventbridge:putEvents", "{% $string({'run': 'run-1'}) %}")],
)  # fmt: skip
def test_a_workflow_puts_an_event_on_the_bus(cloud, heard, resource, detail):
    ended = cloud.run(chain(Tell=task(resource, {"Entries": [{**EVENT, "Detail": detail}]})))
    assert ended["output"]["FailedEntryCount"] == 0
    [event] = heard()
    assert (event["detail-type"], event["detail"]) == ("Lockstep Run Ended", {"run": "run-1"})
    # The optimized integration adds who said so.
    assert (ended["executionArn"] in event["resources"]) == (resource == "events:putEvents")


def test_an_event_that_the_bus_refuses_fails_the_task(cloud):
    refused = {"Entries": [{**EVENT, "Source": "aws.kms", "Detail": {}}]}
    assert cloud.run(chain(Tell=task("events:putEvents", refused)))["error"] == "EventBridge.FailedEntry"


@pytest.mark.parametrize(
    ("service", "operation", "kind", "error"),
    [
        ("events", "PutEvents", "throttle", "EventBridge.ThrottlingException"),
        ("events", "PutEvents", "lost_answer", "EventBridge.SdkClientException"),
        ("lambda", "Invoke", "throttle", "Lambda.TooManyRequestsException"),
        ("lambda", "Invoke", "error", "Lambda.ServiceException"),
        ("lambda", "Invoke", "deny", "Lambda.AWSLambdaException"),
        ("lambda", "Invoke", "timeout", "States.Timeout"),
    ],
)
def test_a_fault_of_a_service_has_the_name_that_aws_gives_it(cloud, function, service, operation, kind, error):
    cloud.ask("POST", "faults", {"service": service, "operation": operation, "kind": kind})
    tell = task("events:putEvents", {"Entries": [{**EVENT, "Detail": {}}]})
    invoke = task("lambda:invoke", {"FunctionName": function, "Payload": {}}, TimeoutSeconds=60)
    assert cloud.run(chain(Do=tell if service == "events" else invoke))["error"] == error
