"""One cloud of its own, in which every fault of tests/operators/faults.py is begun at once; a test looks at one."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.operators import endings, faults
from tests.operators.operator import Operator
from tests.world import admission, stack

SCALE = 60
# The shortest there is, so that a missed sweep is missed soon.
PARAMETERS = {"GracePeriodMinutes": "1", "SweepMinutes": "2", "CreateSenderIdentity": "yes", "CreateDashboard": "no"}

PLAYS = faults.FAULTS | {play.__name__: play for play in endings.ENDINGS}


@pytest.fixture(scope="session")
def operator(tmp_path_factory) -> Iterator[Operator]:
    running, process = stack.start_cloud(stack.free_port(), SCALE, tmp_path_factory.mktemp("cloud"))
    try:
        yield Operator(stack.deploy(running, **PARAMETERS))
    finally:
        stack.stop_cloud(process.pid)


@pytest.fixture(scope="session")
def begun(operator) -> Iterator[Callable[[str], Any]]:
    """What came of a fault, by its name; its alarm was OK before, and so were all others."""
    operator.until_all_are_ok()
    with ThreadPoolExecutor() as threads:
        futures = {name: threads.submit(in_time, play, operator) for name, play in PLAYS.items()}
        # The last one needs the sweeps that it takes from all others.
        last = threads.submit(faults.no_sweep, operator, list(futures.values()))
        futures["no_sweep"] = last
        yield lambda name: futures[name].result()


def in_time(play: Callable[[Operator], Any], operator: Operator) -> Any:
    admission.enter(operator.cloud)
    return play(operator)
