"""Every state of every workflow, found in the files, so that a new state is held to the rules the day it is added."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "statemachine").glob("*.asl.json"))
# Calls that change the fleet: tried again only after a fresh look at the key, so never by Retry.
ACTS = (
    "ec2:stopInstances",
    "ec2:startInstances",
    "ssm:sendCommand",
    "rds:stopDBInstance",
    "rds:startDBInstance",
    "rds:stopDBCluster",
    "rds:startDBCluster",
    "autoscaling:suspendProcesses",
    "autoscaling:resumeProcesses",
    "ecs:updateService",
    "applicationautoscaling:registerScalableTarget",
)
# By the service of a resource: how Step Functions names the error by which that service slows a caller down. EC2
# models no errors and RDS not this one, so theirs is one of all that are named after the service.
THROTTLED = {
    "lambda": "Lambda.TooManyRequestsException",
    "events": "EventBridge.ThrottlingException",
    "ec2": "Ec2.Ec2Exception",
    "ssm": "Ssm.ThrottlingException",
    "rds": "Rds.RdsException",
    "autoscaling": "AutoScaling.AutoScalingException",
    "ecs": "Ecs.EcsException",
    "applicationautoscaling": "ApplicationAutoScaling.ApplicationAutoScalingException",
    "resourcegroupstaggingapi": "ResourceGroupsTaggingApi.ThrottledException",
    "cloudtrail": "CloudTrail.CloudTrailException",
    "sesv2": "SesV2.TooManyRequestsException",
    "eventbridge": "EventBridge.EventBridgeException",
}
LONGEST_EXPRESSION = 185
JSONPATH = {
    "InputPath",
    "OutputPath",
    "ResultPath",
    "ResultSelector",
    "Parameters",
    "ItemsPath",
    "SecondsPath",
    "TimestampPath",
}


def states(machine: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in machine["States"].items():
        yield f"{path}{name}", state
        for inner in [*state.get("Branches", []), *([state["ItemProcessor"]] if "ItemProcessor" in state else [])]:
            yield from states(inner, f"{path}{name} / ")


EVERY = [(f"{file.stem}: {name}", state) for file in FILES for name, state in states(json.loads(file.read_text()))]
TASKS = [(name, state) for name, state in EVERY if state["Type"] == "Task"]
every_state = pytest.mark.parametrize(("name", "state"), EVERY, ids=[name for name, _ in EVERY])
every_task = pytest.mark.parametrize(("name", "state"), TASKS, ids=[name for name, _ in TASKS])


def acts(state: dict[str, Any]) -> bool:
    return state["Resource"].endswith(ACTS)


def service(state: dict[str, Any]) -> str:
    return state["Resource"].split(":::")[1].removeprefix("aws-sdk:").split(":")[0]


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from strings(part)


def test_the_workflows_are_known_by_name_and_end_in_time():
    assert [file.name for file in FILES] == [
        "checkup.asl.json", "notice.asl.json", "shutdown.asl.json", "startup.asl.json",
    ]  # fmt: skip
    for file in FILES:
        machine = json.loads(file.read_text())
        assert machine["QueryLanguage"] == "JSONata" and machine["TimeoutSeconds"] > 0 and machine["Comment"]


@every_state
def test_a_state_reads_as_english(name, state):
    short = name.split(": ", 1)[1].split(" / ")[-1]
    assert re.fullmatch(r"[A-Z][a-z']*( [a-z']+)*\??", short), short
    assert state.get("Comment"), "a comment says why"
    assert (state["Type"] == "Choice") == short.endswith("?"), "a choice is a question, and only a choice"


@every_state
def test_a_state_selects_and_computes_nothing(name, state):
    own = {key: value for key, value in state.items() if key not in ("ItemProcessor", "Branches")}
    assert not JSONPATH & own.keys()
    assert not [text for text in strings(own) if len(text) > LONGEST_EXPRESSION]
    assert not [text for text in strings(own) if re.search(r"\bfunction\s*\(|\$eval|\$reduce", text)]


@every_task
def test_a_task_ends_in_time(name, state):
    assert 0 < state["TimeoutSeconds"] <= 300


@every_task
def test_a_task_is_tried_again_by_named_errors_with_jitter(name, state):
    if acts(state):
        assert "Retry" not in state, "a call that changes the fleet follows a fresh look at the key"
        assert state["Catch"]
        return
    for retry in state["Retry"]:
        assert not {"States.ALL", "States.TaskFailed"} & set(retry["ErrorEquals"])
        assert "States.Timeout" in retry["ErrorEquals"]
        assert retry["JitterStrategy"] == "FULL" and retry["BackoffRate"] > 1
        assert retry["MaxDelaySeconds"] <= 60 and retry["MaxAttempts"] >= 2


@every_task
def test_a_task_that_is_tried_again_is_tried_again_when_its_service_throttles(name, state):
    for retry in state.get("Retry", ()):
        assert THROTTLED[service(state)] in retry["ErrorEquals"]


def test_every_service_that_is_called_is_called_by_a_task_that_is_tried_again():
    assert {service(state) for _, state in TASKS if "Retry" in state} == THROTTLED.keys()


def test_maps_over_batches_let_one_batch_fail_alone():
    maps = [(name, state) for name, state in EVERY if state["Type"] == "Map" and " / " not in name]
    # The trails of an account are few.
    assert [name for name, state in maps if "Label" not in state] == ["checkup.asl: Look at each trail"]
    batches = [state for _, state in maps if "Label" in state]
    assert len(batches) == 10
    for state in batches:
        assert state["ItemProcessor"]["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
        assert state["Catch"] and 0 < state["MaxConcurrency"] <= 40
        if "${ConfirmBatchFunction}" in strings(state):
            assert state["ToleratedFailurePercentage"] == 100


def test_the_search_asks_for_every_tag_of_a_server_that_is_read():
    """By name, for a page has an end: a tag that is not named here is as good as not there."""
    tags = dict(EVERY)["shutdown.asl: Read their tags"]
    [asked] = [of["Values"] for of in tags["Arguments"]["Filters"] if of["Name"] == "key"]
    domain = "".join(file.read_text() for file in (ROOT / "functions/shared/domain/src").rglob("*.rs"))
    assert set(asked) == {*re.findall(r'"(lockstep:[a-z-]+)"', domain), "Name", "aws:autoscaling:groupName"}


def test_the_checkup_changes_nothing():
    """The one command that it sends has the units document only look."""
    tasks = [state for name, state in TASKS if name.startswith("checkup.asl: ")]
    sent = [state["Arguments"] for state in tasks if acts(state)]
    assert [(of["DocumentName"], of["Parameters"]["Verb"]) for of in sent] == [("${UnitsDocument}", ["look"])]
    looks = [state["Resource"].rsplit(":", 1)[1] for state in tasks if not acts(state)]
    assert looks and all(re.match(r"(describe|get|list)[A-Z]", call) for call in looks)


def test_every_act_comes_right_after_the_batch_is_confirmed():
    """Nothing but choices and looks stands between the two, and no wait."""
    for file in FILES:
        if file.stem == "checkup.asl":
            continue
        for batches in (
            state["ItemProcessor"]["States"] for _, state in states(json.loads(file.read_text())) if "Label" in state
        ):
            acting = {name for name, state in batches.items() if any(map(acts, tasks_of({name: state})))}
            seen, front = set(), acting
            while front := {name for name, state in batches.items() if front & nexts(state)} - seen - acting:
                seen |= front
                front = {name for name in front if "${ConfirmBatchFunction}" not in strings(batches[name])}
                assert all(passes(batches[name]) for name in front), front


def passes(state: dict[str, Any]) -> bool:
    return state["Type"] == "Choice" or bool(re.search(r":describe\w+$", state.get("Resource", "")))


def tasks_of(of: dict[str, Any]) -> list[dict[str, Any]]:
    return [state for _, state in states({"States": of}) if state["Type"] == "Task"]


def nexts(state: dict[str, Any]) -> set[str]:
    return {state.get("Next"), state.get("Default"), *(choice["Next"] for choice in state.get("Choices", ()))}


def test_every_substitution_is_given_by_the_template():
    template = (ROOT / "template.yaml").read_text()
    for file in FILES:
        wanted = set(re.findall(r"\$\{(\w+)\}", file.read_text()))
        block = re.search(
            rf"DefinitionUri: statemachine/{file.name}\n      DefinitionSubstitutions:\n((?:        .*\n)+)", template
        )
        assert block and set(re.findall(r"^        (\w+):", block[1], re.M)) == wanted
