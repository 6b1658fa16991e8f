"""Definitions that Step Functions refuses when a machine is made: MiniStack would fail them only when they run."""

import json
from collections.abc import Iterator
from typing import Any

from ministack.services import stepfunctions
from ministack.services.cloudformation import provisioners

ENDING = ("Succeed", "Fail")
JSONPATH_ONLY = {"InputPath", "OutputPath", "ResultPath", "ResultSelector", "Parameters", "ItemsPath", "SecondsPath"}
NAME_IS_AT_MOST = 80


def install() -> None:
    stepfunctions._validate_definition_jsonata = _fault_of
    provisioners._sfn_definition = _definition_of_template


_ministack_fault = stepfunctions._validate_definition_jsonata
_ministack_definition = provisioners._sfn_definition


def _fault_of(definition: str) -> str | None:
    return _ministack_fault(definition) or next(_faults(definition), None)


def _definition_of_template(properties: dict[str, Any]) -> str:
    definition = _ministack_definition(properties)
    if fault := _fault_of(definition):
        raise ValueError(f"AWS::StepFunctions::StateMachine is not valid: {fault}")
    return definition


def _faults(text: str) -> Iterator[str]:
    try:
        definition = json.loads(text)
    except (TypeError, ValueError):
        return
    if isinstance(definition, dict):
        yield from _faults_of_machine(definition, definition.get("QueryLanguage", "JSONPath"), set(), "/States")


def _faults_of_machine(machine: dict, language: str, outer: set[str], path: str) -> Iterator[str]:
    states = machine.get("States", {})
    own = set().union(*map(_assigned, states.values()))
    targets = {machine.get("StartAt")}.union(*map(_targets, states.values()))
    yield from (f"MISSING_TRANSITION_TARGET: Missing target '{name}' at {path}" for name in targets - states.keys())
    yield from (
        f"MISSING_TRANSITION_TARGET: State '{name}' is not reachable at {path}" for name in states.keys() - targets
    )
    yield from (
        f"SCHEMA_VALIDATION_FAILED: '{name}' is a variable of an outer scope, at {path}" for name in own & outer
    )
    for name, state in states.items():
        here = f"{path}/{name}"
        spoken = state.get("QueryLanguage", language)
        if len(name) > NAME_IS_AT_MOST:
            yield f"SCHEMA_VALIDATION_FAILED: a state's name has at most {NAME_IS_AT_MOST} characters, unlike {here}"
        if state.get("Type") not in (*ENDING, "Choice") and ("Next" in state) == bool(state.get("End")):
            yield f"SCHEMA_VALIDATION_FAILED: either Next or End is needed at {here}"
        if spoken == "JSONata" and (fields := JSONPATH_ONLY & state.keys()):
            yield f"SCHEMA_VALIDATION_FAILED: JSONata knows no {', '.join(sorted(fields))} at {here}"
        for inner in (*state.get("Branches", []), *filter(None, [state.get("ItemProcessor")])):
            # AWS does not say whether this holds for distributed Maps, too, which cannot see outer variables.
            apart = inner.get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED"
            yield from _faults_of_machine(inner, spoken, set() if apart else own | outer, f"{here}/States")


def _targets(state: dict) -> set[str]:
    ways = [state, *state.get("Catch", []), *state.get("Choices", [])]
    return {way[field] for way in ways for field in ("Next", "Default") if field in way}


def _assigned(state: dict) -> set[str]:
    return {
        name for way in (state, *state.get("Catch", []), *state.get("Choices", [])) for name in way.get("Assign", {})
    }
