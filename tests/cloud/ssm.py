"""Systems Manager: documents, nodes and Run Command. Parameters and the rest stay with MiniStack."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region

from tests.cloud import clock, documents
from tests.cloud.commands import DELIVERY_TAKES_S, ERRORS_FOLLOW, Invocation, command_status
from tests.cloud.documents import Refused
from tests.cloud.world import of_account, servers

MOST_INSTANCES = 50
LONGEST_PAGE = 50
# What ListCommandInvocations shows of an output; GetCommandInvocation shows more.
LISTED_OUTPUT = 2_500
FETCHED_OUTPUT = 24_000
DEFAULT_TIMEOUT_S = 3600

_invocations: dict[str, list[Invocation]] = {}


def handler(ministack: Callable) -> Callable:
    async def answer(method: str, path: str, headers: dict, body: Any, query: dict) -> tuple:
        operation = OPERATIONS.get(headers.get("x-amz-target", "").rsplit(".", 1)[-1])
        if operation is None:
            return await ministack(method, path, headers, body, query)
        try:
            status, result = 200, operation(json.loads(body or b"{}"))
        except Refused as refusal:
            status, result = 400, {"__type": refusal.code, "message": str(refusal)}
        return status, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(result).encode()

    return answer


def send_command(request: dict) -> dict:
    document = documents.find(request["DocumentName"])
    parameters = request.get("Parameters", {})
    documents.check_parameters(document, parameters)
    ids = _addressed(request)
    mine = {server.id for server in of_account(get_account_id(), get_region())}
    # One bad id fails the whole command.
    if any(i not in mine or not servers[i].is_registered for i in ids):
        raise Refused("InvalidInstanceId", "Instances not in a valid state for account")
    timeout_s = request.get("TimeoutSeconds", DEFAULT_TIMEOUT_S)
    command = {
        "CommandId": str(uuid.uuid4()),
        "DocumentName": request["DocumentName"],
        "DocumentVersion": request.get("DocumentVersion", "$DEFAULT"),
        "Comment": request.get("Comment", ""),
        "Parameters": parameters,
        "InstanceIds": ids,
        "Targets": request.get("Targets", []),
        "RequestedDateTime": time.time(),
        "TimeoutSeconds": timeout_s,
        "MaxConcurrency": request.get("MaxConcurrency", "50"),
        "MaxErrors": request.get("MaxErrors", "0"),
        "TargetCount": len(ids),
    }
    execution_s = documents.execution_timeout_s(document, parameters)
    invocations = [Invocation(command, servers[i], timeout_s + execution_s, execution_s) for i in ids]
    _invocations[command["CommandId"]] = invocations
    for invocation in invocations:
        clock.timeline.after(DELIVERY_TAKES_S, invocation.deliver)
    return {"Command": {**command, "Status": "Pending", "StatusDetails": "Pending"}}


def _addressed(request: dict) -> list[str]:
    ids = list(dict.fromkeys(request.get("InstanceIds", [])))
    for target in request.get("Targets", []):
        if target["Key"].lower() == "instanceids":
            ids += target["Values"]
        elif target["Key"].startswith("tag:"):
            name = target["Key"].removeprefix("tag:")
            ids += [s.id for s in of_account(get_account_id(), get_region()) if s.tags.get(name) in target["Values"]]
    if not ids or len(ids) > MOST_INSTANCES:
        message = f"Member must have length less than or equal to {MOST_INSTANCES} and at least 1: instanceIds"
        raise Refused("ValidationException", message)
    return ids


def list_commands(request: dict) -> dict:
    wanted = request.get("CommandId")
    found = [
        {**group[0].command, "Status": command_status(group), "StatusDetails": command_status(group)}
        for command, group in _invocations.items()
        if wanted in (None, command)
    ]
    return _page(request, "Commands", found)


def list_command_invocations(request: dict) -> dict:
    command, server = request.get("CommandId"), request.get("InstanceId")
    if command and command not in _invocations:
        raise Refused("InvalidCommandId", "The command id is not known.")
    groups = [_invocations[command]] if command else list(_invocations.values())
    chosen = [i for group in groups for i in group if server in (None, i.server.id)]
    return _page(request, "CommandInvocations", [_listed(i, request.get("Details", False)) for i in chosen])


def _listed(invocation: Invocation, with_plugins: bool) -> dict:
    command = invocation.command
    plugin = {
        "Name": "runShellScript",
        "Status": invocation.status,
        "StatusDetails": invocation.details,
        "ResponseCode": invocation.response_code,
        "Output": f"{invocation.output}{invocation.errors}"[:LISTED_OUTPUT],
        "StandardOutputUrl": "",
        "StandardErrorUrl": "",
        **({"ResponseStartDateTime": invocation.started} if invocation.started else {}),
        **({"ResponseFinishDateTime": invocation.ended} if invocation.ended else {}),
    }
    return {
        "CommandId": command["CommandId"],
        "InstanceId": invocation.server.id,
        "InstanceName": invocation.server.tags.get("Name", ""),
        "Comment": command["Comment"],
        "DocumentName": command["DocumentName"],
        "DocumentVersion": command["DocumentVersion"],
        "RequestedDateTime": command["RequestedDateTime"],
        "Status": invocation.status,
        "StatusDetails": invocation.details,
        "CommandPlugins": [plugin] if with_plugins else [],
    }


def get_command_invocation(request: dict) -> dict:
    group = _invocations.get(request["CommandId"], [])
    invocation = next((i for i in group if i.server.id == request["InstanceId"]), None)
    if invocation is None:
        raise Refused("InvocationDoesNotExist", "The command id and the instance id match no invocation.")
    return {
        "CommandId": request["CommandId"],
        "InstanceId": invocation.server.id,
        "DocumentName": invocation.command["DocumentName"],
        "PluginName": "runShellScript",
        "ResponseCode": invocation.response_code,
        "ExecutionStartDateTime": clock.iso(invocation.started) if invocation.started else "",
        "ExecutionEndDateTime": clock.iso(invocation.ended) if invocation.ended else "",
        "Status": invocation.status,
        "StatusDetails": invocation.details,
        "StandardOutputContent": invocation.output[:FETCHED_OUTPUT],
        "StandardErrorContent": invocation.errors.removeprefix(ERRORS_FOLLOW),
    }


def describe_instance_information(request: dict) -> dict:
    wanted = {f["Key"].lower(): f["Values"] for f in request.get("Filters", [])}
    wanted |= {f["key"].lower(): f["valueSet"] for f in request.get("InstanceInformationFilterList", [])}
    nodes = []
    for server in of_account(get_account_id(), get_region()):
        # Nodes of stopped servers are not returned at all.
        if not server.is_registered or server.state != "running":
            continue
        ping = "Online" if server.agent == "online" else "ConnectionLost"
        if server.id in wanted.get("instanceids", [server.id]) and ping in wanted.get("pingstatus", [ping]):
            nodes.append(
                {
                    "InstanceId": server.id,
                    "PingStatus": ping,
                    "LastPingDateTime": time.time(),
                    "AgentVersion": "3.3.0.0",
                    "PlatformType": "Linux",
                    "PlatformName": "Amazon Linux",
                    "ResourceType": "EC2Instance",
                    "IsLatestVersion": True,
                }
            )
    return _page(request, "InstanceInformationList", nodes, shortest=5)


def create_document(request: dict) -> dict:
    document = documents.create(
        request["Name"], request["Content"], request.get("DocumentType", "Command"), request.get("Tags")
    )
    return {"DocumentDescription": documents.description(document)}


def describe_document(request: dict) -> dict:
    return {"Document": documents.description(documents.find(request["Name"]))}


def get_document(request: dict) -> dict:
    document = documents.find(request["Name"])
    return {**documents.description(document), "Content": document["Text"]}


def delete_document(request: dict) -> dict:
    documents.find(request["Name"])
    documents.remove(request["Name"])
    return {}


def _page(request: dict, member: str, everything: list, shortest: int = 1) -> dict:
    size = request.get("MaxResults", LONGEST_PAGE)
    if not shortest <= size <= LONGEST_PAGE:
        raise Refused("ValidationException", f"maxResults must be between {shortest} and {LONGEST_PAGE}")
    first = int(request.get("NextToken") or 0)
    page = {member: everything[first : first + size]}
    return page | ({"NextToken": str(first + size)} if first + size < len(everything) else {})


def clear() -> None:
    _invocations.clear()


OPERATIONS = {
    "SendCommand": send_command,
    "ListCommands": list_commands,
    "ListCommandInvocations": list_command_invocations,
    "GetCommandInvocation": get_command_invocation,
    "DescribeInstanceInformation": describe_instance_information,
    "CreateDocument": create_document,
    "DescribeDocument": describe_document,
    "GetDocument": get_document,
    "DeleteDocument": delete_document,
}
