"""What the control API shows and changes of databases, ECS services and Auto Scaling groups.

`GET /_cloud/KIND` shows all of a kind, `GET` and `PATCH /_cloud/KIND/ARN` show and change one, where KIND is
`databases`, `services` or `groups`. The `state` of a database is RDS's own, that of a service is `steady` or
`moving`, that of a group `whole` (as many members as it wants, healthy and running) or `broken`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.cloud import scaling
from tests.cloud.containers import Service, services
from tests.cloud.databases import Database, databases
from tests.cloud.groups import Group, groups, is_running

Change = Callable[[Any, Any], None]


@dataclass(frozen=True)
class Kind:
    things: dict[str, Any]
    describe: Callable[[Any], dict[str, Any]]
    # By the name of what can be changed.
    changes: dict[str, Change]


def number(name: str, kind: type = float) -> Change:
    return lambda thing, value: setattr(thing, name, kind(value))


def describe_database(database: Database) -> dict[str, Any]:
    record = database.record
    restart = record.automatic_restart_time
    return {
        "arn": database.arn,
        "id": record.resource_id,
        "kind": "cluster" if database.is_cluster else "instance",
        "engine": record.engine,
        "state": record.status,
        "key": database.key,
        "members": [member.resource_id for member in database.members],
        "restarts_at": restart and restart.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "tags": database.tags,
        **{name: getattr(database, name) for name in DURATIONS},
    }


def show_key(database: Database, shown: str) -> None:
    """The key as `KmsKeyId` tells it, which RDS documents as an ARN, an id, an alias ARN or an alias name."""
    database.record.kms_key_id = shown


def describe_service(service: Service) -> dict[str, Any]:
    record, target = service.record, scaling.target_of(service)
    hosts = service.backend.container_instances.get(record.cluster_name, {}).values()
    servers = {host.container_instance_arn: host.ec2_instance_id for host in hosts}
    return {
        "arn": service.arn,
        "id": record.name,
        "cluster": record.cluster_name,
        "kind": record.scheduling_strategy,
        "state": "steady" if service.is_steady else "moving",
        "desired": record.desired_count,
        "running": record.running_count,
        "pending": record.pending_count,
        "servers": sorted(servers.get(task.container_instance_arn, "") for task in service.tasks),
        "limits": target and [target.min_capacity, target.max_capacity],
        "suspended": [name for name, is_so in scaling.suspended(target).items() if is_so] if target else [],
        "tags": service.tags,
    }


def describe_group(group: Group) -> dict[str, Any]:
    record = group.record
    return {
        "arn": group.arn,
        "id": record.name,
        "kind": "group",
        "state": "whole" if group.is_whole else "broken",
        "limits": [record.min_size, record.max_size],
        "desired": record.desired_capacity,
        "members": {
            member.instance_id: {
                "health": member.health_status,
                "lifecycle": member.lifecycle_state,
                "runs": is_running(member),
            }
            for member in record.instance_states
        },
        "suspended": sorted(group.suspended),
        "tags": group.tags,
    }


DURATIONS = (
    "create_takes_s", "stop_takes_s", "start_takes_s", "notices_key_after_s", "restarts_after_s", "lost_after_s",
)  # fmt: skip
KINDS = {
    "databases": Kind(
        databases,
        describe_database,
        {
            **{name: number(name) for name in DURATIONS},
            "failing_starts": number("failing_starts", int),
            "shown_key": show_key,
        },
    ),
    "services": Kind(
        services,
        describe_service,
        {
            "task_start_takes_s": number("task_start_takes_s"),
            "task_stop_takes_s": number("task_stop_takes_s"),
            "failing_starts": number("failing_starts", int),
            "scale_out_after_s": scaling.scale_out,
        },
    ),
    "groups": Kind(
        groups,
        describe_group,
        {name: number(name) for name in ("health_check_takes_s", "replacement_takes_s", "launches_again_after_s")},
    ),
}


def every(kind: str) -> list[dict[str, Any]]:
    return [KINDS[kind].describe(thing) for thing in list(KINDS[kind].things.values())]


def describe(kind: str, arn: str) -> dict[str, Any]:
    return KINDS[kind].describe(KINDS[kind].things[arn])


def change(kind: str, arn: str, wanted: dict[str, Any]) -> dict[str, Any]:
    for name, value in wanted.items():
        if name not in KINDS[kind].changes:
            raise ValueError(f"{kind} have no {name} to change; they have {', '.join(sorted(KINDS[kind].changes))}")
        KINDS[kind].changes[name](KINDS[kind].things[arn], value)
    return describe(kind, arn)
