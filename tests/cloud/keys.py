"""KMS keys: how they are called by others, and their CloudTrail events on the default bus."""

import json
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge, kms

from tests.cloud import calls, clock, gateway

ANNOUNCED = ("DisableKey", "EnableKey", "ScheduleKeyDeletion", "CancelKeyDeletion")
EVENT_TAKES_S = 3
DENIALS = re.compile("AccessDenied")


@dataclass
class Delivery:
    """What shall happen to the next events, of one key or of all; the delay holds for all of them."""

    lose: int = 0
    double: int = 0
    delay_s: float = 0
    key: str | None = None


# By key; what holds for every key that has none of its own is under None.
deliveries: dict[str | None, Delivery] = {}

# Called with the ARN of a key whose state may have changed.
changed: list[Callable[[str], None]] = []


def install() -> None:
    gateway.listen("kms", _announce)


def full_arn(key: str) -> str:
    """The ARN EC2 stores, whether it was given a key id, an alias or an ARN."""
    record = kms._resolve_key(key)
    if record:
        return record["Arn"]
    return key if key.startswith("arn:") else f"arn:aws:kms:{get_region()}:{get_account_id()}:key/{key}"


def is_usable(arn: str) -> bool:
    """A key this cloud does not hold, such as moto's own `aws/ebs`, is taken as usable."""
    _, _, _, region, account, resource = arn.split(":", 5)
    record = kms._keys.get_scoped(account, region, resource.removeprefix("key/"))
    return record is None or record["KeyState"] == "Enabled"


def _announce(call: dict[str, Any], parameters: dict[str, Any]) -> None:
    """CloudTrail records what succeeded and what was denied; other failures leave no event."""
    done = call["outcome"] in ("ok", "lost answer: ok")
    if call["operation"] not in ANNOUNCED or not (done or DENIALS.search(call["outcome"])):
        return
    key = parameters.get("KeyId", "")
    if done:
        _tell_of_change(full_arn(key))
    event = _record(call["operation"], key, full_arn(key), None if done else "AccessDenied")
    how = deliveries.get(full_arn(key)) or deliveries.get(None) or Delivery()
    if how.lose > 0:
        how.lose -= 1
        calls.world_did("events", "LoseEvent", call["resources"], "lost", eventName=call["operation"])
        return
    copies = 1
    if how.double > 0:
        how.double -= 1
        copies = 2
    for _ in range(copies):
        clock.timeline.after(EVENT_TAKES_S + how.delay_s, lambda: _deliver(event))


def expect(**wanted: Any) -> Delivery:
    """Sets what happens to the next events."""
    how = Delivery(**wanted)
    deliveries[how.key] = how
    return how


def put_into(arn: str, state: str) -> None:
    """A state that KMS itself gives a key, such as `Unavailable`."""
    kms._resolve_key(arn)["KeyState"] = state
    _tell_of_change(arn)


def _tell_of_change(arn: str) -> None:
    for listener in changed:
        listener(arn)


def _deliver(event: dict[str, Any]) -> None:
    calls.world_did("events", "DeliverEvent", [event["resources"][0]["ARN"]], "delivered", eventName=event["eventName"])
    entry = {
        "Source": "aws.kms",
        "DetailType": "AWS API Call via CloudTrail",
        "Detail": json.dumps(event),
        "Resources": [],
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def _record(operation: str, typed: str, arn: str, error: str | None) -> dict[str, Any]:
    account = get_account_id()
    now = clock.iso(int(time.time()))[:-5] + "Z"
    record: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": "AIDAEXAMPLEOPERATOR",
            "arn": f"arn:aws:iam::{account}:user/operator",
            "accountId": account,
            "accessKeyId": "AKIAEXAMPLEOPERATOR",
            "userName": "operator",
        },
        "eventTime": now,
        "eventSource": "kms.amazonaws.com",
        "eventName": operation,
        "awsRegion": get_region(),
        "sourceIPAddress": "192.0.2.10",
        "userAgent": "aws-cli/2",
        "requestParameters": {"keyId": typed},
        "responseElements": {"keyId": arn},
        "requestID": str(uuid.uuid4()),
        "eventID": str(uuid.uuid4()),
        "readOnly": False,
        "resources": [{"accountId": account, "type": "AWS::KMS::Key", "ARN": arn}],
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Management",
        "tlsDetails": {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_256_GCM_SHA384"},
    }
    if operation == "ScheduleKeyDeletion":
        record["responseElements"] |= {"keyState": "PendingDeletion"}
    if error:
        record |= {"errorCode": error, "errorMessage": "The principal may not do this.", "responseElements": None}
    return record
