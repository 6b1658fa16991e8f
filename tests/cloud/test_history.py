"""Histories: as many events as Step Functions would write, with everything that counts as a payload."""

from collections import Counter

from tests.cloud.test_steps import chain, task

ASK = task("aws-sdk:ec2:describeInstances", {"MaxResults": 5}, Assign={"seen": "{% $states.result.Reservations %}"})
# As the AWS documentation of execution histories has them.
TASK = ["TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited"]


def events_of(cloud, arn: str) -> list[dict]:
    pages = cloud.client("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=arn)
    return [event for page in pages for event in page["events"]]


def mapped(mode: dict) -> dict:
    return {"Type": "Map", "Items": [1, 2], "ItemProcessor": {"ProcessorConfig": mode, **chain(Ask=dict(ASK))}}


def test_a_task_is_five_events_that_tell_parameters_result_and_variables(cloud):
    ended = cloud.run(chain(Ask=dict(ASK), Choose={"Type": "Choice", "Choices": [], "Default": "Done"},
                            Done={"Type": "Succeed"}))  # fmt: skip
    events = events_of(cloud, ended["executionArn"])
    ends = ["ChoiceStateEntered", "ChoiceStateExited", "SucceedStateEntered", "SucceedStateExited"]
    assert [e["type"] for e in events] == ["ExecutionStarted", *TASK, *ends, "ExecutionSucceeded"]
    assert events[2]["taskScheduledEventDetails"]["parameters"] == '{"MaxResults": 5}'
    assert events[5]["stateExitedEventDetails"]["assignedVariables"] == {"seen": "[]"}
    assert "assignedVariables" not in events[7]["stateExitedEventDetails"]


def test_an_inline_map_tells_its_iterations(cloud):
    ended = cloud.run(chain(Each=mapped({"Mode": "INLINE"})))
    each = ["MapIterationStarted", *TASK, "MapIterationSucceeded"]
    state = ["MapStateEntered", "MapStateStarted", *each, *each, "MapStateSucceeded", "MapStateExited"]
    told = Counter(event["type"] for event in events_of(cloud, ended["executionArn"]))
    assert told == Counter(["ExecutionStarted", *state, "ExecutionSucceeded"])


def test_a_distributed_map_leaves_its_iterations_to_its_children(cloud):
    ended = cloud.run(chain(Each=mapped({"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"})))
    run = ["MapRunStarted", "MapRunSucceeded"]
    state = ["MapStateEntered", "MapStateStarted", *run, "MapStateSucceeded", "MapStateExited"]
    told = [event["type"] for event in events_of(cloud, ended["executionArn"])]
    assert told == ["ExecutionStarted", *state, "ExecutionSucceeded"]
    states = cloud.client("stepfunctions")
    [map_run] = states.list_map_runs(executionArn=ended["executionArn"])["mapRuns"]
    children = states.list_executions(mapRunArn=map_run["mapRunArn"])["executions"]
    assert len(children) == 2
    for child in children:
        types = [event["type"] for event in events_of(cloud, child["executionArn"])]
        assert types == ["ExecutionStarted", *TASK, "ExecutionSucceeded"]
