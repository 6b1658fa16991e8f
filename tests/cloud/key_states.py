"""The life of a key: what its state refuses, and what ends by itself: the waiting for deletion, imported material.

Source: AWS KMS Developer Guide, "Key states of AWS KMS keys".
"""

import re
import time
from collections.abc import Callable
from typing import Any

from ministack.core.responses import json_response, request_scope
from ministack.services import kms

from tests.cloud import clock, key_events, keys

DAY_S = 24 * 60 * 60
DELETING = {"PendingDeletion", "PendingReplicaDeletion"}
UNFINISHED = {"PendingImport", "Creating"}
ON_OFF = {"EnableKey", "DisableKey"}
# By the operation: the states in which KMS refuses it.
REFUSED = {
    **dict.fromkeys(ON_OFF, DELETING | UNFINISHED | {"Updating"}),
    "CreateGrant": DELETING | UNFINISHED | {"Disabled"},
    "ScheduleKeyDeletion": DELETING | {"Updating"},
    "CancelKeyDeletion": {"Enabled", "Disabled", "Unavailable", "Updating"} | UNFINISHED,
    **dict.fromkeys(
        (
            "Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext",
            "GenerateDataKeyWithoutPlaintext", "GenerateMac", "ReEncrypt", "Sign", "Verify", "VerifyMac",
        ),
        DELETING | UNFINISHED | {"Disabled", "Unavailable"},
    ),
}  # fmt: skip


def install() -> None:
    kms._schedule_key_deletion = _schedule_deletion
    kms._import_key_material = _import


_ministack_schedule_deletion = kms._schedule_key_deletion
_ministack_import = kms._import_key_material


def fault_of(operation: str, record: dict[str, Any]) -> tuple[str, str] | None:
    """The code and text of the error by which KMS refuses the operation in the key's state."""
    state = record["KeyState"]
    if state not in REFUSED.get(operation, ()):
        return None
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", state).lower()
    is_off = state == "Disabled" and operation != "CancelKeyDeletion"
    return "DisabledException" if is_off else "KMSInvalidStateException", f"{record['Arn']} is {words}."


def kept_for_later(operation: str, asked: dict[str, Any]) -> tuple | None:
    """A key that is unavailable is enabled and disabled for the time when it is available again."""
    record = keys.record_of(asked["KeyId"]) if operation in ON_OFF else None
    if not record or record["KeyState"] != "Unavailable":
        return None
    record["_when_available"] = "Enabled" if operation == "EnableKey" else "Disabled"
    return json_response({})


def make_unavailable(record: dict[str, Any]) -> None:
    if record["KeyState"] in ("Enabled", "Disabled"):
        record["_when_available"] = record["KeyState"]
        keys.put_into(record["Arn"], "Unavailable")


def make_available(record: dict[str, Any]) -> None:
    if record["KeyState"] == "Unavailable":
        keys.put_into(record["Arn"], record.pop("_when_available", "Enabled"))


def _schedule_deletion(asked: dict[str, Any]) -> tuple:
    response = _ministack_schedule_deletion(asked)
    if response[0] < 400:
        record = kms._resolve_key(asked["KeyId"])
        delete_after(record["Arn"], record["DeletionDate"] - time.time())
    return response


def delete_after(arn: str, deletion_after_s: float) -> None:
    """The waiting period of a key whose deletion is scheduled ends then, however long it was to be."""
    record = keys.record_of(arn)
    if record is None or record["KeyState"] != "PendingDeletion":
        raise ValueError(f"{arn} does not wait for its deletion; call ScheduleKeyDeletion first")
    record["DeletionDate"] = time.time() + deletion_after_s
    _when_due(record, "DeletionDate", "PendingDeletion", lambda: _delete(record))


def _delete(record: dict[str, Any]) -> None:
    arn = record["Arn"]
    account, region = keys.owner_of(arn)
    with request_scope(account, region):
        kms._keys.pop(record["KeyId"])
        for alias in [name for name, key in kms._aliases.items() if key == record["KeyId"]]:
            kms._aliases.pop(alias)
        for grant in [id for id, grant in kms._grants.items() if grant["KeyId"] == arn]:
            kms._grants.pop(grant)
    keys.deleted.add(arn)
    keys.tell_of_change(arn)
    key_events.say(arn, key_events.DELETED)


def _import(asked: dict[str, Any]) -> tuple:
    record = kms._resolve_key(asked.get("KeyId", ""))
    was = record and record["KeyState"]
    response = _ministack_import(asked)
    if response[0] < 400:
        # The material of a key that is off can be imported anew, and leaves it off.
        keys.set_state(record, "Disabled" if was == "Disabled" else "Enabled")
        if "ValidTo" in record:
            _when_due(record, "ValidTo", None, lambda: _expire(record))
    return response


def _expire(record: dict[str, Any]) -> None:
    if record["KeyState"] in DELETING:
        return
    arn, material = record["Arn"], kms._key_material_id(record)
    account, region = keys.owner_of(arn)
    with request_scope(account, region):
        kms._delete_imported_key_material({"KeyId": arn})
    keys.tell_of_change(arn)
    key_events.say(arn, key_events.EXPIRED, **{"key-material-id": material})


def _when_due(record: dict[str, Any], date: str, state: str | None, act: Callable[[], None]) -> None:
    """Acts at the moment that `date` of the record tells, unless date or state are others by then."""
    due = record[date]

    def act_if_still_due() -> None:
        if record.get(date) == due and state in (None, record["KeyState"]):
            act()

    clock.timeline.after(max(due - time.time(), 0), act_if_still_due)
