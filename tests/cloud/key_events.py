"""What KMS tells of keys on the default bus of their account: by CloudTrail, and by itself.

Shapes: AWS KMS Developer Guide, "Logging AWS KMS API calls with AWS CloudTrail" and "Monitoring KMS keys with Amazon
EventBridge". A call on the key of another account is logged in both accounts under one `sharedEventID`, a denied one
in the caller's alone (AWS CloudTrail User Guide, "CloudTrail record contents").
"""

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import eventbridge

from tests.cloud import calls, clock, gateway, keys

# By the operation: the parameters that CloudTrail shows, and whether it shows the key as its answer.
ANNOUNCED: dict[str, tuple[tuple[str, ...], bool]] = {
    "DisableKey": (("KeyId",), True),
    "EnableKey": (("KeyId",), True),
    "ScheduleKeyDeletion": (("KeyId", "PendingWindowInDays"), True),
    "CancelKeyDeletion": (("KeyId",), True),
    "ImportKeyMaterial": (("KeyId", "ValidTo", "ExpirationModel", "ImportType", "KeyMaterialDescription"), True),
    "DeleteImportedKeyMaterial": (("KeyId", "KeyMaterialId"), True),
    "PutKeyPolicy": (("KeyId", "PolicyName", "Policy", "BypassPolicyLockoutSafetyCheck"), False),
    "RevokeGrant": (("KeyId", "GrantId"), False),
    "ConnectCustomKeyStore": (("CustomKeyStoreId",), False),
    "DisconnectCustomKeyStore": (("CustomKeyStoreId",), False),
}
EVENT_TAKES_S = 3
BY_CLOUDTRAIL = "AWS API Call via CloudTrail"
DELETED = "KMS CMK Deletion"
EXPIRED = "KMS Imported Key Material Expiration"


@dataclass
class Delivery:
    """What shall happen to the next events, of one key or of all; the delay holds for all of them."""

    lose: int = 0
    double: int = 0
    delay_s: float = 0
    key: str | None = None


# By the operation: what CloudTrail adds to its record, from the parameters of the call.
additional: dict[str, Callable[[dict[str, Any]], dict[str, str]]] = {}

# By key; what holds for every key that has none of its own is under None.
deliveries: dict[str | None, Delivery] = {}


def install() -> None:
    gateway.listen("kms", _announce)


def expect(**wanted: Any) -> Delivery:
    """Sets what happens to the next events."""
    how = Delivery(**wanted)
    deliveries[how.key] = how
    return how


def _announce(call: dict[str, Any], asked: dict[str, Any]) -> None:
    """CloudTrail records what succeeded and what was denied; other failures leave no event."""
    done = call["outcome"] in ("ok", "lost answer: ok")
    if call["operation"] not in ANNOUNCED or not (done or "AccessDenied" in call["outcome"]):
        return
    arn = keys.full_arn(asked["KeyId"]) if "KeyId" in asked else None
    if done and arn:
        keys.tell_of_change(arn)
    caller = get_account_id()
    owner = keys.owner_of(arn)[0] if arn else caller
    accounts = sorted({caller, owner}) if done else [caller]
    shared = str(uuid.uuid4()) if len(accounts) > 1 else None
    for account in accounts:
        record = _record(call["operation"], asked, arn, account, None if done else "AccessDenied", shared)
        _send(account, arn, call["resources"], call["operation"], record)


def say(arn: str, what: str, **details: str) -> None:
    """KMS's own event about a key, which needs no CloudTrail and is not lost."""
    account, region = keys.owner_of(arn)
    detail = {"key-id": arn.rsplit("/", 1)[-1], **details}
    entry = {"Source": "aws.kms", "DetailType": what, "Detail": json.dumps(detail), "Resources": [arn]}
    calls.world_did("events", "DeliverEvent", [arn], "delivered", eventName=what, account=account)
    with request_scope(account, region):
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def _send(account: str, arn: str | None, resources: list[str], name: str, record: dict[str, Any]) -> None:
    how = deliveries.get(arn) or deliveries.get(None) or Delivery()
    if how.lose > 0:
        how.lose -= 1
        calls.world_did("events", "LoseEvent", resources, "lost", eventName=name, account=account)
        return
    copies = 1
    if how.double > 0:
        how.double -= 1
        copies = 2
    about = [arn] if arn else resources
    for _ in range(copies):
        clock.timeline.after(EVENT_TAKES_S + how.delay_s, lambda: _deliver(account, about, record))


def _deliver(account: str, about: list[str], record: dict[str, Any]) -> None:
    name = record["eventName"]
    calls.world_did("events", "DeliverEvent", about, "delivered", eventName=name, account=account)
    entry = {"Source": "aws.kms", "DetailType": BY_CLOUDTRAIL, "Detail": json.dumps(record), "Resources": []}
    with request_scope(account, record["awsRegion"]):
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def _record(
    operation: str, asked: dict[str, Any], arn: str | None, account: str, error: str | None, shared: str | None
) -> dict[str, Any]:
    """What CloudTrail writes down in one account; the caller is in the account of the request."""
    caller, [shown, names_key] = get_account_id(), ANNOUNCED[operation]
    parameters = {
        name[0].lower() + name[1:]: _in_words(asked[name]) if name == "ValidTo" else asked[name]
        for name in shown
        if name in asked
    }
    record: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": "AIDAEXAMPLEOPERATOR",
            "arn": f"arn:aws:iam::{caller}:user/operator",
            "accountId": caller,
            "accessKeyId": "AKIAEXAMPLEOPERATOR",
            "userName": "operator",
        },
        "eventTime": clock.iso(int(time.time()))[:-5] + "Z",
        "eventSource": "kms.amazonaws.com",
        "eventName": operation,
        "awsRegion": get_region(),
        "sourceIPAddress": "192.0.2.10",
        "userAgent": "aws-cli/2",
        "requestParameters": parameters,
        "responseElements": {"keyId": arn} if names_key else None,
        "requestID": str(uuid.uuid4()),
        "eventID": str(uuid.uuid4()),
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Management",
        "tlsDetails": {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_256_GCM_SHA384"},
    }
    if arn:
        record["resources"] = [{"accountId": keys.owner_of(arn)[0], "type": "AWS::KMS::Key", "ARN": arn}]
    if operation in additional:
        record["additionalEventData"] = additional[operation](asked)
    if operation == "ScheduleKeyDeletion":
        date = (keys.record_of(arn or "") or {}).get("DeletionDate", 0)
        record["responseElements"] |= {"keyState": "PendingDeletion", "deletionDate": _in_words(date)}
    if shared:
        record["sharedEventID"] = shared
    if error:
        record |= {"errorCode": error, "errorMessage": "The principal may not do this.", "responseElements": None}
    return record


def _in_words(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%b %-d, %Y, %-I:%M:%S %p")
