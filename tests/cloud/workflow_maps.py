"""Distributed Maps in JSONata: each item is a child execution that knows its input and nothing else."""

import contextvars
import json
import math
import threading
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import stepfunctions
from ministack.services.stepfunctions import _ExecutionError

from tests.cloud import permissions
from tests.cloud.questions import Question
from tests.cloud.workflow_states import Context, is_jsonata, lineage, role_of, run_inner_states

MOST_AT_ONCE = 64
LONGEST_LABEL = 40
LONGEST_OUTPUT = 256 * 1024
COUNTS = (
    "pending", "running", "succeeded", "failed", "timedOut", "aborted", "total", "resultsWritten",
    "failuresNotRedrivable", "pendingRedrive",
)  # fmt: skip


def install() -> None:
    stepfunctions._run_distributed_map = _run_distributed_map


_ministack_distributed_map = stepfunctions._run_distributed_map


def _run_distributed_map(
    state: dict, raw_input: Any, effective: Any, iterator: dict, execution: dict, ctx: Context
) -> tuple[Any, str | None]:
    if not is_jsonata(state, ctx) or "ItemReader" in state:
        return _ministack_distributed_map(state, raw_input, effective, iterator, execution, ctx)
    items = _field(state, "Items", raw_input, ctx, raw_input)
    if not isinstance(items, list):
        raise _ExecutionError("States.QueryEvaluationError", f"Items must be an array, not {json.dumps(items)[:200]}")
    inputs = [_input_of(state, raw_input, ctx, index, item) for index, item in enumerate(items)]
    inputs = _batched(state, inputs, raw_input, ctx)
    machine = execution["stateMachineArn"]
    if not permissions.may(role_of(execution), Question("states:StartExecution", machine)):
        raise _ExecutionError("States.Permissions", f"The role of {machine} may not start its children")
    run = _MapRun(state, execution, ctx, len(inputs), int(_field(state, "MaxConcurrency", raw_input, ctx, 0)))
    results = run.every_child(inputs, iterator)
    run.close(
        tolerated_count=_field(state, "ToleratedFailureCount", raw_input, ctx, None),
        tolerated_percentage=_field(state, "ToleratedFailurePercentage", raw_input, ctx, None),
    )
    if len(json.dumps(results)) > LONGEST_OUTPUT:
        raise _ExecutionError("States.DataLimitExceeded", "The output of the Map is longer than 256 KiB")
    output = stepfunctions._apply_jsonata_output(state, raw_input, ctx, result=results, default=results)
    stepfunctions._apply_state_assign(state, raw_input, ctx, result=results)
    return output, stepfunctions._next_or_end(state)


def _field(state: dict, name: str, raw_input: Any, ctx: Context, default: Any) -> Any:
    return stepfunctions._apply_jsonata_template(state[name], raw_input, ctx) if name in state else default


def _input_of(state: dict, raw_input: Any, ctx: Context, index: int, item: Any) -> Any:
    if "ItemSelector" not in state:
        return item
    seen = {**ctx, "Map": {"Item": {"Index": index, "Value": item}}}
    return stepfunctions._apply_jsonata_template(state["ItemSelector"], raw_input, seen)


def _batched(state: dict, inputs: list, raw_input: Any, ctx: Context) -> list:
    if "ItemBatcher" not in state:
        return inputs
    batcher = state["ItemBatcher"]
    size = int(_field(batcher, "MaxItemsPerBatch", raw_input, ctx, len(inputs) or 1))
    shared = {"BatchInput": _field(batcher, "BatchInput", raw_input, ctx, None)} if "BatchInput" in batcher else {}
    groups = [inputs[n * size : (n + 1) * size] for n in range(math.ceil(len(inputs) / size))]
    return [{**shared, "Items": group} for group in groups]


class _MapRun:
    """The Map Run as ListMapRuns, DescribeMapRun and ListExecutions(mapRunArn) report it."""

    def __init__(self, state: dict, execution: dict, ctx: Context, total: int, at_once: int) -> None:
        _, _, _, region, account, _, machine = execution["stateMachineArn"].split(":")[:7]
        self.label = state.get("Label") or new_uuid()
        if len(self.label) > LONGEST_LABEL:
            raise _ExecutionError("States.Runtime", f"The Label {self.label} is longer than {LONGEST_LABEL}")
        self.prefix = f"arn:aws:states:{region}:{account}"
        self.machine = machine.split("/")[0]
        self.parent, self.ctx, self.at_once = execution, ctx, at_once
        self.lock = threading.Lock()
        self.failed = 0
        counts = dict.fromkeys(COUNTS, 0) | {"total": total, "pending": total}
        self.record = {
            "mapRunArn": f"{self.prefix}:mapRun:{self.machine}/{self.label}:{new_uuid()}",
            "executionArn": execution["executionArn"],
            "status": "RUNNING",
            "startDate": stepfunctions.now_iso(),
            "maxConcurrency": at_once,
            "toleratedFailurePercentage": state.get("ToleratedFailurePercentage", 0),
            "toleratedFailureCount": state.get("ToleratedFailureCount", 0),
            "itemCounts": dict(counts),
            "executionCounts": dict(counts),
            "redriveCount": 0,
            "_stateMachineArn": f"{self.prefix}:stateMachine:{self.machine}/{self.label}",
        }
        stepfunctions._map_runs[self.record["mapRunArn"]] = self.record

    def every_child(self, inputs: list, iterator: dict) -> list:
        results: list[Any] = [None] * len(inputs)

        def run(index: int) -> None:
            results[index] = self.child(inputs[index], iterator)

        workers = self.at_once or min(len(inputs), MOST_AT_ONCE) or 1
        with ThreadPoolExecutor(max_workers=min(workers, MOST_AT_ONCE)) as pool:
            wait_for([pool.submit(contextvars.copy_context().run, run, index) for index in range(len(inputs))])
        return results

    def child(self, child_input: Any, iterator: dict) -> Any:
        execution = self.start(child_input)
        # The outer variables stay outside; the execution a child sees in its context is itself.
        ctx = {
            "QueryLanguage": iterator.get("QueryLanguage", self.ctx.get("QueryLanguage", "JSONPath")),
            "Execution": {
                "Id": execution["executionArn"],
                "Input": child_input,
                "Name": execution["name"],
                "StartTime": execution["startDate"],
                "RoleArn": self.ctx.get("Execution", {}).get("RoleArn", ""),
            },
            "StateMachine": {"Id": execution["stateMachineArn"], "Name": f"{self.machine}/{self.label}"},
            "variables": {},
        }
        self.count("pending", "running")
        lineage.set((*lineage.get(), execution))
        try:
            result = run_inner_states(iterator["States"], iterator["StartAt"], child_input, execution, ctx)
        except Exception as exception:
            self.fail(execution, exception)
            return None
        execution.update(status="SUCCEEDED", output=json.dumps(result), stopDate=stepfunctions.now_iso())
        details = {"executionSucceededEventDetails": {"output": execution["output"]}}
        stepfunctions._add_event(execution, "ExecutionSucceeded", details)
        self.count("running", "succeeded")
        return result

    def start(self, child_input: Any) -> dict:
        name, now, text = new_uuid(), stepfunctions.now_iso(), json.dumps(child_input)
        execution = {
            "executionArn": f"{self.prefix}:execution:{self.machine}/{self.label}:{name}",
            "stateMachineArn": self.record["_stateMachineArn"],
            "name": name,
            "status": "RUNNING",
            "startDate": now,
            "stopDate": None,
            "input": text,
            "inputDetails": {"included": True},
            "output": None,
            "outputDetails": {"included": True},
            "mapRunArn": self.record["mapRunArn"],
            "testCase": self.parent.get("testCase"),
            "mockAttempts": {},
            "events": [],
        }
        stepfunctions._add_event(execution, "ExecutionStarted", {"executionStartedEventDetails": {"input": text}})
        stepfunctions._executions[execution["executionArn"]] = execution
        return execution

    def fail(self, execution: dict, exception: Exception) -> None:
        known = isinstance(exception, _ExecutionError)
        error = exception if known else _ExecutionError("States.Runtime", str(exception))
        stop = {"error": error.error, "cause": error.cause}
        execution.update(status="FAILED", stopDate=stepfunctions.now_iso(), **stop)
        stepfunctions._add_event(execution, "ExecutionFailed", {"executionFailedEventDetails": stop})
        self.failed += 1
        self.count("running", "failed")

    def count(self, before: str, after: str) -> None:
        with self.lock:
            for counts in (self.record["itemCounts"], self.record["executionCounts"]):
                counts[before] -= 1
                counts[after] += 1

    def close(self, tolerated_count: float | None, tolerated_percentage: float | None) -> None:
        total = self.record["itemCounts"]["total"]
        exceeded = self.failed > 0
        if tolerated_count is not None or tolerated_percentage is not None:
            over_count = tolerated_count is not None and self.failed > tolerated_count
            over_share = tolerated_percentage is not None and self.failed * 100 > tolerated_percentage * total
            exceeded = over_count or over_share
        self.record["status"] = "FAILED" if exceeded else "SUCCEEDED"
        self.record["stopDate"] = stepfunctions.now_iso()
        if exceeded:
            cause = "The specified tolerated failure threshold was exceeded"
            raise _ExecutionError("States.ExceedToleratedFailureThreshold", cause)
