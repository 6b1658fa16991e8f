"""The template, read once: functions of CloudFormation as `{"Ref": …}`, `{"Fn::Sub": …}` and so on."""

from pathlib import Path
from typing import Any

import yaml
from moto.cloudformation.utils import yaml_tag_constructor


class _Loader(yaml.SafeLoader):
    pass


_Loader.add_multi_constructor("", yaml_tag_constructor)
TEMPLATE: dict[str, Any] = yaml.load((Path(__file__).parents[2] / "template.yaml").read_text(), _Loader)
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
