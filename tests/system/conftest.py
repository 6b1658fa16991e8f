"""One cloud with the stack deployed for all tests here; its plays run side by side, each on a key of its own."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from tests.system import container_plays, database_plays, group_plays, key_plays, plays, postgres_plays
from tests.world import admission, keys, roles, stack
from tests.world.cloud import ROOT, Cloud

# Slower than the demo: what is late by a second of ours is late by as many seconds of theirs.
SCALE = 40
# Two cores carry no more in time: what is late is tried again, and that is more work.
PLAYS_AT_ONCE = 12
MODULES = (plays, container_plays, database_plays, group_plays, key_plays, postgres_plays)
# For each play the permissions that it needed, for `python -m tests.permissions`.
NEEDED = ROOT / "target" / "proof" / "needed-system.json"
PLAYS = {name: play for module in MODULES for name, play in vars(module).items()} | dict(key_plays.every_loss())


@pytest.fixture(scope="session")
def cloud(tmp_path_factory) -> Iterator[Cloud]:
    running, process = stack.start_cloud(stack.free_port(), SCALE, tmp_path_factory.mktemp("cloud"))
    try:
        deployed = stack.deploy(running, KeyOwnerAccounts=keys.OWNER)
        # Here every run is the work of an event; tests/rows looks at the sweep.
        stack.switch_sweep(deployed, on=False)
        yield deployed
    finally:
        stack.stop_cloud(process.pid)


@pytest.fixture(scope="session", autouse=True)
def played(request, cloud) -> Iterator[Callable[[str], Any]]:
    """What came of a play, by its name. The plays of the chosen tests go on side by side, some at a time."""
    wanted = {marker.args[0] for item in request.session.items for marker in item.iter_markers("play")}
    with ThreadPoolExecutor(max_workers=PLAYS_AT_ONCE) as threads:
        begun: dict[str, Future] = {name: threads.submit(begun_in_time, PLAYS[name], cloud) for name in sorted(wanted)}
        yield lambda name: begun[name].result()
    in_all, played = roles.needed(cloud), {name: it.result() for name, it in begun.items() if it.exception() is None}
    needed = {name: needed_by(in_all, play) for name, play in played.items()}
    NEEDED.parent.mkdir(parents=True, exist_ok=True)
    NEEDED.write_text(json.dumps(needed, indent=2) + "\n")


def begun_in_time(play: Callable[[Cloud], Any], cloud: Cloud) -> Any:
    admission.enter(cloud)
    return play(cloud)


def needed_by(in_all: dict[tuple[str, str], set[str]], play: Any) -> list[str]:
    """Of `roles.needed`, as the table has it, what alone allowed calls about the key of the play."""
    key = play.fleet.key.rsplit("/", 1)[-1]
    return sorted(f"{owner}: {name}" for (owner, name), keys in in_all.items() if key in keys)


@pytest.fixture
def play(request, played) -> Any:
    """The play that the test is marked with."""
    return played(request.node.get_closest_marker("play").args[0])


def pytest_configure(config) -> None:
    config.addinivalue_line("markers", "play(name): the play of tests/system that the test looks at")
