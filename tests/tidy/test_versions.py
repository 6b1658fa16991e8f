"""A run calls the versions of the functions that were the newest when it began, and a setting makes a new version."""

import re
from typing import Any

import pytest

from tests.tidy.template import RESOURCES, TEMPLATE

WORKFLOWS = {n: r["Properties"] for n, r in RESOURCES.items() if r["Type"] == "AWS::Serverless::StateMachine"}
PARAMETERS = TEMPLATE["Parameters"].keys()
CALLED = sorted({name for made in WORKFLOWS.values() for name in made["DefinitionSubstitutions"] if name in RESOURCES})
FUNCTIONS = [name for name in CALLED if RESOURCES[name]["Type"] == "AWS::Serverless::Function"]


def parameters_in(value: Any) -> set[str]:
    words = set(re.findall(r"\w+", str(value)))
    return words & PARAMETERS


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_calls_versions_and_its_role_may_call_every_version_of_them_and_nothing_else(name):
    called = {key: value for key, value in WORKFLOWS[name]["DefinitionSubstitutions"].items() if key in FUNCTIONS}
    assert called == {function: {"Ref": f"{function}.Version"} for function in called}
    allowed = [
        resource
        for statement in WORKFLOWS[name]["Policies"][1]["Statement"]
        if statement["Action"] == "lambda:InvokeFunction"
        for resource in (statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]])
    ]
    assert allowed == [{"Fn::Sub": f"${{{function}.Arn}}:*"} for function in called]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_whatever_changes_of_a_function_that_a_workflow_calls_makes_a_version(name):
    """SAM sees what changes in the template, and not what parameters are given; the version's description does."""
    function, more = RESOURCES[name], RESOURCES[name]["Properties"]
    assert more["AutoPublishAlias"] == "live" and more["AutoPublishAliasAllProperties"] is True
    settings = parameters_in(more.get("Environment")) | parameters_in(TEMPLATE["Globals"]["Function"]["Environment"])
    assert settings == parameters_in(more.get("VersionDescription"))
    # What is replaced is deleted if nothing says otherwise, and a run under way may call it.
    assert function.get("UpdateReplacePolicy") == ("Retain" if settings else None)


def test_what_is_called_by_no_workflow_is_the_newest_and_has_no_versions():
    """Each of their invocations is one whole act; and a rule, a schedule and an operator know no version."""
    others = {n: r["Properties"] for n, r in RESOURCES.items() if r["Type"] == "AWS::Serverless::Function"}
    assert {n for n, made in others.items() if "AutoPublishAlias" not in made} == others.keys() - set(FUNCTIONS)
    assert "AutoPublishAlias" not in TEMPLATE["Globals"]["Function"]
