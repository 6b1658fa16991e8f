"""What each call to DynamoDB consumes, noted in the call log as AWS rounds it.

Source: Amazon DynamoDB Developer Guide, "DynamoDB read and write operations". MiniStack weighs what is written when it
is asked; what is read it does not, so that is weighed here. What a condition refuses is charged like what it lets pass.
"""

import json
import math
from collections.abc import Iterator
from typing import Any

from ministack.services.dynamodb import _item_size_bytes

from tests.cloud import calls
from tests.cloud.gateway import Handler

READ_UNIT, WRITE_UNIT = 4096, 1024
WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}


def weighed(handler: Handler) -> Handler:
    async def answer(method: str, path: str, headers: dict, body: Any, query: dict) -> tuple:
        operation = headers.get("x-amz-target", "").rsplit(".", 1)[-1]
        asked = json.loads(body or b"{}")
        if operation in WRITES:
            body = json.dumps({**asked, "ReturnConsumedCapacity": "TOTAL"}).encode()
        response = await handler(method, path, headers, body, query)
        if entry := calls.entry.get():
            status, _, content = response
            entry["units"] = units(operation, asked, json.loads(content or b"{}") if status < 400 else None)
        return response

    return answer


def units(operation: str, asked: dict, told: dict | None) -> dict[str, float]:
    """Read and write units; `told` is missing if the call was refused."""
    if operation in WRITES:
        return {"write": _written(operation, asked, told)}
    return {"read": sum(_read(operation, asked, told or {}))}


def _written(operation: str, asked: dict, told: dict | None) -> float:
    if told is None:
        return 2.0 * len(asked["TransactItems"]) if operation == "TransactWriteItems" else 1.0
    consumed = told.get("ConsumedCapacity", [])
    return sum(of["CapacityUnits"] for of in (consumed if isinstance(consumed, list) else [consumed]))


def _read(operation: str, asked: dict, told: dict) -> Iterator[float]:
    """Each item that is got counts by itself; those of a query count together."""
    if operation == "GetItem":
        yield _units(_item_size_bytes(told.get("Item", {})), asked)
    elif operation in ("Query", "Scan"):
        yield _units(sum(_item_size_bytes(item) for item in told.get("Items", [])), asked)
    elif operation == "BatchGetItem":
        for table, wanted in asked["RequestItems"].items():
            found = told.get("Responses", {}).get(table, [])
            yield from (_units(_item_size_bytes(item), wanted) for item in found)
            yield (len(wanted["Keys"]) - len(found)) * _units(0, wanted)


def _units(size: int, asked: dict) -> float:
    whole = max(1, math.ceil(size / READ_UNIT))
    return float(whole) if asked.get("ConsistentRead") else whole / 2
