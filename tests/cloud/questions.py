"""What IAM is asked about a call: which actions, on which resources, under which conditions.

Actions and resources as the Service Authorization Reference lists them for each operation. A call is allowed if every
question about it is. What the call names and the cloud does not hold is not asked about: its service says so itself.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ministack.core.iam_actions import _DYNAMODB_TRANSACT_ITEM_ACTIONS as ACTIONS_OF_ITEMS
from ministack.core.responses import get_account_id, get_region
from ministack.services import ses_v2

from tests.cloud import containers, databases, groups, keys
from tests.cloud.world import servers

# Services whose actions are named otherwise than MiniStack routes them.
PREFIXES = {"tagging": "tag", "monitoring": "cloudwatch"}
# Operations whose action is not named after them.
ACTIONS = {("lambda", "Invoke"): "InvokeFunction"}

Asked = dict[str, Any]


@dataclass(frozen=True)
class Question:
    action: str
    resource: str = "*"
    # By the names of condition keys, in small letters as the evaluator looks them up.
    conditions: dict[str, Any] = field(default_factory=dict)


def about(service: str, operation: str, asked: Asked) -> list[Question]:
    found = _ASKED_OF.get(service, _of_anything)(operation, asked)
    action = f"{PREFIXES.get(service, service)}:{ACTIONS.get((service, operation), operation)}"
    return [question if isinstance(question, Question) else Question(action, *question) for question in found]


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{get_region()}:{get_account_id()}:{resource}"


def tagged(tags: dict[str, str], *prefixes: str) -> dict[str, str]:
    names = ("aws:ResourceTag", *prefixes)
    return {f"{prefix}/{name}".lower(): value for prefix in names for name, value in tags.items()}


def _of_anything(operation: str, asked: Asked) -> Iterator[tuple]:
    yield ("*",)


def _of_ec2(operation: str, asked: Asked) -> Iterator[tuple]:
    ids = [value for name, value in asked.items() if name.startswith("InstanceId.")]
    if operation.startswith("Describe") or not ids:
        yield ("*",)
        return
    for server in (servers[id] for id in ids if id in servers):
        yield arn("ec2", f"instance/{server.id}"), tagged(server.tags, "ec2:ResourceTag")


def _of_autoscaling(operation: str, asked: Asked) -> Iterator[tuple]:
    name = asked.get("AutoScalingGroupName")
    if operation.startswith("Describe") or not name:
        yield ("*",)
        return
    for group in list(groups.groups.values()):
        if group.record.name == name:
            yield group.arn, tagged(group.tags, "autoscaling:ResourceTag")


def _of_application_autoscaling(operation: str, asked: Asked) -> Iterator[tuple]:
    if operation.startswith("Describe"):
        yield ("*",)
        return
    conditions = {
        "application-autoscaling:service-namespace": asked.get("ServiceNamespace"),
        "application-autoscaling:scalable-dimension": asked.get("ScalableDimension"),
    }
    yield arn("application-autoscaling", "scalable-target/1ec5"), conditions


def _of_ecs(operation: str, asked: Asked) -> Iterator[tuple]:
    cluster = str(asked.get("cluster", "default")).rsplit("/", 1)[-1]
    within = {"ecs:cluster": arn("ecs", f"cluster/{cluster}")}
    named = asked.get("services") or ([asked["service"]] if "service" in asked else [])
    if operation == "ListContainerInstances":
        yield within["ecs:cluster"], within
    elif operation == "ListTasks":
        # Without an instance it is asked about everything: cdklabs/construct-hub#1207.
        instance = asked.get("containerInstance")
        yield arn("ecs", f"container-instance/{cluster}/{instance.rsplit('/', 1)[-1]}") if instance else "*", within
    elif operation == "DescribeTasks":
        for task in asked.get("tasks", []):
            yield arn("ecs", f"task/{cluster}/{task.rsplit('/', 1)[-1]}"), within
    elif named:
        for name in named:
            resource = arn("ecs", f"service/{cluster}/{name.rsplit('/', 1)[-1]}")
            service = containers.services.get(resource)
            if service or operation.startswith("Describe"):
                yield resource, within | tagged(service.tags if service else {}, "ecs:ResourceTag")
    else:
        yield ("*",)


def _of_rds(operation: str, asked: Asked) -> Iterator[tuple]:
    kind, name = "db", asked.get("DBInstanceIdentifier")
    if "Cluster" in operation:
        kind, name = "cluster", asked.get("DBClusterIdentifier")
    resource = arn("rds", f"{kind}:{name or '*'}")
    if operation.startswith("Describe"):
        yield (resource,)
    elif database := databases.databases.get(resource):
        yield resource, tagged(database.tags, "rds:db-tag")


def _of_ssm(operation: str, asked: Asked) -> Iterator[tuple]:
    if operation == "SendCommand":
        yield (arn("ssm", f"document/{asked['DocumentName']}"),)
        for server in (servers[id] for id in asked.get("InstanceIds", []) if id in servers):
            yield arn("ec2", f"instance/{server.id}"), tagged(server.tags, "ssm:resourceTag")
    elif "Name" in asked:
        yield (arn("ssm", f"document/{asked['Name']}"),)
    else:
        # As people have met it in refusals of ListCommandInvocations.
        yield (arn("ssm", "*"),)


def _of_kms(operation: str, asked: Asked) -> Iterator[tuple]:
    if "KeyId" not in asked:
        yield ("*",)
        return
    context = asked.get("Constraints", {})
    named = {name for words in context.values() for name in words}
    conditions = {
        "kms:granteeprincipal": asked.get("GranteePrincipal"),
        "kms:grantoperations": asked.get("Operations"),
        "kms:encryptioncontextkeys": sorted(named) or None,
        "kms:grantisforawsresource": "false" if operation == "CreateGrant" else None,
    }
    yield keys.full_arn(asked["KeyId"]), conditions


def _of_dynamodb(operation: str, asked: Asked) -> Iterator[tuple | Question]:
    if operation in ("TransactWriteItems", "TransactGetItems"):
        items = asked.get("TransactItems", [])
        done = {(kind, item[kind]["TableName"]) for item in items for kind in item if kind in ACTIONS_OF_ITEMS}
        for kind, table in sorted(done):
            yield Question(ACTIONS_OF_ITEMS[kind], arn("dynamodb", f"table/{table}"))
        return
    tables = [asked["TableName"]] if "TableName" in asked else list(asked.get("RequestItems", {}))
    for table in tables:
        yield (table if table.startswith("arn:") else arn("dynamodb", f"table/{table}"),)
    if not tables:
        yield ("*",)


def _of_states(operation: str, asked: Asked) -> Iterator[tuple]:
    named = [asked[name] for name in ("stateMachineArn", "executionArn", "mapRunArn") if name in asked]
    yield (named[0] if named else "*",)


def _of_lambda(operation: str, asked: Asked) -> Iterator[tuple]:
    """A version and an alias are resources of their own, which a permission for the bare function is not one for."""
    name, qualifier = asked.get("FunctionName", ""), asked.get("Qualifier")
    function = name if name.startswith("arn:") else arn("lambda", f"function:{name}")
    bare = function.count(":") == arn("lambda", "function:x").count(":")
    yield ((f"{function}:{qualifier}" if qualifier and bare else function) if name else "*",)


def _of_events(operation: str, asked: Asked) -> Iterator[tuple]:
    for entry in asked.get("Entries", []) if operation == "PutEvents" else []:
        bus = entry.get("EventBusName") or "default"
        conditions = {"events:source": entry.get("Source"), "events:detail-type": entry.get("DetailType")}
        yield bus if bus.startswith("arn:") else arn("events", f"event-bus/{bus}"), conditions
    if operation != "PutEvents":
        name = asked.get("Name") or asked.get("Rule")
        yield (arn("events", f"rule/{name}") if name else "*",)


def _of_cloudtrail(operation: str, asked: Asked) -> Iterator[tuple]:
    name = asked.get("Name") or asked.get("TrailName")
    yield ((name if name.startswith("arn:") else arn("cloudtrail", f"trail/{name}")) if name else "*",)


def _of_ses(operation: str, asked: Asked) -> Iterator[tuple]:
    if operation != "SendEmail":
        name = asked.get("EmailIdentity")
        yield (arn("ses", f"identity/{name}") if name else "*",)
        return
    sender = asked.get("FromEmailAddress", "")
    # The address, if it is verified by itself, and else its domain.
    identity = sender if sender in ses_v2._identities else sender.rsplit("@", 1)[-1]
    to = [address for kind in asked.get("Destination", {}).values() for address in kind]
    conditions = {"ses:fromaddress": sender, "ses:recipients": to}
    yield arn("ses", f"identity/{identity}"), conditions
    if chosen := asked.get("ConfigurationSetName"):
        yield arn("ses", f"configuration-set/{chosen}"), conditions


def _of_sqs(operation: str, asked: Asked) -> Iterator[tuple]:
    name = str(asked.get("QueueUrl", "")).rsplit("/", 1)[-1]
    yield (arn("sqs", name) if name else "*",)


_ASKED_OF: dict[str, Callable[[str, Asked], Iterator]] = {
    "ec2": _of_ec2,
    "autoscaling": _of_autoscaling,
    "application-autoscaling": _of_application_autoscaling,
    "ecs": _of_ecs,
    "rds": _of_rds,
    "ssm": _of_ssm,
    "kms": _of_kms,
    "dynamodb": _of_dynamodb,
    "states": _of_states,
    "lambda": _of_lambda,
    "events": _of_events,
    "cloudtrail": _of_cloudtrail,
    "ses": _of_ses,
    "sqs": _of_sqs,
}
