"""KMS's answers where MiniStack's lack accounts, policies, states, dry runs or custom key stores."""

import json
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import kms

from tests.cloud import answers, calls, gateway, key_policies, key_states, key_stores, keys, operations

# MiniStack knows the others itself.
DRY_RUNS = {"Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "Sign", "Verify"}
DRY_RUN = "The request would have succeeded, but the DryRun option is set."


def install() -> None:
    kms._key_metadata = _metadata


_ministack_metadata = kms._key_metadata


def _metadata(record: dict[str, Any]) -> dict[str, Any]:
    account = record["Arn"].split(":")[4]
    return {"AWSAccountId": account, **_ministack_metadata(record), **key_stores.place_of(record)}


def handler(ministack: Callable) -> Callable:
    async def answer(method: str, path: str, headers: dict, body: Any, query: dict) -> tuple:
        operation, asked = operations.identify("kms", method, path, headers, body, query)
        if operation in key_stores.OPERATIONS:
            return key_stores.OPERATIONS[operation](asked)
        caller = caller_of(headers)
        if refused := refusal(operation, asked, caller):
            return refused
        owner = keys.owner_of(asked.get("KeyId", ""))[0]
        with request_scope(owner, get_region()):
            response = key_states.kept_for_later(operation, asked) or await ministack(
                method, path, headers, body, query
            )
        if asked.get("DryRun") and operation in DRY_RUNS and response[0] < 400:
            return answers.error("kms", "DryRunOperationException", DRY_RUN, 400)
        if operation == "CreateGrant" and response[0] < 400:
            _issue(json.loads(response[2])["GrantId"], owner)
        return response

    return answer


def caller_of(headers: dict) -> str:
    account = get_account_id()
    if (calls.actor.get() or gateway.actor_of(headers)) == "lockstep":
        return f"arn:aws:sts::{account}:assumed-role/lockstep/lockstep"
    return f"arn:aws:iam::{account}:user/operator"


def refusal(operation: str, asked: dict[str, Any], caller: str) -> tuple | None:
    key = asked.get("KeyId") or asked.get("TargetKeyId")
    if not key:
        return None
    if denied := key_policies.refusal(operation, key, caller):
        return answers.error("kms", "AccessDeniedException", denied, 400)
    record = keys.record_of(key)
    if record and (wrong := key_states.fault_of(operation, record)):
        return answers.error("kms", *wrong, 400)
    is_careful = operation == "PutKeyPolicy" and not asked.get("BypassPolicyLockoutSafetyCheck")
    if record and is_careful and key_policies.locks_out(asked.get("Policy"), record["Arn"], caller):
        message = "The new key policy will not allow you to update the key policy in the future."
        return answers.error("kms", "MalformedPolicyDocumentException", message, 400)
    return None


def _issue(grant: str, owner: str) -> None:
    """A grant is issued by the account of who asked for it."""
    record = kms._grants.get_scoped(owner, get_region(), grant)
    record["IssuingAccount"] = f"arn:aws:iam::{get_account_id()}:root"
