"""The examples' templates as data: `!Ref` and its like become `{"Ref": …}`."""

import re
from typing import Any

import yaml
from moto.cloudformation.utils import yaml_tag_constructor

from tests.examples import pages

TEMPLATES = sorted((pages.ROOT / "examples").glob("*/*.yaml"))


class Loader(yaml.SafeLoader):
    """Knows the short forms of CloudFormation's functions."""


Loader.add_multi_constructor("", yaml_tag_constructor)


def read(folder: str, name: str = "template.yaml") -> dict[str, Any]:
    return yaml.load((pages.ROOT / "examples" / folder / name).read_text(), Loader)


def properties(template: dict[str, Any], kind: str) -> dict[str, Any]:
    """Of the one resource of that kind."""
    [resource] = [resource for resource in template["Resources"].values() if resource["Type"] == kind]
    return resource["Properties"]


def allows(template: dict[str, Any], parameter: str, value: str) -> bool:
    """CloudFormation wants the whole value to match."""
    return bool(re.fullmatch(template["Parameters"][parameter]["AllowedPattern"], value))


def tags(of: dict[str, Any]) -> dict[str, Any]:
    return {tag["Key"]: tag["Value"] for tag in of["Tags"]}
