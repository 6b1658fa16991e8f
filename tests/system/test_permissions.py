"""Each permission that the table says a play here needs was needed by it: it alone has allowed one of its calls."""

import pytest

from tests.permissions import needs
from tests.system.conftest import needed_by
from tests.world import roles

ROWS = [
    pytest.param(f"{owner}: {permission}", id=f"{owner}: {permission}", marks=pytest.mark.play(play))
    for owner, permission, play in needs.of_suite("system")
]


@pytest.mark.parametrize("permission", ROWS)
def test_a_permission_is_needed_by_the_play_that_the_table_names(cloud, play, permission):
    assert permission in needed_by(roles.needed(cloud), play)
