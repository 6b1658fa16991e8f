"""The rendered policies, one file a role, for a reviewer to read: what the template gives it, and its boundary.

They are compared with what is deployed; `REWRITE_POLICIES=1` writes them anew.
"""

import json
from typing import Any

from tests.world import roles
from tests.world.cloud import ROOT, Cloud
from tests.world.roles import Role

FOLDER = ROOT / "tests" / "fixtures" / "policies"
REWRITE = "REWRITE_POLICIES"


def rendered(cloud: Cloud, role: Role) -> dict[str, Any]:
    """The names that the cloud has made up are left out or given back their words of the template."""
    return roles.in_words_of_the_template(cloud, {"Statement": role.statements})


def in_its_own_words(cloud: Cloud, deployed: dict[str, Role]) -> dict[str, Any]:
    """The boundary, which is the same for all of them."""
    [boundary] = {json.dumps(role.boundary) for role in deployed.values()}
    return roles.in_words_of_the_template(cloud, {"Statement": json.loads(boundary)["Statement"]})


def committed(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text())


def write(name: str, policy: dict[str, Any]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps(policy, indent=2) + "\n")


def permissions() -> dict[str, list[str]]:
    """By the owners of the roles, each action with each resource of its statement."""
    found = {}
    for file in sorted(FOLDER.glob("*.json")):
        if file.stem != "Boundary":
            found[file.stem] = roles.permissions_of(committed(file.stem)["Statement"])
    return found
