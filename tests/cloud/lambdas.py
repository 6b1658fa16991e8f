"""Lambdas: who they are to the call log, and deadlines that virtual time cannot shorten."""

import queue

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from tests.cloud import clock, roles

APPLICATION_ID = "lockstep"
# Environments that AWS would keep warm for minutes would otherwise be gone within seconds.
WARM_FOR_REAL_S = 1800
# Lambda tries a failed asynchronous invocation again after one minute, then after two.
ASYNC_RETRY_AFTER_S = 60


def install() -> None:
    lambda_svc._runtime_env_vars = _environment
    lambda_runtime._LOCAL_WORKER_TTL = WARM_FOR_REAL_S * clock.SCALE
    lambda_svc._LAMBDA_ASYNC_RETRY_BASE_SECONDS = clock.real_seconds(ASYNC_RETRY_AFTER_S)
    lambda_runtime.execution_credentials = lambda_svc.execution_credentials = _credentials
    lambda_runtime.ProvidedWorker._spawn = _spawn
    lambda_runtime.ProvidedWorker._drain_stderr_bounded = _collect_log


_ministack_environment = lambda_svc._runtime_env_vars
_ministack_credentials = lambda_runtime.execution_credentials


def _credentials(config: dict) -> dict[str, str]:
    """Those of the account, and a session of the function's own role."""
    return {**_ministack_credentials(config), "AWS_SESSION_TOKEN": roles.session(config["Role"])}


def _environment(config: dict) -> dict[str, str]:
    """Each Lambda reads the virtual clock, logs as it was deployed to, and tells its SDK to say who is calling."""
    # AWS Lambda Developer Guide, "Defined runtime environment variables" and "Log and event formats".
    logging = {"AWS_LAMBDA_LOG_FORMAT": (config.get("LoggingConfig") or {}).get("LogFormat", "Text")}
    return {**_ministack_environment(config), **clock.environment, **logging, "AWS_SDK_UA_APP_ID": APPLICATION_ID}


_ministack_spawn = lambda_runtime.ProvidedWorker._spawn
_ministack_collect_log = lambda_runtime.ProvidedWorker._drain_stderr_bounded


def _collect_log(worker, first_line_wait: float = 0.01, idle_confirm: float = 0.003, hard_cap: float = 0.1) -> str:
    """MiniStack waits for the last lines of a log by the wall clock; these are real seconds."""
    return _ministack_collect_log(
        worker, first_line_wait * clock.SCALE, idle_confirm * clock.SCALE, hard_cap * clock.SCALE
    )


def _spawn(worker, init_timeout: float | None = None) -> None:
    _ministack_spawn(worker, init_timeout)
    worker._pending = _stretch_deadlines(worker._pending, worker.config.get("Timeout", 30))


def _stretch_deadlines(pending: queue.Queue, timeout_s: float) -> queue.Queue:
    """MiniStack kills after `Timeout` real seconds; the deadline it announces must say the same in virtual ones."""
    put = pending.put

    def put_stretched(invocation: tuple, *arguments: object) -> None:
        request_id, event, deadline_ms, *rest = invocation
        stretched = deadline_ms + int(timeout_s * 1000 * (clock.SCALE - 1))
        put((request_id, event, stretched, *rest), *arguments)

    pending.put = put_stretched
    return pending
