"""Refuses what EC2's buckets do not hold.

They are off unless a test fills them: what they refuse depends on the moment, and counts shall repeat.
"""

import threading
from collections.abc import Awaitable, Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region

from tests.cloud import answers, clock, operations
from tests.cloud.buckets import SIZES, Buckets, Size

Handler = Callable[..., Awaitable[tuple]]
Sizes = dict[str, tuple[Size, Size]]

_lock = threading.Lock()
_sizes: Sizes = {}
_buckets: dict[tuple[str, str, str], Buckets] = {}


def fill(**full: list[list[float]]) -> None:
    """From now on they count, and all are full; those of a call are as AWS gives them unless others are named."""
    named = {call: tuple(Size(*size) for size in sizes) for call, sizes in full.items()}
    if unknown := named.keys() - SIZES.keys():
        raise ValueError(f"{', '.join(unknown)} has no buckets here; {', '.join(SIZES)} have")
    with _lock:
        _buckets.clear()
        _sizes.update(SIZES | named)


def stop() -> None:
    with _lock:
        _sizes.clear()


def limited(handler: Handler) -> Handler:
    async def answer(method: str, path: str, headers: dict, body: Any, query: dict) -> tuple:
        operation, parameters = operations.identify("ec2", method, path, headers, body, query)
        if not _takes(operation, sum(name.startswith("InstanceId.") for name in parameters)):
            return answers.throttled("ec2")
        return await handler(method, path, headers, body, query)

    return answer


def _takes(operation: str, servers: int) -> bool:
    with _lock:
        if operation not in _sizes:
            return True
        of_one, now_s = (get_account_id(), get_region(), operation), clock.at_s()
        buckets = _buckets.setdefault(of_one, Buckets(_sizes[operation], now_s))
        return buckets.take(servers, now_s)
