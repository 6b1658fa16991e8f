"""The committed counts, tests/fixtures/counts.json: what may not grow unnoticed."""

import json
from typing import Any

from tests.bench.playing import Way
from tests.world.cloud import ROOT

FILE = ROOT / "tests/fixtures/counts.json"
SIZES = (10, 100)
# How often these are called depends on how many functions were started anew.
UNSTEADY = {"dynamodb:DescribeTable"}


def of(fleets: dict[int, dict[str, Way]]) -> dict[str, Any]:
    return {f"{size} servers": {direction: _of_way(way) for direction, way in fleets[size].items()} for size in SIZES}


def _of_way(way: Way) -> dict[str, Any]:
    counts = way.counts
    return {
        "executions": counts.executions,
        "transitions": counts.transitions,
        "invocations": counts.invocations,
        "calls": {name: n for name, n in counts.calls.items() if name not in UNSTEADY},
        "read_units": counts.read_units,
        "write_units": counts.write_units,
    }


def committed() -> dict[str, Any]:
    return json.loads(FILE.read_text())


def commit(fleets: dict[int, dict[str, Way]]) -> None:
    FILE.write_text(json.dumps(of(fleets), indent=2) + "\n")
