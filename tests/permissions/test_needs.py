"""Every permission is needed: a play could not have been played without it.

A permission counts as needed by a play if it alone has allowed a call of that play: without it the call is refused.
The table `needs.json` names one such play for each; `tests/system` looks at those that it plays.
"""

import pytest

from tests.permissions import needs, policies
from tests.permissions.plays import PLAYS

OWN = needs.of_suite("permissions")
SUITES = tuple(f"{suite}: " for suite in needs.SUITES)


def test_the_table_has_each_permission_of_each_role_and_nothing_else():
    assert {owner: sorted(held) for owner, held in needs.table().items()} == {
        owner: sorted(held) for owner, held in policies.permissions().items()
    }, "python -m tests.permissions writes it anew"


def test_nothing_is_held_that_nobody_needs():
    rows = [(owner, name, need) for owner, held in needs.table().items() for name, need in held.items()]
    assert [row for row in rows if not row[2].startswith(SUITES) and row[2] != needs.not_played(*row[:2])] == []


@pytest.mark.parametrize(("owner", "permission", "play"), OWN, ids=[f"{o}: {p}" for o, p, _ in OWN])
def test_a_permission_is_needed_by_the_play_that_the_table_names(played, owner, permission, play):
    assert play in PLAYS
    assert any(f"{owner}: {permission}" in found for found in played.values()), f"{play} did not need it"


def test_few_permissions_are_held_on_the_word_of_a_page():
    """The delivery of four logs, the children of three workflows, and one branch of the code."""
    rows = [need for held in needs.table().values() for need in held.values()]
    assert sum(not need.startswith(SUITES) for need in rows) == 4 * 8 + 3 * 2 + 1
