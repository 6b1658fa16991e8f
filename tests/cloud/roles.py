"""Roles: whose name a call is made in, what a role allows, and which of its permissions were needed.

MiniStack's evaluator decides, by the policies that the deployed template gave the role. Whoever comes without a role is
the operator or a test, and may do everything; so may a role that the cloud does not hold.
"""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.iam_evaluator import EvalContext, EvalResult, ParsedStatement
from ministack.core.responses import get_region
from ministack.services import iam

from tests.cloud import calls
from tests.cloud.questions import Question

KEY_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MOST_KEYS = 1000


@dataclass
class Grants:
    """The statements of a role, and those of its boundary, if it has one."""

    identity: list[ParsedStatement]
    boundary: list[ParsedStatement] | None
    by_action: dict[str, tuple[list[ParsedStatement], ...]] = field(default_factory=dict)

    def layers(self, action: str) -> tuple[list[ParsedStatement], ...]:
        """Of each layer what speaks of the action: an evaluation looks at a few statements and not at all."""
        if action not in self.by_action:
            every = (self.identity,) if self.boundary is None else (self.identity, self.boundary)
            self.by_action[action] = tuple(
                [s for s in layer if iam_evaluator._action_matches(action, s.actions, s.not_actions)] for layer in every
            )
        return self.by_action[action]


# Role, action and resource as a policy has them.
Permission = tuple[str, str, str]

_sessions: dict[str, str] = {}
_grants: dict[str, Grants | None] = {}
# For each permission without which an allowed call would have been refused: the keys that such calls were about.
_needed: dict[Permission, set[str]] = {}
_lock = threading.Lock()


def forget(call: dict[str, Any], parameters: dict[str, Any]) -> None:
    """A call may have changed policies. A deployment is looked at until it is done, so the last look is late enough."""
    _grants.clear()


def session(role: str) -> str:
    """The token by which a call tells that it is made in the name of this role."""
    token = hashlib.sha256(role.encode()).hexdigest()
    _sessions[token] = role
    return token


def caller(headers: dict[str, str]) -> str | None:
    """The ARN of the role that calls: a Lambda's session has its token, a workflow's task is in the context."""
    if role := _sessions.get(headers.get("x-amz-security-token", "")):
        return role
    return (calls.step.get() or {}).get("role")


def grants(role: str) -> Grants | None:
    if role not in _grants:
        account, name = role.split(":")[4], role.rsplit("/", 1)[-1]
        _grants[role] = None
        if iam._roles.get_scoped(account, None, name) is not None:
            identity = iam_evaluator._gather_role_policies(name, account)
            limits = iam_evaluator._permissions_boundary(iam._roles, name, account)
            boundary = [s for layer in limits for policy in layer for s in policy] if limits else None
            _grants[role] = Grants([s for policy in identity for s in policy], boundary)
    return _grants[role]


def decide(role: str, question: Question) -> EvalResult | None:
    """None for a role that the cloud does not hold."""
    held = grants(role)
    if held is None:
        return None
    identity, *limits = held.layers(question.action)
    return iam_evaluator.evaluate(_context(role, question), [identity], *([limit] for limit in limits))


def _context(role: str, question: Question) -> EvalContext:
    account, name = role.split(":")[4], role.rsplit("/", 1)[-1]
    return EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{name}/lockstep",
        principal_type="AssumedRole",
        principal_account=account,
        action=question.action,
        resource_arn=question.resource,
        region=get_region(),
        service_context=question.conditions,
    )


def note_need(role: str, question: Question, *about: Any) -> None:
    """Notes the permission that has allowed this, if there is one alone without which it would have been refused.

    It is noted with the keys that are named by the first thing it is about that names any.
    """
    held = grants(role)
    if held is None:
        return
    permissions = set(_allowing(held.layers(question.action)[0], role, question))
    if len(permissions) == 1:
        found = next(filter(None, (KEY_ID.findall(str(thing)) for thing in about)), ())
        with _lock:
            keys = _needed.setdefault(permissions.pop(), set())
            if len(keys) < MOST_KEYS:
                keys.update(found)


def _allowing(statements: list[ParsedStatement], role: str, question: Question) -> Iterator[Permission]:
    context = _context(role, question)
    for statement in statements:
        if statement.effect == "Allow" and iam_evaluator._conditions_met(statement.conditions, context):
            for action in statement.actions:
                for resource in statement.resources:
                    if iam_evaluator.fnmatch_iam(question.action, action) and iam_evaluator.fnmatch_iam_cs(
                        question.resource, resource
                    ):
                        yield role, action, resource


def needed() -> list[dict[str, Any]]:
    with _lock:
        return [
            {"role": role, "action": action, "resource": resource, "keys": sorted(keys)}
            for (role, action, resource), keys in _needed.items()
        ]


def describe() -> list[dict[str, Any]]:
    """Each role that the cloud holds with its whole policies, and a session of it."""
    found = []
    for record in list(iam._roles._data.values()):
        role = record["Arn"]
        account = role.split(":")[4]
        attached = {a: iam_evaluator._resolve_managed_policy_document(a, account) for a in record["AttachedPolicies"]}
        limit = record.get("PermissionsBoundary")
        found.append(
            {
                "role": role,
                "session": session(role),
                "inline": {name: _document(text) for name, text in (record.get("InlinePolicies") or {}).items()},
                "attached": {name: _document(text) for name, text in attached.items() if text},
                "boundary": _document(limit and iam_evaluator._resolve_managed_policy_document(limit, account)),
            }
        )
    return found


def _document(policy: Any) -> Any:
    return json.loads(policy) if policy and isinstance(policy, str) else policy or None
