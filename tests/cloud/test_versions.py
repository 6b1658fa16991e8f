"""What a deploy leaves alone: versions of functions that were published, and executions that have begun."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cloud.conftest import BOOTSTRAP, ROLE, make_function, packed

CODE = "def handle(event, context): return {}"
SETTING = {"Environment": {"Variables": {"WORD": {"Ref": "Word"}}}}
PUBLISHED = {"AutoPublishAlias": "live", "AutoPublishAliasAllProperties": True}
MACHINE = {"StartAt": "Call", "States": {"Call": {"Type": "Pass", "Result": "${Told}", "End": True}}}
TEMPLATE: dict[str, Any] = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Transform": "AWS::Serverless-2016-10-31",
    "Globals": {"Function": {"Runtime": "python3.12", "Handler": "index.handle", **SETTING, **PUBLISHED}},
    "Parameters": {"Word": {"Type": "String"}},
    "Resources": {
        # It says what it is made of, so that a parameter which changes replaces its version.
        "Told": {
            "Type": "AWS::Serverless::Function",
            "UpdateReplacePolicy": "Retain",
            "Properties": {"InlineCode": CODE, "Role": ROLE, "VersionDescription": {"Ref": "Word"}},
        },
        "Untold": {"Type": "AWS::Serverless::Function", "Properties": {"InlineCode": CODE, "Role": ROLE}},
        "Machine": {
            "Type": "AWS::Serverless::StateMachine",
            "Properties": {
                "Role": ROLE,
                "Definition": MACHINE,
                "DefinitionSubstitutions": {"Told": {"Ref": "Told.Version"}},
            },
        },
    },
}


@pytest.fixture
def deploy(cloud) -> Iterator[Any]:
    formation, deployed = cloud.client("cloudformation"), []

    def deploy_stack(word: str, code: str = CODE) -> dict[str, str]:
        template = json.loads(json.dumps(TEMPLATE).replace(json.dumps(CODE), json.dumps(code)))
        asked = {"StackName": "again", "TemplateBody": json.dumps(template), "Capabilities": ["CAPABILITY_AUTO_EXPAND"]}
        asked["Parameters"] = [{"ParameterKey": "Word", "ParameterValue": word}]
        (formation.update_stack if deployed else formation.create_stack)(**asked)
        waiter = formation.get_waiter("stack_update_complete" if deployed else "stack_create_complete")
        waiter.wait(StackName="again", WaiterConfig={"Delay": 1})
        deployed.append(word)
        found = formation.describe_stack_resources(StackName="again")["StackResources"]
        return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in found}

    yield deploy_stack
    formation.delete_stack(StackName="again")


def words(cloud, function: str) -> dict[str, str]:
    """Of each version the word it was published with."""
    found = cloud.client("lambda").list_versions_by_function(FunctionName=function)["Versions"]
    return {version["Version"]: version["Environment"]["Variables"]["WORD"] for version in found}


def called(cloud, machine: str) -> str:
    """The number of the version that the next execution calls."""
    found = cloud.client("stepfunctions").describe_state_machine(stateMachineArn=machine)["definition"]
    return json.loads(found)["States"]["Call"]["Result"].rsplit(":", 1)[-1]


def test_a_version_keeps_the_code_and_the_environment_it_was_published_with(cloud):
    functions = cloud.client("lambda")
    make_function(cloud, "kept", BOOTSTRAP.replace('"event": event', '"code": "first"'))
    functions.update_function_configuration(FunctionName="kept", Environment={"Variables": {"WORD": "first"}})
    assert functions.publish_version(FunctionName="kept")["Version"] == "1"

    def answer(function: str) -> tuple[str, str]:
        told = json.load(functions.invoke(FunctionName=function, Payload=b"{}")["Payload"])
        return told["code"], told["word"]

    assert answer("kept:1") == ("first", "first")
    program = packed(BOOTSTRAP.replace('"event": event', '"code": "second"'))
    functions.update_function_code(FunctionName="kept", ZipFile=program)
    functions.update_function_configuration(FunctionName="kept", Environment={"Variables": {"WORD": "second"}})
    assert functions.publish_version(FunctionName="kept")["Version"] == "2"
    assert [answer(name) for name in ("kept:1", "kept:2", "kept")] == [("first",) * 2, ("second",) * 2, ("second",) * 2]
    functions.delete_function(FunctionName="kept")


def test_the_next_deploy_publishes_the_next_version_and_the_workflow_calls_it(cloud, deploy):
    made = deploy("first")
    assert called(cloud, made["Machine"]) == "1"
    deploy("first", CODE.replace("{}", "None"))
    assert called(cloud, made["Machine"]) == "2"
    assert words(cloud, made["Told"]).keys() == {"$LATEST", "1", "2"}


def test_a_parameter_makes_a_version_only_where_the_version_tells_of_it(cloud, deploy):
    """SAM looks at the template, in which nothing has changed (aws/serverless-application-model#3820)."""
    made = deploy("first")
    deploy("second")
    assert words(cloud, made["Untold"]) == {"$LATEST": "second", "1": "first"}
    assert words(cloud, made["Told"]) == {"$LATEST": "second", "1": "first", "2": "second"}
    assert called(cloud, made["Machine"]) == "2"


def test_an_execution_goes_on_with_the_definition_that_it_began_with(cloud):
    states = cloud.client("stepfunctions")

    def definition(word: str) -> str:
        wait, done = {"Type": "Wait", "Seconds": 120, "Next": word}, {"Type": "Pass", "Output": word, "End": True}
        return json.dumps({"QueryLanguage": "JSONata", "StartAt": "Wait", "States": {"Wait": wait, word: done}})

    asked = {"name": "renewed", "definition": definition("first"), "roleArn": ROLE}
    machine = states.create_state_machine(**asked)["stateMachineArn"]
    old = states.start_execution(stateMachineArn=machine)["executionArn"]
    cloud.until(lambda: len(states.get_execution_history(executionArn=old)["events"]) > 1)
    states.update_state_machine(stateMachineArn=machine, definition=definition("second"))
    new = states.start_execution(stateMachineArn=machine)["executionArn"]
    ended = [
        cloud.until(lambda arn=arn: (d := states.describe_execution(executionArn=arn))["status"] == "SUCCEEDED" and d)
        for arn in (old, new)
    ]
    assert [json.loads(found["output"]) for found in ended] == ["first", "second"]
    states.delete_state_machine(stateMachineArn=machine)
