"""An event about a key as EventBridge hands it to a function."""

import uuid
from typing import Any

from tests.world.cloud import ACCOUNT, REGION


def notice(key: str | None, name: str = "DisableKey", **detail: Any) -> dict[str, Any]:
    """`detail` replaces fields of the CloudTrail record."""
    told = {
        "eventSource": "kms.amazonaws.com",
        "eventName": name,
        "awsRegion": REGION,
        "eventID": str(uuid.uuid4()),
        "requestParameters": {"keyId": key},
        "responseElements": {"keyId": key},
        **detail,
    }
    return {
        "version": "0", "id": str(uuid.uuid4()), "source": "aws.kms", "account": ACCOUNT, "region": REGION,
        "detail-type": "AWS API Call via CloudTrail", "detail": told, "resources": [],
    }  # fmt: skip
