"""The call log: every call to a service and every change the world makes by itself, with its virtual time."""

import threading
import time
from collections.abc import Collection
from contextvars import ContextVar
from typing import Any

from tests.cloud import clock

# Who is calling, where the request cannot tell: the workflow engine and the world set it.
actor: ContextVar[str | None] = ContextVar("actor", default=None)

# Which task of which execution is calling: `machine`, `state`, and of the outermost execution the `run` and the `role`.
step: ContextVar[dict[str, str | None] | None] = ContextVar("step", default=None)

# The call that is being answered, for those who note something about it.
entry: ContextVar[dict[str, Any] | None] = ContextVar("entry", default=None)

_entries: list[dict[str, Any]] = []
_texts: list[str] = []
_lock = threading.Lock()


def begin(service: str, operation: str, **details: Any) -> dict[str, Any]:
    """Logs a call when it arrives; the caller sets `outcome` once it is known."""
    now = time.time()
    logged = {
        "at_s": round(now - clock.STARTED, 3),
        "time": clock.iso(now),
        "service": service,
        "operation": operation,
        "mutating": True,
        "actor": "aws",
        "resources": [],
        "outcome": "in flight",
        "request": {},
        **details,
    }
    if task := step.get():
        logged["step"] = task
    text = f"{logged['resources']} {logged['request']} {task}"
    with _lock:
        _entries.append(logged)
        _texts.append(text)
    return logged


def world_did(service: str, operation: str, resources: list[str], outcome: str, **request: Any) -> None:
    """Logs what nobody called for: a state that changed, a unit that went down, an event that was delivered."""
    begin(service, operation, actor="aws", resources=resources, outcome=outcome, request=request)


def since(
    seconds: float = 0, mutating: bool | None = None, about: Collection[str] = (), operation: str | None = None
) -> list[dict[str, Any]]:
    """`about` keeps the calls that name any of these, whether as a resource, in their request or as their run."""
    with _lock:
        entries = list(zip(_entries, _texts, strict=True))
    return [
        logged
        for logged, text in entries
        if logged["at_s"] >= seconds
        and mutating in (None, logged["mutating"])
        and operation in (None, logged["operation"])
        and (not about or any(named in text for named in about))
    ]


def clear() -> None:
    with _lock:
        _entries.clear()
        _texts.clear()
