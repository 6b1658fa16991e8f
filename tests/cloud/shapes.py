"""Answers on the wire turned into what Step Functions shows, by the shapes of the service's model.

Members are spelled as Step Functions spells them. A list is never absent, an empty one is `[]`;
any other member that the answer lacks stays away, such as the token of a last page.
Each shape becomes a reader once, since botocore builds its shape objects anew at every look, and its
parsers search an answer for each of a structure's hundred members.
"""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

from tests.cloud import spelling

Shape = Any
Element = ElementTree.Element
Reader = Callable[[Any], Any]

SCALARS: dict[str, Callable[[str], Any]] = {
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
    "boolean": lambda text: text == "true",
}


def read_answer(body: bytes, operation: Any) -> dict[str, Any]:
    shape = operation.output_shape
    if shape is None:
        return {}
    service = operation.service_model.service_name
    if operation.metadata["protocol"] not in ("ec2", "query"):
        with _filling:
            reader = _json_reader(shape, service)
        return reader(json.loads(body or b"{}"))
    with _filling:
        reader = _xml_reader(shape, service)
    root = ElementTree.fromstring(body)
    wrapper = shape.serialization.get("resultWrapper")
    return reader(next((child for child in root if _tag(child) == wrapper), root))


# By service and name: threads that ask at once for an operation get shapes of their own, and all but one go again.
_xml_readers: dict[tuple[str, str], Reader] = {}
_json_readers: dict[tuple[str, str], Reader] = {}
# A reader is entered before it is filled, for shapes that contain themselves; no other thread may find it so.
_filling = threading.Lock()


def _xml_reader(shape: Shape, service: str) -> Reader:
    key = (service, shape.name)
    if key not in _xml_readers:
        if shape.type_name == "structure":
            members: dict[str, tuple[str, Reader, bool]] = {}
            lists: list[str] = []
            _xml_readers[key] = lambda element: _read_structure(element, members, lists)
            for member_name, member in shape.members.items():
                flattened = member.type_name == "list" and bool(member.serialization.get("flattened"))
                name = spelling.member_name(member_name)
                reader = _xml_reader(member.member if flattened else member, service)
                members[member.serialization.get("name", member_name)] = (name, reader, flattened)
                if member.type_name == "list":
                    lists.append(name)
        elif shape.type_name == "list":
            item = _xml_reader(shape.member, service)
            _xml_readers[key] = lambda element: [item(child) for child in element]
        elif shape.type_name == "map":
            value = _xml_reader(shape.value, service)
            _xml_readers[key] = lambda element: {entry[0].text: value(entry[1]) for entry in element}
        else:
            scalar = SCALARS.get(shape.type_name, str)
            _xml_readers[key] = lambda element: scalar(element.text or "")
    return _xml_readers[key]


def _read_structure(element: Element, members: dict[str, tuple[str, Reader, bool]], lists: list[str]) -> dict:
    result: dict[str, Any] = {name: [] for name in lists}
    for child in element:
        if (known := members.get(_tag(child))) is None:
            continue
        name, reader, flattened = known
        if flattened:
            result[name].append(reader(child))
        else:
            result[name] = reader(child)
    return result


def _json_reader(shape: Shape, service: str) -> Reader:
    key = (service, shape.name)
    if key not in _json_readers:
        if shape.type_name == "structure":
            members: dict[str, tuple[str, Reader]] = {}
            lists: list[str] = []
            _json_readers[key] = lambda value: (
                {name: [] for name in lists}
                | {
                    members[wire][0]: members[wire][1](item)
                    for wire, item in value.items()
                    if wire in members and item is not None
                }
            )
            for member_name, member in shape.members.items():
                name = spelling.member_name(member_name)
                members[member.serialization.get("name", member_name)] = (name, _json_reader(member, service))
                if member.type_name == "list":
                    lists.append(name)
        elif shape.type_name == "list":
            item = _json_reader(shape.member, service)
            _json_readers[key] = lambda value: [item(part) for part in value]
        elif shape.type_name == "map":
            entry = _json_reader(shape.value, service)
            _json_readers[key] = lambda value: {name: entry(part) for name, part in value.items()}
        elif shape.type_name == "timestamp":
            _json_readers[key] = _read_timestamp
        else:
            _json_readers[key] = lambda value: value
    return _json_readers[key]


def _read_timestamp(value: Any) -> Any:
    if not isinstance(value, int | float):
        return value
    return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _tag(element: Element) -> str:
    return element.tag.rsplit("}", 1)[-1]
