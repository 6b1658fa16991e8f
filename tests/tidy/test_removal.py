"""What is deleted first refuses for everything that is deleted after it."""

import json
import re

from tests.tidy.template import RESOURCES


def test_nothing_of_the_stack_is_deleted_before_the_guard_was_asked():
    condition = {name: it.get("Condition") for name, it in RESOURCES.items()}
    # What a condition leaves out of a stack keeps nothing in it but what is left out with it.
    kept = lambda name, of: condition[name] in (None, condition[of])  # noqa: E731
    used = {name: {of for of in names_in(it) if kept(name, of)} for name, it in RESOURCES.items()}
    reached, found = {"RemovalGuard"}, used["RemovalGuard"]
    while found - reached:
        reached |= found
        found = set().union(*(used[name] for name in reached))
    assert not RESOURCES.keys() - reached, "name it in DependsOn of RemovalGuard"


def names_in(resource: dict) -> set[str]:
    """The resources that one refers to or depends on."""
    return set(re.findall(r'(?:"|\$\{)(\w+)(?=["}.])', json.dumps(resource))) & RESOURCES.keys()
