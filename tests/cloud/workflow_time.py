"""Step Functions by the virtual clock: waits, retries, and the timeouts of tasks and of whole machines."""

import json
import time
from contextvars import ContextVar
from types import SimpleNamespace

from jsonata.timebox import Timebox
from ministack.services import stepfunctions

from tests.cloud import clock
from tests.cloud.workflow_states import lineage

# MiniStack lets each execution sleep before its first state; in virtual time that would be seconds.
START_DELAY_S = 0.15
SHORTEST_TASK_TIMEOUT_REAL_S = 20.0
DEFAULT_RETRY_INTERVAL_S = 1
DEFAULT_RETRY_BACKOFF = 2.0

# The TimeoutSeconds of the task that is being run.
task_timeout: ContextVar[float | None] = ContextVar("task_timeout", default=None)


def install() -> None:
    stepfunctions._SFN_WAIT_SCALE = clock.real_seconds(1)
    stepfunctions.time = SimpleNamespace(sleep=_sleep, time=time.time, monotonic=time.monotonic)
    stepfunctions._find_matching_retrier = _wait_and_retry
    stepfunctions._invoke_resource_with_timeout = _invoke_with_timeout
    stepfunctions._run_execution = _run_execution
    Timebox.__init__ = _allow_real_time


_jsonata_timebox = Timebox.__init__


def _allow_real_time(timebox, expression, timeout=None, max_depth=None):
    # JSONata takes both `$now()` and the time it allows an expression from the wall clock, which is virtual here.
    _jsonata_timebox(timebox, expression, timeout and timeout * clock.SCALE, max_depth)


def _sleep(seconds: float) -> None:
    if seconds != START_DELAY_S:
        time.sleep(seconds)


_ministack_find = stepfunctions._find_matching_retrier
_ministack_with_timeout = stepfunctions._invoke_resource_with_timeout
_ministack_run = stepfunctions._run_execution


def _wait_and_retry(retriers, error, retry_counts):
    """Waits here, since MiniStack knows no MaxDelaySeconds and caps every wait at a minute.

    Jitter is accepted and not applied: a test shall see the longest wait.
    """
    retrier, index = _ministack_find(retriers, error, retry_counts)
    if retrier is None:
        return None, -1
    count = retry_counts.get(index, 0)
    interval = retrier.get("IntervalSeconds", DEFAULT_RETRY_INTERVAL_S)
    delay = interval * retrier.get("BackoffRate", DEFAULT_RETRY_BACKOFF) ** count
    clock.sleep(min(delay, retrier.get("MaxDelaySeconds", delay)))
    return {**retrier, "IntervalSeconds": 0}, index


def _invoke_with_timeout(resource, input_data, timeout):
    # Work takes real time: a task that computes for half a second must not be taken for one that hung for 30.
    # A call that never answers is a fault, and is ended after its timeout in virtual time (see workflow_sdk).
    real_s = max(clock.real_seconds(timeout), SHORTEST_TASK_TIMEOUT_REAL_S)
    task_timeout.set(timeout)
    return _ministack_with_timeout(resource, input_data, real_s)


def _run_execution(arn: str) -> None:
    execution = stepfunctions._executions.get(arn)
    machine = stepfunctions._state_machines.get(execution["stateMachineArn"]) if execution else None
    limit = json.loads(machine["definition"]).get("TimeoutSeconds") if machine else None
    if execution:
        lineage.set((execution,))
    if machine:
        # Like the definition, the role is that of the start, whatever becomes of the machine meanwhile.
        execution["roleArn"] = machine["roleArn"]
    if limit:
        clock.timeline.after(limit, lambda: _time_out(execution))
    _ministack_run(arn)


def _time_out(execution: dict) -> None:
    if execution["status"] != "RUNNING":
        return
    execution["status"] = "TIMED_OUT"
    execution["stopDate"] = stepfunctions.now_iso()
    stepfunctions._add_event(execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {}})
    stepfunctions._emit_execution_status_event(execution)
