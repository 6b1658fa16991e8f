"""What a run asks of AWS may not grow unnoticed."""

from typing import Any

import pytest

from tests.bench import table

REMEDY = "if this is wanted: python -m tests.bench --update-counts"


@pytest.fixture(scope="module")
def counted(tmp_path_factory) -> dict[str, Any]:
    return table.played(tmp_path_factory.mktemp("cloud"))


@pytest.mark.parametrize("direction", ["shutdown", "startup"])
@pytest.mark.parametrize("size", table.SIZES)
def test_a_run_asks_of_aws_what_it_asked_before(counted, size, direction):
    assert counted[f"{size} servers"][direction] == table.committed()[f"{size} servers"][direction], REMEDY
