"""The short table at the end; everything else is in `target/fleet.json`."""

from collections.abc import Callable, Iterator
from typing import Any

from tests.fleet.figures import MOST_BYTES, MOST_EVENTS
from tests.fleet.rows import MOST_TAGS, TAGS

Counted = dict[str, Any]
DIRECTIONS = ("shutdown", "startup")


def lines(report: dict[str, Any]) -> Iterator[str]:
    told = [direction for direction in DIRECTIONS if direction in report]
    yield f"\n{'':44}{''.join(f'{direction:>20}' for direction in told)}{'at most':>10}"
    for title, figure, limit in ROWS:
        yield f"{title:44}{''.join(f'{figure(report[direction]):>20}' for direction in told)}{limit:>10}"
    yield f"\nThe longest payloads in KiB: here, with AWS's rows of {TAGS} tags, and of {MOST_TAGS} tags"
    for direction in told:
        for payload in report[direction]["longest_by_state"][:5]:
            sizes = (payload[name] for name in ("bytes", "bytes_in_aws", "bytes_in_aws_with_every_tag"))
            where = f"{direction}: {payload['what']} of {payload['state']!r}"
            yield f"  {where:64}{''.join(f'{_kib(size):>8}' for size in sizes)}"
    for direction in told:
        yield from (f"{direction}, {times} times: {what}" for what, times in report[direction]["failures"].items())
    yield "\nCalls of Lockstep"
    names = sorted({name for direction in told for name in report[direction]["calls"]})
    for name in names:
        yield f"  {name:42}{''.join(f'{_calls(report[direction], name):>20}' for direction in told)}"


def _calls(counted: Counted, name: str) -> int:
    return counted["calls"].get(name, 0)


def _kib(size: int) -> str:
    return f"{size / 1024:.1f}"


ROWS: list[tuple[str, Callable[[Counted], Any], str]] = [
    ("ending", lambda counted: counted["ending"], ""),
    ("real seconds", lambda counted: counted["real_s"], ""),
    ("virtual minutes, this machine's own included", lambda counted: counted["virtual_minutes"], ""),
    ("executions", lambda counted: counted["executions"], ""),
    ("state transitions", lambda counted: sum(counted["transitions"].values()), ""),
    ("events of the longest history", lambda counted: counted["most_events"], f"{MOST_EVENTS:,}"),
    ("longest payload, KiB", lambda counted: _kib(counted["longest"]["bytes"]), str(MOST_BYTES // 1024)),
    (
        "the same with rows of AWS, KiB",
        lambda counted: _kib(counted["longest_in_aws"]["bytes_in_aws"]),
        str(MOST_BYTES // 1024),
    ),
]
