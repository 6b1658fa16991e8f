"""Histories as Step Functions writes them: MiniStack leaves events out, and AWS ends an execution at 25,000 of them.

Besides the missing events, a task's parameters and what a state assigns are told, as in AWS: both count as payloads.
"""

import json
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from ministack.services import stepfunctions

from tests.cloud.workflow_states import Context

# What the state that is being run asks its service, and what it has assigned.
_asked: ContextVar[Any] = ContextVar("asked", default=None)
_assigned: ContextVar[dict[str, str] | None] = ContextVar("assigned", default=None)


def install() -> None:
    stepfunctions._add_event = _add_event
    stepfunctions._apply_jsonata_arguments = _remembered(stepfunctions._apply_jsonata_arguments)
    stepfunctions._apply_state_assign = _told(stepfunctions._apply_state_assign)
    stepfunctions._run_map_items = _bracketed("MapState", stepfunctions._run_map_items, execution_at=2)
    stepfunctions._run_distributed_map = _bracketed("MapRun", stepfunctions._run_distributed_map, execution_at=4)
    stepfunctions._run_sub_machine = _iterated(stepfunctions._run_sub_machine)


_ministack_add = stepfunctions._add_event


def _add_event(execution: dict, kind: str, details: dict | None = None) -> dict:
    if kind.endswith("StateEntered"):
        _asked.set(None)
        _assigned.set(None)
    elif kind.endswith("StateExited") and (assigned := _assigned.get()):
        details = {"stateExitedEventDetails": {**details["stateExitedEventDetails"], "assignedVariables": assigned}}
    elif kind == "TaskScheduled":
        told = {**details["taskScheduledEventDetails"], "parameters": _text(_asked.get())}
        scheduled = _ministack_add(execution, kind, {"taskScheduledEventDetails": told})
        _ministack_add(execution, "TaskStarted", {"taskStartedEventDetails": {"resource": told["resource"]}})
        return scheduled
    return _ministack_add(execution, kind, details)


def _remembered(apply_arguments: Callable) -> Callable:
    def apply_and_remember(*arguments: Any) -> Any:
        asked = apply_arguments(*arguments)
        _asked.set(asked)
        return asked

    return apply_and_remember


def _told(apply_assign: Callable) -> Callable:
    """A state assigns where it ends, where a choice is taken, or where an error is caught."""

    def apply_and_tell(state: dict, raw_input: Any, ctx: Context, **seen: Any) -> None:
        apply_assign(state, raw_input, ctx, **seen)
        variables = ctx.get("variables", {})
        _assigned.set({name: _text(variables[name]) for name in state.get("Assign", {}) if name in variables})

    return apply_and_tell


def _bracketed(what: str, run: Callable, execution_at: int) -> Callable:
    def run_between_events(*arguments: Any) -> Any:
        execution = arguments[execution_at]
        _ministack_add(execution, f"{what}Started")
        try:
            result = run(*arguments)
        except Exception:
            _ministack_add(execution, f"{what}Failed")
            raise
        _ministack_add(execution, f"{what}Succeeded")
        return result

    return run_between_events


def _iterated(run: Callable) -> Callable:
    bracketed = _bracketed("MapIteration", run, execution_at=3)

    def run_iteration(states: dict, start_at: str, item: Any, execution: dict, ctx: Context) -> Any:
        # A branch of a Parallel in JSONPath comes this way, too.
        return (bracketed if "Map" in ctx else run)(states, start_at, item, execution, ctx)

    return run_iteration


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
