"""Begins all rows together, each in a thread with a scene of its own; a test is told what came of its row.

A row is one test function, so that it reads from top to bottom; the fixed ending follows it by itself.
The virtual clock does not wait for the machine. A row that fails beside the others is played once more when they are
over, and fails if it fails alone; the first failure is told at the end.
"""

import json
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import pytest

from tests.rows import catalogue, ending, scene
from tests.world import admission, stack
from tests.world.cloud import ROOT, Cloud

# Slower than in other suites: what is late by a second of ours is late by as many seconds of theirs.
SCALE = 40
SUMMARY = ROOT / "target" / "proof" / "rows.json"
# Fewer, if the machine cannot keep up with them.
AT_ONCE = int(os.environ.get("ROWS_AT_ONCE", "36"))
# So many rows may be played again; more failures are no accident of the machine.
AGAIN_AT_MOST = 6
# Worlds by name: how the stack is deployed there. A row names its world by a marker.
WORLDS: dict[str, dict[str, str]] = {
    "usual": {},
    "quick": {"GracePeriodMinutes": "1"},
    # Other versions are deployed here in mid-run, by a machine that is slower than the clock of the cloud.
    "renewed": {"GracePeriodMinutes": "90"},
    "strict": {"GracePeriodMinutes": "1", "MaxServersPerRun": "2", "WhenAServiceWillNotStop": "hold"},
}

_begun: dict[str, Future] = {}
_stages: dict[str, tuple[Cloud, ending.Sweeps]] = {}
_played_again: dict[str, str] = {}
_results: dict[str, tuple[pytest.Item, str]] = {}


def pytest_configure(config) -> None:
    config.addinivalue_line("markers", "row(number): the row of the table of faults that the test plays")
    config.addinivalue_line("markers", "world(name): the world of tests/rows/conftest.py in which it is played")
    config.addinivalue_line("markers", "long: it takes so long that it must begin first")
    config.addinivalue_line("markers", "task(way): a loop over every task of the workflows")
    config.addinivalue_line("markers", "last: it is played alone, when all others of its world are over")


def world_of(item: pytest.Item) -> str:
    marker = item.get_closest_marker("world")
    return marker.args[0] if marker else "usual"


@pytest.fixture(scope="session", autouse=True)
def played(request, tmp_path_factory) -> Iterator[None]:
    items = [i for i in request.session.items if i.get_closest_marker("row") or i.get_closest_marker("world")]
    worlds = sorted({world_of(item) for item in items})
    if not worlds:
        yield
        return
    threads = ThreadPoolExecutor(AT_ONCE)
    running = [stack.start_cloud(stack.free_port(), SCALE, tmp_path_factory.mktemp(name)) for name in worlds]
    try:
        with ThreadPoolExecutor() as deploying:
            clouds = dict(zip(worlds, deploying.map(deployed, worlds, [cloud for cloud, _ in running]), strict=True))
        begin_all(threads, clouds, items)
        yield
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        for _, process in running:
            stack.stop_cloud(process.pid)


def deployed(world: str, cloud: Cloud) -> Cloud:
    return stack.deploy(cloud, **WORLDS[world])


def begin_all(threads: ThreadPoolExecutor, clouds: dict[str, Cloud], items: list[pytest.Item]) -> None:
    sweeps = {world: ending.Sweeps(cloud) for world, cloud in clouds.items()}
    _stages.update({item.nodeid: (clouds[world_of(item)], sweeps[world_of(item)]) for item in items})
    # The long ones first, so that none of them is left when all others are over.
    for item in sorted(items, key=lambda item: -(item.get_closest_marker("long") is not None)):
        if not item.get_closest_marker("last"):
            _begun[item.nodeid] = threads.submit(play, item)
    for item in items:
        if item.get_closest_marker("last"):
            others = [_begun[other.nodeid] for other in items if other.nodeid in _begun and shares(item, other)]
            _begun[item.nodeid] = threads.submit(play, item, tuple(others))


def shares(one: pytest.Item, other: pytest.Item) -> bool:
    return world_of(one) == world_of(other)


def play(item: pytest.Item, after: tuple[Future, ...] = ()) -> None:
    wait(after)
    cloud, sweeps = _stages[item.nodeid]
    given = item.callspec.params if hasattr(item, "callspec") else {}
    admission.enter(cloud)
    set_up = scene.begin(cloud)
    try:
        item.obj(set_up, **given)
        ending.end(set_up, sweeps)
    finally:
        set_up.take_faults_away()


@pytest.fixture(name="scene")
def _scene() -> None:
    """Given to the row by the thread that plays it."""


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem) -> bool | None:
    if pyfuncitem.nodeid not in _begun:
        return None
    failed = _begun[pyfuncitem.nodeid].exception()
    if failed and len(_played_again) == AGAIN_AT_MOST:
        raise failed
    if failed:
        _played_again[pyfuncitem.nodeid] = f"{type(failed).__name__}: {failed}"
        wait(_begun.values())
        play(pyfuncitem)
    return True


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call) -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" or report.outcome == "failed":
        _results[item.nodeid] = (item, report.outcome if not hasattr(report, "wasxfail") else "xfailed")


def pytest_terminal_summary(terminalreporter) -> None:
    for row, failure in _played_again.items():
        terminalreporter.write_line(f"played again, alone: {row}, which failed beside the others: {failure[:500]}")


def pytest_sessionfinish() -> None:
    if not _results:
        return
    SUMMARY.parent.mkdir(parents=True, exist_ok=True)
    SUMMARY.write_text(json.dumps(summary(), indent=2) + "\n")


def summary() -> dict[str, Any]:
    by_row: dict[int, list[str]] = {}
    tasks: dict[str, list[str]] = {"fails": [], "twice": []}
    for item, result in _results.values():
        for marker in item.iter_markers("row"):
            by_row.setdefault(marker.args[0], []).append(result)
        if way := item.get_closest_marker("task"):
            tasks[way.args[0]].append(result)
    return {
        "fault_rows": len(catalogue.ROWS),
        "fault_rows_passed": sum(set(results) == {"passed"} for results in by_row.values()),
        "fault_rows_played_again": len(_played_again),
        "fault_rows_not_here": {str(row): why for row, why in catalogue.NOT_HERE.items()},
        "tasks": len(catalogue.TASKS),
        "tasks_failed_once": tasks["fails"].count("passed"),
        "tasks_repeated": tasks["twice"].count("passed"),
    }
