"""What is tried in the name of each role and must be refused: service, operation and parameters, as boto3 has them."""

from collections.abc import Iterator
from typing import Any

from tests.permissions.conftest import Prey
from tests.world.resources import Resource

Attempt = tuple[str, str, dict[str, Any]]

LEDGER_ACTIONS = {
    "BatchGetItem": "batch_get_item", "BatchWriteItem": "batch_write_item", "DeleteItem": "delete_item",
    "GetItem": "get_item", "PutItem": "put_item", "Query": "query", "UpdateItem": "update_item",
    "DescribeTable": "describe_table",
}  # fmt: skip
SHUTDOWN, STARTUP, CHECKUP = "ShutdownStateMachine", "StartupStateMachine", "CheckupStateMachine"
ACTING = (SHUTDOWN, STARTUP)
STARTING = ("ReceiveKeyEventFunction", "SweepKeysFunction")
LOOKING = (*STARTING, "EnrolFunction", "ConfirmKeyFunction", "ConfirmBatchFunction", "SendMailsFunction")


def of_nobody(prey: Prey) -> list[Attempt]:
    """What no role of the stack may ever do: delete, change, decrypt, and change keys, policies or itself."""
    server, key, table = prey.tagged["server"].id, prey.fleet.key, prey.outputs["LedgerTableName"]
    group, database = prey.tagged["group"].name, prey.tagged["database"].name
    cluster, place = prey.tagged["cluster"].name, place_of(prey.tagged["service"])
    function, machine = prey.outputs["EnrolFunctionName"], prey.outputs["ShutdownStateMachineArn"]
    queue, topic = prey.outputs["KeyEventDeadLetterQueueUrl"], prey.outputs["OperatorTopicArn"]
    rule, user = {"Name": "lockstep-rule"}, {"UserName": "mallory"}
    role = {"RoleName": "lockstep-role"}
    return [
        ("ec2", "terminate_instances", {"InstanceIds": [server]}),
        ("ec2", "reboot_instances", {"InstanceIds": [server]}),
        ("ec2", "modify_instance_attribute", {"InstanceId": server, "DisableApiStop": {"Value": False}}),
        ("ec2", "run_instances", {"ImageId": "ami-12c6146b", "MinCount": 1, "MaxCount": 1}),
        ("ec2", "delete_volume", {"VolumeId": "vol-0123456789abcdef0"}),
        ("ec2", "detach_volume", {"VolumeId": "vol-0123456789abcdef0"}),
        ("ec2", "create_tags", {"Resources": [server], "Tags": [{"Key": "lockstep:app", "Value": "x"}]}),
        ("ec2", "delete_tags", {"Resources": [server], "Tags": [{"Key": "lockstep:app"}]}),
        ("autoscaling", "delete_auto_scaling_group", {"AutoScalingGroupName": group}),
        ("autoscaling", "update_auto_scaling_group", {"AutoScalingGroupName": group, "MinSize": 0}),
        ("autoscaling", "detach_instances", {"AutoScalingGroupName": group, "ShouldDecrementDesiredCapacity": True}),
        ("application-autoscaling", "deregister_scalable_target", {"ServiceNamespace": "ecs", "ResourceId": "x"}),
        ("rds", "delete_db_instance", {"DBInstanceIdentifier": database}),
        ("rds", "modify_db_instance", {"DBInstanceIdentifier": database}),
        ("rds", "reboot_db_instance", {"DBInstanceIdentifier": database}),
        ("rds", "delete_db_cluster", {"DBClusterIdentifier": cluster}),
        ("ecs", "delete_service", place),
        ("ecs", "run_task", {"cluster": place["cluster"], "taskDefinition": "x"}),
        ("ecs", "stop_task", {"cluster": place["cluster"], "task": "x"}),
        ("kms", "enable_key", {"KeyId": key}),
        ("kms", "disable_key", {"KeyId": key}),
        ("kms", "schedule_key_deletion", {"KeyId": key}),
        ("kms", "cancel_key_deletion", {"KeyId": key}),
        ("kms", "put_key_policy", {"KeyId": key, "PolicyName": "default", "Policy": "{}"}),
        ("kms", "decrypt", {"KeyId": key, "CiphertextBlob": b"x"}),
        ("kms", "encrypt", {"KeyId": key, "Plaintext": b"x"}),
        ("kms", "generate_data_key", {"KeyId": key, "KeySpec": "AES_256"}),
        ("kms", "create_key", {}),
        ("kms", "list_grants", {"KeyId": key}),
        ("dynamodb", "delete_table", {"TableName": table}),
        ("dynamodb", "update_table", {"TableName": table, "DeletionProtectionEnabled": False}),
        ("dynamodb", "scan", {"TableName": table}),
        ("stepfunctions", "delete_state_machine", {"stateMachineArn": machine}),
        ("stepfunctions", "update_state_machine", {"stateMachineArn": machine, "definition": "{}"}),
        ("lambda", "update_function_code", {"FunctionName": function, "ZipFile": b"x"}),
        ("lambda", "delete_function", {"FunctionName": function}),
        ("events", "put_rule", rule),
        ("events", "disable_rule", rule),
        ("events", "delete_rule", rule),
        ("events", "remove_targets", {"Rule": "lockstep-rule", "Ids": ["x"]}),
        ("iam", "put_role_policy", {**role, "PolicyName": "x", "PolicyDocument": "{}"}),
        ("iam", "attach_role_policy", {**role, "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        ("iam", "delete_role_permissions_boundary", role),
        ("iam", "create_access_key", user),
        ("iam", "create_user", user),
        ("sts", "assume_role", {"RoleArn": "arn:aws:iam::000000000000:role/any", "RoleSessionName": "x"}),
        ("ssm", "create_document", {"Name": "x", "Content": "{}"}),
        ("ssm", "delete_document", {"Name": prey.document}),
        ("ssm", "get_parameter", {"Name": "secret"}),
        ("ssm", "start_session", {"Target": server}),
        ("secretsmanager", "get_secret_value", {"SecretId": "x"}),
        ("sns", "publish", {"TopicArn": topic, "Message": "x"}),
        ("sqs", "receive_message", {"QueueUrl": queue}),
        ("sqs", "purge_queue", {"QueueUrl": queue}),
        ("sesv2", "delete_email_identity", {"EmailIdentity": "lockstep@example.com"}),
        ("cloudtrail", "stop_logging", {"Name": "everything"}),
        ("logs", "delete_log_group", {"logGroupName": "x"}),
        ("resourcegroupstaggingapi", "untag_resources", {"ResourceARNList": ["x"], "TagKeys": ["lockstep:app"]}),
    ]


def of_the_fleet(kinds: dict[str, Any], document: str) -> dict[str, list[Attempt]]:
    """What stops and what starts; a count and a suspension stop or start by what they ask for."""
    servers = {"InstanceIds": [kinds["server"].id]}
    group = {"AutoScalingGroupName": kinds["group"].name}
    database = {"DBInstanceIdentifier": kinds["database"].name}
    cluster = {"DBClusterIdentifier": kinds["cluster"].name}
    service = {**place_of(kinds["service"]), "desiredCount": 0}
    command = {"DocumentName": document, "Parameters": {"Verb": ["look"], "Units": ["db.service"]}}
    return {
        SHUTDOWN: [
            ("ec2", "stop_instances", servers),
            ("autoscaling", "suspend_processes", group),
            ("rds", "stop_db_instance", database),
            ("rds", "stop_db_cluster", cluster),
        ],
        STARTUP: [
            ("ec2", "start_instances", servers),
            ("autoscaling", "resume_processes", group),
            ("rds", "start_db_instance", database),
            ("rds", "start_db_cluster", cluster),
        ],
        "both": [("ecs", "update_service", service)],
        "all": [("ssm", "send_command", {**command, **servers})],
    }


def place_of(service: Resource) -> dict[str, str]:
    return dict(zip(("cluster", "service"), service.full_name.split("/"), strict=True))


def of_role(owner: str, prey: Prey, ledger_actions: set[str]) -> Iterator[Attempt]:
    """What others may do and this role may not, or it itself with something else than is meant for it."""
    ours, theirs = (of_the_fleet(kinds, prey.document) for kinds in (prey.tagged, prey.untagged))
    may = {owner} | ({"both"} if owner in ACTING else set()) | ({"all"} if owner in (*ACTING, CHECKUP) else set())
    for who, attempts in ours.items():
        yield from attempts if who not in may else theirs[who]
    for action, operation in LEDGER_ACTIONS.items():
        if action not in ledger_actions:
            yield ("dynamodb", operation, _of_table(action, prey.outputs["LedgerTableName"]))
    yield ("dynamodb", "get_item", _of_table("GetItem", "another-table"))
    yield from _of_keys(owner, prey.fleet.key)
    yield from _of_mails(owner)
    yield from _of_workflows(owner, prey)
    yield ("ssm", "send_command", {"DocumentName": "AWS-RunShellScript", "InstanceIds": [prey.tagged["server"].id]})


def _of_table(action: str, table: str) -> dict[str, Any]:
    if action.startswith("Batch"):
        return {"RequestItems": {table: {"Keys": []} if action == "BatchGetItem" else []}}
    row = {"pk": {"S": "x"}, "sk": {"S": "x"}}
    more = {"PutItem": {"Item": row}, "Query": {"KeyConditionExpression": "pk = :x"}, "DescribeTable": {}}
    return {"TableName": table, **more.get(action, {"Key": row})}


def _of_keys(owner: str, key: str) -> Iterator[Attempt]:
    if owner not in LOOKING:
        yield ("kms", "describe_key", {"KeyId": key})
    if owner != "EnrolFunction":
        yield ("kms", "generate_data_key_without_plaintext", {"KeyId": key, "KeySpec": "AES_256"})
    # EC2 may ask for one in the name of a startup, which itself may not; a dry run may ask for its own account only.
    somebody, account = "arn:aws:iam::999999999999:root", "arn:aws:iam::000000000000:root"
    for grantee, operations in (
        (somebody, ["DescribeKey"]),
        (account, ["Decrypt"]),
        (account, ["DescribeKey", "Decrypt"]),
    ):
        yield ("kms", "create_grant", {"KeyId": key, "GranteePrincipal": grantee, "Operations": operations})


def _of_mails(owner: str) -> Iterator[Attempt]:
    content = {"Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}}}
    to = {"Destination": {"ToAddresses": ["dba@example.com"]}, "Content": content}
    yield ("sesv2", "send_email", {"FromEmailAddress": "ceo@example.com", **to})
    yield ("sesv2", "send_email", {"FromEmailAddress": "lockstep@example.org", **to})
    if owner != "SendMailsFunction":
        yield ("sesv2", "send_email", {"FromEmailAddress": "lockstep@example.com", **to})


def _of_workflows(owner: str, prey: Prey) -> Iterator[Attempt]:
    machines = {
        SHUTDOWN: "ShutdownStateMachineArn",
        STARTUP: "StartupStateMachineArn",
        CHECKUP: "CheckupStateMachineArn",
    }
    for machine, output in machines.items():
        if owner != machine and (owner not in STARTING or machine == CHECKUP):
            yield ("stepfunctions", "start_execution", {"stateMachineArn": prey.outputs[output]})
    event = {"DetailType": "x", "Detail": "{}"}
    yield ("events", "put_events", {"Entries": [{**event, "Source": "somebody"}]})
    if owner not in ACTING:
        yield ("events", "put_events", {"Entries": [{**event, "Source": "lockstep"}]})
    yield ("lambda", "invoke", {"FunctionName": prey.outputs["EnrolFunctionName"]})
    # What calls it calls a version of it.
    mailing = {"FunctionName": prey.function("SendMailsFunction")}
    yield ("lambda", "invoke", mailing)
    if owner not in (*ACTING, "NoticeStateMachine"):
        yield ("lambda", "invoke", {**mailing, "Qualifier": "1"})
