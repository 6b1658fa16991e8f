"""Makes databases, ECS services and Auto Scaling groups the way their owners do, and asks how they are."""

import json
from dataclasses import dataclass
from typing import Any

from tests.world.cloud import REGION, Cloud

DATABASE_CLASS = "db.t4g.medium"
# Of AttachInstances.
MOST_ATTACHED = 20
THERE_WITHIN_S = 600


@dataclass(frozen=True)
class Resource:
    """Anything else that was made; the cloud's control API knows it by its kind and ARN."""

    kind: str
    arn: str
    name: str
    app: str | None = None

    @property
    def full_name(self) -> str:
        """What mails call it: of an ECS service, the name of its cluster comes first."""
        return self.arn.rsplit(":service/", 1)[-1] if self.kind == "services" else self.name

    @property
    def names(self) -> set[str]:
        """All that calls know it by; `service/CLUSTER/NAME` is also what its scaling is called."""
        return {self.name, self.arn, self.arn.rsplit(":", 1)[-1]}


def tags_of(app: str | None, tags: dict[str, str] | None) -> dict[str, str]:
    return {**(tags or {}), **({"lockstep:app": app} if app is not None else {})}


def make_database(
    cloud: Cloud, name: str, key: str | None, app: str | None, tags: dict[str, str] | None = None, **options: Any
) -> Resource:
    """A DB instance of its own, its storage encrypted with the key; `options` are those of CreateDBInstance."""
    wanted = {"Engine": "postgres", "DBInstanceClass": DATABASE_CLASS, "AllocatedStorage": 20, "MasterUsername": "app"}
    made = cloud.client("rds").create_db_instance(
        DBInstanceIdentifier=name, **wanted | _storage(key) | options, Tags=_pairs(tags_of(app, tags))
    )
    return Resource("databases", made["DBInstance"]["DBInstanceArn"], name, app)


def make_cluster(
    cloud: Cloud,
    name: str,
    key: str | None,
    app: str | None,
    members: int = 1,
    tags: dict[str, str] | None = None,
    **options: Any,
) -> Resource:
    """An Aurora cluster with its members, which carry no tags; `options` are those of CreateDBCluster."""
    rds = cloud.client("rds")
    wanted = {"Engine": "aurora-postgresql", "MasterUsername": "app", "MasterUserPassword": "long-enough"}
    made = rds.create_db_cluster(
        DBClusterIdentifier=name, **wanted | _storage(key) | options, Tags=_pairs(tags_of(app, tags))
    )["DBCluster"]
    for number in range(members):
        rds.create_db_instance(
            DBInstanceIdentifier=f"{name}-{number}",
            DBClusterIdentifier=name,
            Engine=made["Engine"],
            DBInstanceClass=DATABASE_CLASS,
        )
    return Resource("databases", made["DBClusterArn"], name, app)


def make_ecs_service(
    cloud: Cloud,
    cluster: str,
    name: str,
    app: str | None,
    servers: list[str],
    count: int | None = 1,
    key: str | None = None,
    limits: tuple[int, int] | None = None,
    tags: dict[str, str] | None = None,
    **options: Any,
) -> Resource:
    """A service on these servers, a daemon if `count` is None.

    `key` is what its tag says, `limits` are those of its scaling, `options` those of CreateService.
    """
    ecs = cloud.client("ecs")
    ecs.create_cluster(clusterName=cluster)
    for id in set(servers) - _in_cluster(ecs, cluster):
        ecs.register_container_instance(cluster=cluster, instanceIdentityDocument=json.dumps({"instanceId": id}))
    ecs.register_task_definition(family=name, containerDefinitions=[{"name": name, "image": name, "memory": 64}])
    texts = tags_of(app, {**(tags or {}), **({"lockstep:key": key} if key else {})})
    made = ecs.create_service(
        cluster=cluster,
        serviceName=name,
        taskDefinition=name,
        tags=[{"key": k, "value": v} for k, v in texts.items()],
        **({"schedulingStrategy": "DAEMON"} if count is None else {"desiredCount": count}),
        **options,
    )["service"]
    if limits:
        cloud.client("application-autoscaling").register_scalable_target(
            ServiceNamespace="ecs",
            ResourceId=f"service/{cluster}/{name}",
            ScalableDimension="ecs:service:DesiredCount",
            MinCapacity=limits[0],
            MaxCapacity=limits[1],
        )
    return Resource("services", made["serviceArn"], name, app)


def _in_cluster(ecs: Any, cluster: str) -> set[str]:
    """The servers that are container instances already."""
    known: set[str] = set()
    for page in ecs.get_paginator("list_container_instances").paginate(cluster=cluster):
        if arns := page["containerInstanceArns"]:
            told = ecs.describe_container_instances(cluster=cluster, containerInstances=arns)
            known |= {host["ec2InstanceId"] for host in told["containerInstances"]}
    return known


def make_group(
    cloud: Cloud, name: str, app: str | None, servers: list[str], tags: dict[str, str] | None = None, **options: Any
) -> Resource:
    """An Auto Scaling group around servers that run; `options` are those of CreateAutoScalingGroup."""
    scaling = cloud.client("autoscaling")
    wanted = {"MinSize": 0, "MaxSize": 2 * len(servers), "AvailabilityZones": [f"{REGION}a"]} | options
    scaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        InstanceId=servers[0],
        Tags=[{**pair, "PropagateAtLaunch": True} for pair in _pairs(tags_of(app, tags))],
        **wanted,
    )
    for first in range(0, len(servers), MOST_ATTACHED):
        scaling.attach_instances(AutoScalingGroupName=name, InstanceIds=servers[first : first + MOST_ATTACHED])
    made = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"][0]
    return Resource("groups", made["AutoScalingGroupARN"], name, app)


def _storage(key: str | None) -> dict[str, Any]:
    return {"StorageEncrypted": True, "KmsKeyId": key} if key else {}


def _pairs(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def look_at(cloud: Cloud, resource: Resource) -> dict[str, Any]:
    """What the control API knows of it: its `state`, and what its kind has besides."""
    return cloud.ask("GET", f"{resource.kind}/{resource.arn}")


def change(cloud: Cloud, resource: Resource, **settings: Any) -> dict[str, Any]:
    """Sets how the world treats it, such as `stop_takes_s` of a database."""
    return cloud.ask("PATCH", f"{resource.kind}/{resource.arn}", settings)


def until_state(cloud: Cloud, state: str, *resources: Resource) -> None:
    def all_there() -> bool:
        return all(look_at(cloud, resource)["state"] == state for resource in resources)

    cloud.until(f"{', '.join(resource.name for resource in resources)}: {state}", all_there, THERE_WITHIN_S)
