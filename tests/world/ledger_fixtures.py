"""The ledger as each version of Lockstep leaves it: the rows of one story, as DynamoDB has them, one to a line.

What the cloud has made up is a word in pointed brackets there. `REWRITE_LEDGER=1` writes that of this version.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.world.cloud import ROOT, Cloud

FOLDER = ROOT / "tests" / "fixtures" / "ledger"
REWRITE = "REWRITE_LEDGER"
MADE_UP = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\bi-[0-9a-f]{17}\b")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
# The row of the last sweep is about every key.
SWEEP = "SWEEP"
# As a row would have it that a version yet to come has written.
OF_A_LATER_VERSION = {"of_a_later_version": {"M": {"word": {"S": "unknown"}}}}

Row = dict[str, Any]


def version() -> str:
    return tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]


def versions() -> list[str]:
    return sorted(file.stem for file in FOLDER.glob("*.json"))


def read(version: str) -> list[Row]:
    return json.loads(_file(version).read_text())


def write(rows: list[Row]) -> None:
    lines = sorted(json.dumps(row, sort_keys=True, ensure_ascii=False) for row in rows)
    assert not (found := MADE_UP.findall("\n".join(lines))), f"names that the cloud made up: {set(found)}"
    FOLDER.mkdir(parents=True, exist_ok=True)
    _file(version()).write_text("[\n" + ",\n".join(lines) + "\n]\n")


def _file(version: str) -> Path:
    return FOLDER / f"{version}.json"


def rows_about(cloud: Cloud, words: dict[str, str]) -> list[Row]:
    """What the ledger has about the names whose words these are, in those words."""
    return [_replaced(row, words) for row in _rows(cloud) if _is_about(row, words)]


def put_in_place(cloud: Cloud, rows: list[Row], words: dict[str, str]) -> None:
    """These rows take the place of what is there about the names, with the names for their words, as of today."""
    table, dynamodb = cloud.outputs["LedgerTableName"], cloud.client("dynamodb")
    later = _lag(rows, rows_about(cloud, words))
    names = {word: name for name, word in words.items()}
    wanted = [json.loads(_moved(json.dumps(_replaced(row, names)), later)) for row in rows]
    kept = {(row["pk"]["S"], row["sk"]["S"]) for row in wanted}
    for row in wanted:
        dynamodb.put_item(TableName=table, Item=row | OF_A_LATER_VERSION)
    for row in _rows(cloud):
        if _is_about(row, words) and (row["pk"]["S"], row["sk"]["S"]) not in kept:
            dynamodb.delete_item(TableName=table, Key={name: row[name] for name in ("pk", "sk")})


def fields(rows: list[Row]) -> set[str]:
    """Each field of each family of rows."""
    return {found for row in rows for found in _fields_of(row)}


def _fields_of(row: Row) -> Iterator[str]:
    pk, sk = (row[name]["S"].split("#")[0] for name in ("pk", "sk"))
    family = f"{pk}#/{sk if pk != sk else ''}#" if "#" in row["pk"]["S"] else f"{pk}/"
    for path in _paths({name: value for name, value in row.items() if name not in ("pk", "sk")}):
        yield f"{family} {path}"


def _paths(attributes: Row, before: str = "") -> Iterator[str]:
    for name, value in attributes.items():
        # What has a dot is the name of a unit, and no field.
        path = before + ("*" if "." in name else name)
        yield path
        maps = [value, *value.get("L", [])]
        for inner in (it["M"] for it in maps if "M" in it):
            yield from _paths(inner, f"{path}.")


def _lag(rows: list[Row], there: list[Row]) -> timedelta:
    """By how much the runs of the rows are older than the same runs there; by the least, so that none of their graces
    ends later than it really did.
    """
    ends = {row["pk"]["S"]: _moment(row["grace_ends_at"]["S"]) for row in there if row["sk"]["S"] == "RUN"}
    wanted = {row["pk"]["S"]: _moment(row["grace_ends_at"]["S"]) for row in rows if row["sk"]["S"] == "RUN"}
    return min(ends[run] - wanted[run] for run in ends.keys() & wanted.keys())


def _moved(text: str, by: timedelta) -> str:
    return MOMENT.sub(lambda found: (_moment(found[0]) + by).isoformat().replace("+00:00", "Z"), text)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _rows(cloud: Cloud) -> list[Row]:
    pages = cloud.client("dynamodb").get_paginator("scan")
    found = pages.paginate(TableName=cloud.outputs["LedgerTableName"], ConsistentRead=True)
    return [row for page in found for row in page["Items"]]


def _is_about(row: Row, words: dict[str, str]) -> bool:
    text = json.dumps(row, ensure_ascii=False)
    return row["pk"]["S"] == SWEEP or any(name in text for name in words)


def _replaced(row: Row, words: dict[str, str]) -> Row:
    text = json.dumps(row, ensure_ascii=False)
    for name, word in words.items():
        text = text.replace(name, word)
    return json.loads(text)
