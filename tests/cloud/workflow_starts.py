"""StartExecution as AWS answers a second request: the same again while it runs, refused once it has ended."""

from ministack.core.responses import get_account_id, get_region, json_response
from ministack.services import stepfunctions


def install() -> None:
    stepfunctions._start_execution = _start_execution


_ministack_start = stepfunctions._start_execution


def executions(about: str) -> list[dict[str, str]]:
    """The executions whose name begins so, oldest first: cheaper than pages of ListExecutions."""
    fields = ("name", "status", "startDate", "stopDate", "error", "cause")
    every = list(stepfunctions._executions._data.values())
    found = [{field: e.get(field) for field in fields} for e in every if e["name"].startswith(about)]
    return sorted(found, key=lambda e: str(e["startDate"]))


def _start_execution(request: dict) -> tuple:
    machine = stepfunctions._resolve_state_machine_arn(request.get("stateMachineArn", ""))
    if machine and request.get("name"):
        prefix = f"arn:aws:states:{get_region()}:{get_account_id()}:execution"
        running = stepfunctions._executions.get(f"{prefix}:{machine.split(':')[6]}:{request['name']}")
        if running and running["status"] == "RUNNING" and running["input"] == request.get("input", "{}"):
            return json_response({"executionArn": running["executionArn"], "startDate": running["startDate"]})
    return _ministack_start(request)
