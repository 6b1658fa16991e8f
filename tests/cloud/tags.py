"""EC2's tags: DescribeTags in pages, and quick enough for a fleet of thousands."""

import fnmatch
import re
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.responses.tags import TagResponse
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, get_prefix

from tests.cloud.server_answers import page_of

WILDCARD = re.compile(r"[*?]")


def install() -> None:
    TagResponse.describe_tags = _describe_tags
    TaggedEC2Resource.get_tags = _get_tags


def _get_tags(self) -> list[dict[str, str]]:
    # moto matches the tags of everything to find those of one.
    tags = self.ec2_backend.tags.get(self.id, {})
    return [{"resource_id": self.id, "key": key, "value": value} for key, value in tags.items()]


def _describe_tags(self) -> ActionResult:
    self.error_on_dryrun()
    page, token = page_of(self, _chosen(self.ec2_backend.tags, self._filters_from_querystring()))
    return ActionResult({"Tags": page, "NextToken": token})


def _chosen(everything: dict[str, dict[str, str]], filters: dict[str, list[str]]) -> list[dict[str, Any]]:
    is_id, is_type, is_key, is_value = (
        _any_of(filters.get(name)) for name in ("resource-id", "resource-type", "key", "value")
    )
    return [
        {"ResourceId": id, "ResourceType": kind, "Key": key, "Value": value}
        for id, tags in list(everything.items())
        if is_id(id) and is_type(kind := EC2_PREFIX_TO_RESOURCE.get(get_prefix(id), ""))
        for key, value in tags.items()
        if is_key(key) and is_value(value)
    ]


def _any_of(wanted: list[str] | None) -> Callable[[str], bool]:
    """Filter values are joined by OR, and know `*` and `?`."""
    if wanted is None:
        return lambda _: True
    plain = {text for text in wanted if not WILDCARD.search(text)}
    patterns = [re.compile(fnmatch.translate(text.replace("[", "[[]"))) for text in wanted if WILDCARD.search(text)]
    return lambda text: text in plain or any(pattern.match(text) for pattern in patterns)
