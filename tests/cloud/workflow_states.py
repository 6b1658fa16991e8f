"""States where MiniStack falls short: Parallel and Succeed in JSONata, limits, and the history of inner states."""

import contextvars
import copy
import json
import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from ministack.services import stepfunctions
from ministack.services.stepfunctions import _ExecutionError

INNER = {
    "Pass": "_execute_pass",
    "Task": "_execute_task",
    "Choice": "_execute_choice",
    "Wait": "_execute_wait",
    "Parallel": "_execute_parallel",
    "Map": "_execute_map",
}
TAKES_EXECUTION = ("Task", "Parallel", "Map")
LONGEST_PAYLOAD = 256 * 1024

# The execution that is run, after those it is a child of: a child stops when any of them has ended.
lineage: ContextVar[tuple[dict, ...]] = ContextVar("lineage", default=())

Context = dict[str, Any]


def role_of(execution: dict) -> str | None:
    """The role that the outermost execution was started with, which its machine may no longer have."""
    return (*lineage.get(), execution)[0].get("roleArn")


def install() -> None:
    stepfunctions._run_sub_machine = run_inner_states
    stepfunctions._run_parallel_branches = _run_parallel
    stepfunctions._apply_output_path = _apply_output_path
    stepfunctions._fail_execution = _fail_unless_ended
    stepfunctions._evaluate_jsonata_choice_rule = _is_chosen
    for name in INNER.values():
        setattr(stepfunctions, name, _limited(getattr(stepfunctions, name)))


_ministack_parallel = stepfunctions._run_parallel_branches
_ministack_output_path = stepfunctions._apply_output_path
_ministack_fail = stepfunctions._fail_execution


def _limited(execute: Callable) -> Callable:
    """No state may hand on more than 256 KiB."""

    def execute_within_limit(*arguments: Any) -> tuple[Any, str | None]:
        output, following = execute(*arguments)
        if len(json.dumps(output, ensure_ascii=False).encode()) > LONGEST_PAYLOAD:
            raise _ExecutionError("States.DataLimitExceeded", "The output of a state is longer than 256 KiB")
        return output, following

    return execute_within_limit


def _fail_unless_ended(execution: dict, error: str, cause: str) -> None:
    # What was stopped or timed out stays so, whatever its last state still reports.
    if execution["status"] == "RUNNING":
        _ministack_fail(execution, error, cause)


def _is_chosen(rule: dict, raw_input: Any, ctx: Context) -> bool:
    """A condition that is neither true nor false is an error, however true it may seem."""
    return stepfunctions._jsonata_state_field(rule, "Condition", "boolean", raw_input, ctx)


def is_jsonata(state: dict, ctx: Context) -> bool:
    return stepfunctions._state_query_language(state, ctx) == "JSONata"


def run_inner_states(states: dict, start_at: str, input_data: Any, execution: dict, ctx: Context) -> Any:
    """The states of a branch or an iteration, each entered into the history as AWS does."""
    name, current = start_at, copy.deepcopy(input_data)
    while name:
        ended = next((e["status"] for e in (*lineage.get(), execution) if e["status"] != "RUNNING"), None)
        if ended:
            raise _ExecutionError("States.Timeout", f"The execution is {ended}")
        if name not in states:
            raise _ExecutionError("States.Runtime", f"State '{name}' not found")
        state, entered = states[name], name
        ctx["State"] = {"Name": name, "EnteredTime": stepfunctions.now_iso(), "RetryCount": 0}
        kind = state.get("Type")
        _enter(execution, kind, entered, current)
        if kind == "Succeed":
            current = _apply_output_path(state, stepfunctions._apply_input_path(state, current, ctx), ctx)
            name = None
        elif kind == "Fail":
            raise _ExecutionError(*stepfunctions._fail_state_error(state, current, ctx))
        elif kind not in INNER:
            raise _ExecutionError("States.Runtime", f"Unknown state type: {kind}")
        else:
            execute = getattr(stepfunctions, INNER[kind])
            arguments = (state, current, execution, ctx) if kind in TAKES_EXECUTION else (state, current, ctx)
            current, name = execute(*arguments)
        details = {"name": entered, "output": json.dumps(current)}
        stepfunctions._add_event(execution, f"{kind}StateExited", {"stateExitedEventDetails": details})
    return current


def _enter(execution: dict, kind: str | None, name: str, current: Any) -> None:
    details = {"name": name, "input": json.dumps(current)}
    stepfunctions._add_event(execution, f"{kind}StateEntered", {"stateEnteredEventDetails": details})


def _apply_output_path(state: dict, data: Any, ctx: Context | None = None) -> Any:
    if state.get("Type") == "Succeed" and is_jsonata(state, ctx or {}):
        return stepfunctions._apply_jsonata_output(state, data, ctx, default=data)
    return _ministack_output_path(state, data, ctx)


def _run_parallel(state: dict, raw_input: Any, execution: dict, ctx: Context) -> tuple[Any, str | None]:
    if not is_jsonata(state, ctx):
        return _ministack_parallel(state, raw_input, execution, ctx)
    effective = stepfunctions._apply_jsonata_arguments(state, raw_input, ctx)
    branches = state.get("Branches", [])
    results: list[Any] = [None] * len(branches)
    errors: list[Exception] = []

    def run(index: int, branch: dict) -> None:
        try:
            # What a branch assigns is its own: it never reaches the outer variables.
            inner = {**ctx, "variables": dict(ctx.get("variables", {}))}
            results[index] = run_inner_states(branch["States"], branch["StartAt"], effective, execution, inner)
        except Exception as error:
            errors.append(error)

    threads = [
        threading.Thread(target=contextvars.copy_context().run, args=(run, i, b), daemon=True)
        for i, b in enumerate(branches)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        first = errors[0]
        raise first if isinstance(first, _ExecutionError) else _ExecutionError("States.BranchFailed", str(first))
    output = stepfunctions._apply_jsonata_output(state, raw_input, ctx, result=results, default=results)
    stepfunctions._apply_state_assign(state, raw_input, ctx, result=results)
    return output, stepfunctions._next_or_end(state)
