"""The call log: every call to a service and every change the world makes by itself, with its virtual time."""

import threading
import time
from contextvars import ContextVar
from typing import Any

from tests.cloud import clock

# Who is calling, where the request cannot tell: the workflow engine and the world set it.
actor: ContextVar[str | None] = ContextVar("actor", default=None)

_entries: list[dict[str, Any]] = []
_lock = threading.Lock()


def begin(service: str, operation: str, **details: Any) -> dict[str, Any]:
    """Logs a call when it arrives; the caller sets `outcome` once it is known."""
    now = time.time()
    entry = {
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
    with _lock:
        _entries.append(entry)
    return entry


def world_did(service: str, operation: str, resources: list[str], outcome: str, **request: Any) -> None:
    """Logs what nobody called for: a state that changed, a unit that went down, an event that was delivered."""
    begin(service, operation, actor="aws", resources=resources, outcome=outcome, request=request)


def since(seconds: float = 0, mutating: bool | None = None) -> list[dict[str, Any]]:
    with _lock:
        entries = list(_entries)
    return [e for e in entries if e["at_s"] >= seconds and mutating in (None, e["mutating"])]


def clear() -> None:
    with _lock:
        _entries.clear()
