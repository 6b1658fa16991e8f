"""The Resource Groups Tagging API, as far as ECS services are asked for by their tags; MiniStack knows none of them.

From the API Reference of GetResources: filters of tags are joined by AND, the values of one by OR, and one without
values asks for the key alone; a page has 50 resources unless 1 to 100 are asked for. The token of a last page is "",
and not absent (seen in workflows of others: `"Variable": "$.PaginationToken", "StringEquals": ""`).
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from ministack.core.responses import get_account_id, get_region

from tests.cloud import answers, containers
from tests.cloud.moto_service import lock

KIND = "ecs:service"
USUAL_PAGE, LONGEST_PAGE = 50, 100
MOST_FILTERS, MOST_VALUES = 50, 20

Pairs = list[dict[str, str]]


def handler(ministack: Callable) -> Callable:
    async def answer(method: str, path: str, headers: dict, body: Any, query: dict) -> tuple:
        asked = json.loads(body or b"{}")
        is_search = headers.get("x-amz-target", "").endswith(".GetResources")
        if not is_search or KIND not in asked.get("ResourceTypeFilters", ()):
            return await ministack(method, path, headers, body, query)
        if wrong := fault_of(asked):
            return answers.error("tagging", "InvalidParameterException", wrong, 400)
        with lock:
            found = sorted(services(asked.get("TagFilters", [])), key=lambda row: row["ResourceARN"])
        first, size = int(asked.get("PaginationToken") or 0), asked.get("ResourcesPerPage", USUAL_PAGE)
        more = str(first + size) if first + size < len(found) else ""
        page = {"ResourceTagMappingList": found[first : first + size], "PaginationToken": more}
        return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(page).encode()

    return answer


def fault_of(asked: dict[str, Any]) -> str | None:
    if others := [kind for kind in asked["ResourceTypeFilters"] if kind != KIND]:
        return f"{others[0]} is not known here together with {KIND}"
    if not 1 <= asked.get("ResourcesPerPage", USUAL_PAGE) <= LONGEST_PAGE:
        return f"ResourcesPerPage must be between 1 and {LONGEST_PAGE}"
    filters = asked.get("TagFilters", [])
    if len(filters) > MOST_FILTERS or any(len(wanted.get("Values", ())) > MOST_VALUES for wanted in filters):
        return f"There can be {MOST_FILTERS} tag filters of {MOST_VALUES} values each"
    if not (asked.get("PaginationToken") or "0").isdigit():
        return "The PaginationToken is not valid"
    return None


def services(filters: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What has no tag at all is never among them."""
    here = (get_account_id(), get_region())
    for service in containers.services.values():
        record = service.record
        if (record._account_id, record.region_name) != here or record.status != "ACTIVE" or not service.tags:
            continue
        if all(is_met(wanted, service.tags) for wanted in filters):
            tags: Pairs = [{"Key": key, "Value": value} for key, value in service.tags.items()]
            yield {"ResourceARN": service.arn, "Tags": tags}


def is_met(wanted: dict[str, Any], tags: dict[str, str]) -> bool:
    return wanted["Key"] in tags and (not wanted.get("Values") or tags[wanted["Key"]] in wanted["Values"])
