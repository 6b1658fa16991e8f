"""Reads and writes the ledger as it lies in DynamoDB, past every function of Lockstep."""

from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from tests.world.cloud import Cloud

_plain = TypeDeserializer().deserialize
_typed = TypeSerializer().serialize


def item(cloud: Cloud, pk: str, sk: str) -> dict[str, Any] | None:
    found = cloud.client("dynamodb").get_item(
        TableName=cloud.outputs["LedgerTableName"], Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True
    )
    return _item(found["Item"]) if "Item" in found else None


def items(cloud: Cloud, pk: str) -> list[dict[str, Any]]:
    pages = (
        cloud.client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=cloud.outputs["LedgerTableName"],
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
            ConsistentRead=True,
        )
    )
    return [_item(found) for page in pages for found in page["Items"]]


def put(cloud: Cloud, pk: str, sk: str, row: dict[str, Any]) -> None:
    typed = {name: _typed(value) for name, value in {**row, "pk": pk, "sk": sk}.items()}
    cloud.client("dynamodb").put_item(TableName=cloud.outputs["LedgerTableName"], Item=typed)


def run(cloud: Cloud, name: str) -> dict[str, Any] | None:
    return item(cloud, f"RUN#{name}", "RUN")


def _item(found: dict[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in found.items()}
