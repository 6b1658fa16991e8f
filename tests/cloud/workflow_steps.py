"""Says in whose name a workflow calls, and lets a task be carried out twice."""

from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions

from tests.cloud import calls, faults
from tests.cloud.workflow_states import Context, lineage, role_of


def install() -> None:
    stepfunctions._execute_task = _named(stepfunctions._execute_task)
    stepfunctions._invoke_resource_with_timeout = _repeated(stepfunctions._invoke_resource_with_timeout)


def _named(execute: Callable) -> Callable:
    def execute_by_name(state: dict, raw_input: Any, execution: dict, ctx: Context) -> tuple[Any, str | None]:
        machine = execution["stateMachineArn"].split(":stateMachine:")[-1]
        run = (*lineage.get(), execution)[0]["name"]
        named = {"machine": machine, "state": ctx["State"]["Name"], "run": run, "role": role_of(execution)}
        token = calls.step.set(named)
        try:
            return execute(state, raw_input, execution, ctx)
        finally:
            calls.step.reset(token)

    return execute_by_name


def _repeated(invoke: Callable) -> Callable:
    """AWS promises each task of a standard workflow once, and a redrive or a lost answer makes it twice."""

    def invoke_again_if_asked(resource: str, arguments: Any, timeout: float) -> Any:
        result = invoke(resource, arguments, timeout)
        if faults.is_repeated(calls.step.get()):
            result = invoke(resource, arguments, timeout)
        return result

    return invoke_again_if_asked
