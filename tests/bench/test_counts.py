"""What a run asks of AWS may not grow unnoticed."""

from typing import Any

import pytest

from tests.bench import playing, scenes, table

SCALE = 20
REMEDY = "if this is wanted: python -m tests.bench --update-counts"


@pytest.fixture(scope="module")
def counted(tmp_path_factory) -> dict[str, Any]:
    """The smaller fleet stays in the same cloud: it fills no page of the larger one's search."""
    with playing.cloud_of(tmp_path_factory.mktemp("cloud"), SCALE) as cloud:
        return table.of({size: playing.both_ways(cloud, scenes.uniform(size)) for size in table.SIZES})


@pytest.mark.parametrize("direction", ["shutdown", "startup"])
@pytest.mark.parametrize("size", table.SIZES)
def test_a_run_asks_of_aws_what_it_asked_before(counted, size, direction):
    assert counted[f"{size} servers"][direction] == table.committed()[f"{size} servers"][direction], REMEDY
