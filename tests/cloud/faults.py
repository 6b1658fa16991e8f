"""Faults: which call shall go wrong, and how."""

import itertools
import threading
from dataclasses import asdict, dataclass, field
from typing import Any

KINDS = ("throttle", "error", "timeout", "lost_answer", "deny")
ALIASES = {"sfn": "states", "stepfunctions": "states", "sesv2": "ses", "eventbridge": "events", "systemsmanager": "ssm"}

_numbers = itertools.count(1)
_lock = threading.Lock()
_faults: list["Fault"] = []


@dataclass
class Fault:
    """Goes off at the `nth` matching call counted from now, and at the `times - 1` calls after it."""

    service: str
    operation: str
    kind: str
    nth: int = 1
    times: int = 1
    code: str | None = None
    message: str | None = None
    actor: str | None = None
    match: str | None = None
    hold_s: float = 3.0
    id: str = field(default_factory=lambda: f"fault-{next(_numbers)}")
    seen: int = 0
    fired: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")
        self.service = ALIASES.get(self.service.lower(), self.service.lower())

    def concerns(self, call: dict[str, Any]) -> bool:
        return (
            self.service in ("*", call["service"])
            and self.operation.lower() in ("*", call["operation"].lower())
            and self.actor in (None, call["actor"])
            and (self.match is None or self.match in f"{call['resources']} {call['request']}")
        )


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


def take(call: dict[str, Any]) -> Fault | None:
    """The fault this call runs into. Every matching fault counts the call; the first that is due fires."""
    due = None
    with _lock:
        for fault in _faults:
            if not fault.concerns(call):
                continue
            fault.seen += 1
            if due is None and fault.nth <= fault.seen < fault.nth + fault.times:
                fault.fired += 1
                due = fault
    return due


def every() -> list[dict[str, Any]]:
    return [asdict(fault) for fault in _faults]


def clear() -> None:
    with _lock:
        _faults.clear()
