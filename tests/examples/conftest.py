"""A local cloud for the examples; nothing of Lockstep is in it."""

from collections.abc import Iterator

import pytest

from tests.examples import keys
from tests.examples.keys import CustomerKey
from tests.world import stack
from tests.world.cloud import Cloud


@pytest.fixture(scope="session")
def cloud(tmp_path_factory) -> Iterator[Cloud]:
    running, process = stack.start_cloud(stack.free_port(), 60, tmp_path_factory.mktemp("cloud"))
    try:
        yield running
    finally:
        stack.stop_cloud(process.pid)


@pytest.fixture(scope="session")
def deployed(cloud: Cloud) -> CustomerKey:
    """The key that the template makes."""
    return keys.by_template(cloud)
