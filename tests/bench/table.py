"""The committed counts, tests/fixtures/counts.json: what may not grow unnoticed."""

import json
from pathlib import Path
from typing import Any

from tests.bench import playing, scenes
from tests.bench.playing import Way
from tests.world.cloud import ROOT

FILE = ROOT / "tests/fixtures/counts.json"
SIZES = (10, 100)
# Slow enough for a busy machine to keep up with.
SCALE = 20
# How often these are called depends on how many functions were started anew.
UNSTEADY = {"dynamodb:DescribeTable"}


def played(folder: Path) -> dict[str, Any]:
    """One fleet after the other in one cloud, for a cloud takes longer than what is played in it."""
    with playing.cloud_of(folder, SCALE) as cloud:
        return {f"{size} servers": _both(playing.both_ways(cloud, scenes.uniform(size))) for size in SIZES}


def _both(ways: dict[str, Way]) -> dict[str, Any]:
    return {direction: _of(way) for direction, way in ways.items()}


def _of(way: Way) -> dict[str, Any]:
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


def commit(folder: Path) -> None:
    FILE.write_text(json.dumps(played(folder), indent=2) + "\n")
