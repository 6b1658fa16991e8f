"""Reads from a request on the wire which operation of which service it is, and on what."""

import json
import re
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote

import botocore.session

# MiniStack's service keys whose botocore name differs.
BOTOCORE_NAMES = {
    "states": "stepfunctions",
    "monitoring": "cloudwatch",
    "ses": "sesv2",
    "tagging": "resourcegroupstaggingapi",
}

READING = re.compile(
    r"^(Describe|Get|List|BatchGet|TransactGet|Query|Scan|Search|Lookup|Head|Test|Validate|Receive|Check|Decrypt|Verify"
    r"|Encrypt$|Sign$|Generate(DataKey|Mac|Random)|AssumeRole|Filter|Start(Query|LiveTail)|Estimate|Preview|DetectStack)"
)
RESOURCE_VALUE = re.compile(r"^(arn:aws[\w-]*:|(i|vol|snap|eni|sg|ami|vpc|subnet)-[0-9a-f]{8,}$)")
RESOURCE_FIELDS = {
    "KeyId", "TableName", "FunctionName", "QueueUrl", "StackName", "CommandId", "Name", "name", "AliasName",
    "AutoScalingGroupName", "DBInstanceIdentifier", "DBClusterIdentifier", "SourceDBInstanceIdentifier",
    "service", "serviceName", "cluster", "clusterName", "ResourceId", "RuleName",
}  # fmt: skip
LONGEST_VALUE = 400


def identify(service: str, method: str, path: str, headers: dict, body: Any, query: dict) -> tuple[str, dict]:
    """The operation's name and its parameters, as far as the wire shows them."""
    target = headers.get("x-amz-target", "")
    if target:
        return target.rsplit(".", 1)[-1], _json(body)
    form = _form(headers, body, query)
    if "Action" in form:
        return form.pop("Action"), form
    operation, labels = _rest_operation(service, method, path)
    parameters = _json(body) if service != "s3" else {}
    # Which version of a function is asked for stands beside the path.
    qualifier = {name: text for name, text in form.items() if name == "Qualifier"}
    return operation, {**qualifier, **labels, **parameters}


def is_mutating(service: str, operation: str, parameters: dict) -> bool:
    if str(parameters.get("DryRun", "")).lower() == "true":
        return False
    if service == "s3" and operation.startswith(("GET", "HEAD")):
        return False
    return not READING.match(operation)


def resources(parameters: Any, depth: int = 0) -> list[str]:
    """Ids and ARNs the call names, in order."""
    found: list[str] = []
    if isinstance(parameters, dict):
        for name, value in parameters.items():
            if isinstance(value, str) and (_names_resource(name) or RESOURCE_VALUE.match(value)):
                found.append(value)
            elif isinstance(value, list) and _names_resource(name.removesuffix("s")):
                found += [text for text in value if isinstance(text, str)]
            elif depth < 3:
                found += resources(value, depth + 1)
    elif isinstance(parameters, list):
        for value in parameters:
            if isinstance(value, str) and RESOURCE_VALUE.match(value):
                found.append(value)
            elif depth < 3:
                found += resources(value, depth + 1)
    return list(dict.fromkeys(found))


def _names_resource(name: str) -> bool:
    # The query protocol's `ResourceId` of a tag is `Tags.member.1.ResourceId`, and its lists `FieldNames.member.1`.
    return re.sub(r"s\.member\.\d+$", "", name) in RESOURCE_FIELDS or name.endswith(".ResourceId")


def digest(parameters: dict) -> dict[str, Any]:
    """The parameters without what is too long to read in a log."""
    kept = {}
    for name, value in parameters.items():
        text = value if isinstance(value, str) else json.dumps(value, default=str)
        kept[name] = value if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + "…"
    return kept


def _json(body: Any) -> dict:
    try:
        document = json.loads(body or b"{}")
    except (ValueError, UnicodeDecodeError):
        return {}
    return document if isinstance(document, dict) else {}


def _form(headers: dict, body: Any, query: dict) -> dict[str, str]:
    form = {name: values[0] if isinstance(values, list) else values for name, values in query.items()}
    if body and headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
        form.update(parse_qsl(text, keep_blank_values=True))
    form.pop("Version", None)
    return form


@cache
def _rest_routes(service: str) -> list[tuple[str, re.Pattern, str]]:
    try:
        model = model_of(service)
    except Exception:
        return []
    routes = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        uri = http["requestUri"].split("?")[0].rstrip("/")
        pattern = re.sub(r"\\{(\w+)(\\\+)?\\}", lambda m: f"(?P<{m[1]}>{'.+' if m[2] else '[^/]+'})", re.escape(uri))
        routes.append((http["method"], re.compile(f"^{pattern}/?$"), name))
    # The more literal route wins: /email/templates/x is not an identity.
    return sorted(routes, key=lambda route: route[1].groups)


def _rest_operation(service: str, method: str, path: str) -> tuple[str, dict[str, str]]:
    if service != "s3":
        for verb, pattern, name in _rest_routes(service):
            if verb == method and (match := pattern.match(path)):
                return name, {label: unquote(value) for label, value in match.groupdict().items()}
    return f"{method} {path}", {}


@cache
def model_of(service: str):
    return botocore.session.get_session().get_service_model(BOTOCORE_NAMES.get(service, service))
