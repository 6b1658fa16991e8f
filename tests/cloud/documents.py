"""Command documents of Systems Manager: stored by account and Region, created by API or by template."""

import hashlib
import json
import re
import time
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services.cloudformation import provisioners

SHELL = {
    "schemaVersion": "2.2",
    "parameters": {
        "commands": {"type": "StringList"},
        "workingDirectory": {"type": "String", "default": ""},
        "executionTimeout": {"type": "String", "default": "3600"},
    },
    "mainSteps": [{"action": "aws:runShellScript", "name": "runShellScript", "inputs": {}}],
}
PLACEHOLDER = re.compile(r"^\{\{\s*(\w+)\s*\}\}$")
DEFAULT_EXECUTION_TIMEOUT_S = 3600

_documents: dict[tuple[str, str, str], dict[str, Any]] = {}


class Refused(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def install() -> None:
    provisioners._RESOURCE_HANDLERS["AWS::SSM::Document"] = {
        "create": _create_by_template,
        "update": _update_by_template,
        "delete": lambda name, _properties: remove(name),
    }


def create(name: str, content: str | dict, kind: str = "Command", tags: list | None = None) -> dict[str, Any]:
    if _key(name) in _documents:
        raise Refused("DocumentAlreadyExists", f"Document with name {name} already exists.")
    return _store(name, content, kind, tags or [], version=1)


def _store(name: str, content: str | dict, kind: str, tags: list, version: int) -> dict[str, Any]:
    text = content if isinstance(content, str) else json.dumps(content)
    try:
        body = json.loads(text)
    except ValueError as error:
        raise Refused("InvalidDocumentContent", f"The document is no JSON: {error}") from error
    document = {
        "Name": name,
        "Text": text,
        "Body": body,
        "DocumentType": kind,
        "Version": version,
        "Tags": tags,
        "CreatedDate": time.time(),
        "Hash": hashlib.sha256(text.encode()).hexdigest(),
    }
    _documents[_key(name)] = document
    return document


def find(name: str) -> dict[str, Any]:
    plain = name.rsplit("/", 1)[-1] if name.startswith("arn:") else name
    if plain == "AWS-RunShellScript" and _key(plain) not in _documents:
        return _store(plain, SHELL, "Command", [], 1)
    if _key(plain) not in _documents:
        raise Refused("InvalidDocument", f"Document with name {name} does not exist.")
    return _documents[_key(plain)]


def remove(name: str) -> None:
    _documents.pop(_key(name), None)


def clear() -> None:
    _documents.clear()


def check_parameters(document: dict[str, Any], given: dict[str, list[str]]) -> None:
    declared = document["Body"].get("parameters", {})
    for name, values in given.items():
        if name not in declared:
            raise Refused("InvalidParameters", f"The parameter {name} is not declared in the document.")
        rule = declared[name]
        for value in values:
            allowed = rule.get("allowedValues")
            if allowed and value not in allowed:
                raise Refused("InvalidParameters", f"The value of {name} is not one of {allowed}.")
            if "allowedPattern" in rule and not re.search(rule["allowedPattern"], value):
                raise Refused("InvalidParameters", f"The value of {name} does not match its pattern.")
    missing = [name for name, rule in declared.items() if name not in given and "default" not in rule]
    if missing:
        raise Refused("InvalidParameters", f"The parameter {missing[0]} is required.")


def execution_timeout_s(document: dict[str, Any], given: dict[str, list[str]]) -> float:
    """What the step allows itself, which is also half of the delivery timeout."""
    steps = document["Body"].get("mainSteps") or [{}]
    value = steps[0].get("inputs", {}).get("timeoutSeconds", "{{ executionTimeout }}")
    if placeholder := PLACEHOLDER.match(str(value)):
        name = placeholder[1]
        default = document["Body"].get("parameters", {}).get(name, {}).get("default", DEFAULT_EXECUTION_TIMEOUT_S)
        value = (given.get(name) or [default])[0]
    return float(value)


def description(document: dict[str, Any]) -> dict[str, Any]:
    return {
        "Name": document["Name"],
        "DocumentType": document["DocumentType"],
        "DocumentFormat": "JSON",
        "DocumentVersion": str(document["Version"]),
        "LatestVersion": str(document["Version"]),
        "DefaultVersion": str(document["Version"]),
        "SchemaVersion": document["Body"].get("schemaVersion", "2.2"),
        "Status": "Active",
        "Hash": document["Hash"],
        "HashType": "Sha256",
        "Owner": get_account_id(),
        "PlatformTypes": ["Linux"],
        "CreatedDate": document["CreatedDate"],
        "Tags": document["Tags"],
    }


def _create_by_template(logical_id: str, properties: dict, stack: str) -> tuple[str, dict]:
    name = properties.get("Name") or f"{stack}-{logical_id}"
    create(name, properties["Content"], properties.get("DocumentType", "Command"), properties.get("Tags"))
    return name, {"Name": name}


def _update_by_template(name: str, _old: dict, properties: dict, _stack: str, _logical_id: str | None = None) -> tuple:
    version = find(name)["Version"] + 1
    _store(name, properties["Content"], properties.get("DocumentType", "Command"), properties.get("Tags", []), version)
    return name, {"Name": name}


def _key(name: str) -> tuple[str, str, str]:
    return get_account_id(), get_region(), name
