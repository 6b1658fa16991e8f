"""KMS keys: how they are called by others, whose they are, whether they can be used, and who hears of a change."""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import kms

# Called with the ARN of a key whose state may have changed.
changed: list[Callable[[str], None]] = []

# The ARNs of keys that are gone for good.
deleted: set[str] = set()


def owner_of(key: str) -> tuple[str, str]:
    """Account and Region that an ARN names; those of the caller for an id or an alias."""
    parts = key.split(":", 5)
    return (parts[4], parts[3]) if len(parts) == 6 and parts[0] == "arn" else (get_account_id(), get_region())


def record_of(key: str) -> dict[str, Any] | None:
    """MiniStack's record of a key id, an alias, or an ARN of either, wherever the ARN says that it is."""
    with request_scope(*owner_of(key)):
        return kms._resolve_key(key)


def full_arn(key: str) -> str:
    """The ARN that EC2 and RDS store, whether they were given a key id, an alias or an ARN of either."""
    record = record_of(key)
    if record:
        return record["Arn"]
    return key if key.startswith("arn:") else f"arn:aws:kms:{get_region()}:{get_account_id()}:key/{key}"


def is_usable(arn: str) -> bool:
    """By its state. A key this cloud never held, such as moto's own `aws/ebs`, is taken as usable."""
    record = record_of(arn)
    return arn not in deleted and (record is None or record["KeyState"] == "Enabled")


def put_into(arn: str, state: str) -> None:
    """A state that KMS itself gives a key, such as `Unavailable`."""
    set_state(record_of(arn) or {}, state)
    tell_of_change(arn)


def set_state(record: dict[str, Any], state: str) -> None:
    record.update(KeyState=state, Enabled=state == "Enabled")


def tell_of_change(arn: str) -> None:
    for listener in changed:
        listener(arn)
