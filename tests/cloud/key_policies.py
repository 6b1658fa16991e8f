"""Who may use a key: its policy decides, for its own account and for every other.

A statement that names an account lets everyone in it; what the caller's own IAM policies say is not asked here.
Texts of refusals as people have met them: jbrt/ec2cryptomatic#26.
"""

from typing import Any

from ministack.core import iam_evaluator
from ministack.core.iam_evaluator import EvalContext
from ministack.core.responses import get_account_id, get_region

from tests.cloud import keys

# AWS KMS API Reference, "Cross-account use" of each operation.
ACROSS_ACCOUNTS = {
    "CreateGrant", "Decrypt", "DeriveSharedSecret", "DescribeKey", "Encrypt", "GenerateDataKey", "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext", "GenerateDataKeyWithoutPlaintext", "GenerateMac", "GetKeyRotationStatus",
    "GetPublicKey", "ListGrants", "ReEncrypt", "RetireGrant", "RevokeGrant", "Sign", "Verify", "VerifyMac",
}  # fmt: skip
# What an AWS service does in somebody's name may be allowed where the same call by themselves is not.
GRANTS = {"CreateGrant", "ListGrants", "RevokeGrant"}


def refusal(operation: str, key: str, caller: str) -> str | None:
    """Why the principal with the ARN `caller` may not do this with the key; None if it may.

    A key that its own account does not hold is not refused but not found.
    """
    record, own = keys.record_of(key), keys.owner_of(key)[0] == get_account_id()
    if operation == "RetireGrant" or (own and record is None):
        return None
    arn = record["Arn"] if record else key
    asked = f"User: {caller} is not authorized to perform: kms:{operation} on resource: {arn}"
    if record is None or (not own and operation not in ACROSS_ACCOUNTS):
        return f"{asked} because no resource-based policy allows the kms:{operation} action"
    by_itself = {"kms:grantisforawsresource": "false"} if operation in GRANTS else {}
    match decision(record["Policy"], operation, arn, caller, by_itself):
        case "Allow":
            return None
        case "Deny":
            return f"{asked} with an explicit deny in a resource-based policy"
        case _:
            return f"{asked} because no resource-based policy allows the kms:{operation} action"


def decision(policy: str, operation: str, arn: str, caller: str, conditions: dict[str, str]) -> str:
    """`Allow`, `Deny` or `ImplicitDeny`."""
    account = caller.split(":")[4]
    asked = EvalContext(
        principal_arn=caller,
        principal_type="User",
        principal_account=account,
        action=f"kms:{operation}",
        resource_arn=arn,
        region=get_region(),
        service_context={"kms:calleraccount": account, **conditions},
    )
    return iam_evaluator.evaluate_resource_policy(policy, asked).decision


def is_usable_by(arn: str, account: str, service: str) -> bool:
    """Whether the key is on, and `service` may have a grant on it in the name of someone in `account`.

    AWS re:Post, "kms-iam-ec2-permission": who starts a server needs `kms:CreateGrant` on the keys of its volumes.
    """
    if not keys.is_usable(arn):
        return False
    record = keys.record_of(arn)
    through = {
        "kms:grantisforawsresource": "true",
        "kms:viaservice": f"{service}.{get_region()}.amazonaws.com",
    }
    caller = f"arn:aws:iam::{account}:user/operator"
    return record is None or decision(record["Policy"], "CreateGrant", arn, caller, through) == "Allow"


def locks_out(policy: Any, arn: str, caller: str) -> bool:
    """Whether `caller` could not change this policy again."""
    return decision(policy, "PutKeyPolicy", arn, caller, {}) != "Allow"
