"""The roles of a deployed stack: their policies as the template means them, and which permission somebody needed."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.world.cloud import ACCOUNT, REGION, Cloud

# What the local cloud makes up, in the words of the template.
PSEUDO_PARAMETERS = {REGION: "${AWS::Region}", ACCOUNT: "${AWS::AccountId}"}


@dataclass(frozen=True)
class Role:
    # The function or workflow whose role it is.
    owner: str
    arn: str
    # The token of a session.
    session: str
    inline: dict[str, Any]
    attached: dict[str, Any]
    boundary: dict[str, Any] | None

    @property
    def statements(self) -> list[dict[str, Any]]:
        """What the template itself gives the role."""
        policies = [*self.inline.values(), *(self.attached[name] for name in self.attached if ACCOUNT in name)]
        return [statement for policy in policies for statement in policy["Statement"]]


def every(cloud: Cloud) -> dict[str, Role]:
    """By their owners."""
    names = {physical: logical for physical, logical in _resources(cloud) if logical.endswith("Role")}
    found = {}
    for known in cloud.ask("GET", "roles"):
        if logical := names.get(known["role"].rsplit("/", 1)[-1]):
            owner = logical.removesuffix("Role")
            found[owner] = Role(
                owner, known["role"], *(known[n] for n in ("session", "inline", "attached", "boundary"))
            )
    return found


def permissions_of(statements: list[dict[str, Any]]) -> list[str]:
    """Each action with each resource of its statement, as `action on resource`."""
    assert all(statement["Effect"] == "Allow" for statement in statements), "what is denied is in the boundary"
    return [f"{a} on {r}" for s in statements for a in _list(s["Action"]) for r in _list(s["Resource"])]


def needed(cloud: Cloud) -> dict[tuple[str, str], set[str]]:
    """The keys that calls were about which a permission alone allowed, by owner and permission."""
    owners = {role.arn: role.owner for role in every(cloud).values()}
    found = [used for used in cloud.ask("GET", "permissions") if used["role"] in owners]
    names = in_words_of_the_template(cloud, [f"{used['action']} on {used['resource']}" for used in found])
    return {(owners[used["role"]], name): set(used["keys"]) for used, name in zip(found, names, strict=True)}


def in_words_of_the_template(cloud: Cloud, value: Any) -> Any:
    text = json.dumps(value)
    for physical, logical in sorted(_resources(cloud), key=lambda pair: -len(pair[0])):
        text = text.replace(physical, f"${{{logical}}}")
    for made_up, parameter in PSEUDO_PARAMETERS.items():
        text = text.replace(made_up, parameter)
    return json.loads(text)


@cache
def _resources(cloud: Cloud) -> list[tuple[str, str]]:
    """Names and ARNs of what is deployed (once), each with its logical id. A queue is known by its URL."""
    stack = cloud.client("cloudformation").describe_stack_resources(StackName=cloud.stack)["StackResources"]
    pairs = [(resource["PhysicalResourceId"], resource["LogicalResourceId"]) for resource in stack]
    return [(physical.rsplit("/", 1)[-1] if "://" in physical else physical, logical) for physical, logical in pairs]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
