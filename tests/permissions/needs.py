"""The committed table: for each permission of each role the play that needs it.

`python -m tests.permissions` writes it anew from what the last `tests/system` and `tests/permissions` have needed.
"""

import json
from pathlib import Path

from tests.world.cloud import ROOT

TABLE = Path(__file__).with_name("needs.json")
PROOF = ROOT / "target" / "proof"
SUITES = ("system", "permissions")
# What AWS itself asks for, in the name of a workflow and outside of any call that the local cloud carries out.
BY_AWS = {
    "logs:": "AWS delivers the log (Step Functions Developer Guide, Logging in CloudWatch Logs)",
    "states:DescribeExecution": "AWS follows the children of a Map (Step Functions Developer Guide, Distributed Map)",
    "states:StopExecution": "AWS stops the children of a Map (Step Functions Developer Guide, Distributed Map)",
}
# What a branch of the code needs that no play reaches.
NOT_PLAYED = {
    "RecordDependentsFunction": {
        "dynamodb:DeleteItem": "the search for one key sees up what another key's startup has just started",
    },
}


def table() -> dict[str, dict[str, str]]:
    """By owner and permission; a play is named `suite: play`."""
    return json.loads(TABLE.read_text())


def of_suite(suite: str) -> list[tuple[str, str, str]]:
    """Owner, permission and play."""
    return [
        (owner, permission, need.removeprefix(f"{suite}: "))
        for owner, needs in table().items()
        for permission, need in needs.items()
        if need.startswith(f"{suite}: ")
    ]


def not_played(owner: str, permission: str) -> str | None:
    """Why no play needs it; None if one must."""
    reasons = BY_AWS if owner.endswith("StateMachine") else NOT_PLAYED.get(owner, {})
    return next((why for begin, why in reasons.items() if permission.startswith(begin)), None)


def write(permissions: dict[str, list[str]]) -> None:
    """One play of those that needed it; the one of the table, if it still does, and else one that needs many."""
    known = table() if TABLE.exists() else {}
    needed: dict[str, set[str]] = {}
    for suite in SUITES:
        for play, found in json.loads((PROOF / f"needed-{suite}.json").read_text()).items():
            needed[f"{suite}: {play}"] = set(found)
    rows: dict[str, dict[str, str]] = {}
    for owner, held in sorted(permissions.items()):
        rows[owner] = {}
        for permission in sorted(held):
            plays = [play for play, found in needed.items() if f"{owner}: {permission}" in found]
            before = known.get(owner, {}).get(permission)
            otherwise = not_played(owner, permission) or "NOBODY"
            chosen = before if before in plays else max(plays, key=lambda p: len(needed[p]), default=otherwise)
            rows[owner][permission] = chosen
    TABLE.write_text(json.dumps(rows, indent=2) + "\n")
