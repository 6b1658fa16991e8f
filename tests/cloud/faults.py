"""Faults: which call shall go wrong, and how."""

import itertools
import threading
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from typing import Any

KINDS = ("throttle", "error", "timeout", "lost_answer", "deny", "stale", "twice")
ALIASES = {
    "sfn": "states",
    "stepfunctions": "states",
    "sesv2": "ses",
    "eventbridge": "events",
    "systemsmanager": "ssm",
    "applicationautoscaling": "application-autoscaling",
    "resourcegroupstaggingapi": "tagging",
}

_numbers = itertools.count(1)
_lock = threading.Lock()
_faults: list["Fault"] = []


@dataclass
class Fault:
    """Goes off at the `nth` matching call counted from now, and at the `times - 1` calls after it.

    `step` ("machine: state") and `run` (a part of an execution's name) choose calls that a workflow makes, and
    `larger_than` those that name more resources.
    """

    service: str
    operation: str
    kind: str
    nth: int = 1
    times: int = 1
    code: str | None = None
    message: str | None = None
    actor: str | None = None
    match: str | None = None
    step: str | None = None
    run: str | None = None
    larger_than: int | None = None
    # How old a stale answer may be.
    stale_s: float = 60.0
    hold_s: float = 3.0
    id: str = field(default_factory=lambda: f"fault-{next(_numbers)}")
    seen: int = 0
    fired: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")
        self.service = ALIASES.get(self.service.lower(), self.service.lower())

    def concerns(self, call: dict[str, Any], parameters: Any) -> bool:
        return (
            self.kind != "twice"
            and self.service in ("*", call["service"])
            and self.operation.lower() in ("*", call["operation"].lower())
            and self.actor in (None, call["actor"])
            and (self.larger_than is None or len(call["resources"]) > self.larger_than)
            and self.concerns_step(call.get("step"))
            and (self.match is None or self.match in f"{call['resources']} {call['request']} {parameters}")
        )

    def concerns_step(self, step: dict[str, str] | None) -> bool:
        if self.step is None and self.run is None:
            return True
        return (
            step is not None
            and self.step in (None, f"{step['machine']}: {step['state']}")
            and (self.run is None or self.run in step["run"])
        )

    def goes_off(self) -> bool:
        """Counts one call more; says whether it is due."""
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times


class NoAnswer(Exception):
    """The caller never hears back. `done` tells whether the call took effect all the same."""

    def __init__(self, done: bool, hold_s: float) -> None:
        super().__init__("the connection was lost before an answer")
        self.done = done
        self.hold_s = hold_s


def add(description: dict[str, Any]) -> Fault:
    fault = Fault(**description)
    with _lock:
        _faults.append(fault)
    return fault


def take(call: dict[str, Any], parameters: Any = None) -> Fault | None:
    """The fault this call runs into. Every matching fault counts the call; the first that is due fires."""
    due = None
    with _lock:
        for fault in _faults:
            if fault.concerns(call, parameters) and fault.goes_off() and due is None:
                fault.fired += 1
                due = fault
    return due


def is_repeated(step: dict[str, str] | None) -> bool:
    """Whether the task that a workflow has just carried out is carried out once more."""
    with _lock:
        for fault in _faults:
            if fault.kind == "twice" and fault.concerns_step(step) and fault.goes_off():
                fault.fired += 1
                return True
    return False


def every() -> list[dict[str, Any]]:
    return [asdict(fault) for fault in _faults]


def clear(ids: Collection[str] = ()) -> None:
    """Takes these faults away, or all."""
    with _lock:
        _faults[:] = [fault for fault in _faults if ids and fault.id not in ids]
