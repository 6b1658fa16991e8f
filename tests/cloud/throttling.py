"""Refuses what EC2's buckets do not hold.

They are off unless a test fills them: what they refuse depends on the moment, and counts shall repeat.
"""

import threading
from typing import Any

from ministack.core.responses import get_account_id, get_region

from tests.cloud import answers, calls, clock
from tests.cloud.buckets import SIZES, Buckets
from tests.cloud.gateway import Handler

_lock = threading.Lock()
_are_on = False
_buckets: dict[tuple[str, str, str], Buckets] = {}


def fill() -> None:
    """From now on they count, and all are full."""
    global _are_on
    with _lock:
        _buckets.clear()
        _are_on = True


def stop() -> None:
    global _are_on
    with _lock:
        _are_on = False


def limited(handler: Handler) -> Handler:
    async def answer(*request: Any) -> tuple:
        call = calls.entry.get()
        if call and not _takes(call["operation"], len(call["resources"])):
            return answers.throttled("ec2")
        return await handler(*request)

    return answer


def _takes(operation: str, servers: int) -> bool:
    with _lock:
        if not _are_on or operation not in SIZES:
            return True
        of_one, now_s = (get_account_id(), get_region(), operation), clock.at_s()
        buckets = _buckets.setdefault(of_one, Buckets(SIZES[operation], now_s))
        return buckets.take(servers, now_s)
