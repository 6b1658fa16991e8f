"""Makes keys and servers the way their owners do, and enrols them the way an operator does."""

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from tests.world.cloud import Cloud

IMAGE = "ami-12c6146b"
DATABASE_CLASS = "db.t4g.medium"
READY_WITHIN_S = 600


class Refused(Exception):
    """Lockstep refused a request; `kind` and `message` are what the function answered."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message


@dataclass(frozen=True)
class Server:
    """A server that was made, and what its tags say."""

    id: str
    name: str
    app: str | None = None
    units: tuple[str, ...] = ()


@dataclass(frozen=True)
class Resource:
    """Anything else that was made; the cloud's control API knows it by its kind and ARN."""

    kind: str
    arn: str
    name: str
    app: str | None = None


@dataclass
class Fleet:
    """One key, and the servers made for one story."""

    cloud: Cloud
    key: str
    suffix: str = field(default_factory=lambda: uuid.uuid4().hex[:8])

    def app(self, name: str) -> str:
        """The name of an app of this fleet only."""
        return f"{name}-{self.suffix}"

    def admin(self, name: str) -> str:
        return f"{name}-{self.suffix}@example.com"

    def server(self, name: str, app: str | None, units: str = "", **options: Any) -> Server:
        return make_server(self.cloud, name, options.pop("key", self.key), app, units, **options)

    def database(self, name: str, app: str | None, **options: Any) -> Resource:
        return make_database(self.cloud, self.app(name), options.pop("key", self.key), app, **options)

    def cluster(self, name: str, app: str | None, **options: Any) -> Resource:
        return make_cluster(self.cloud, self.app(name), options.pop("key", self.key), app, **options)


def make_key(cloud: Cloud, **options: Any) -> str:
    return cloud.client("kms").create_key(**options)["KeyMetadata"]["Arn"]


def make_server(
    cloud: Cloud, name: str, key: str, app: str | None, units: str = "", tags: dict[str, str] | None = None
) -> Server:
    """A server with one volume encrypted with the key; it is still starting when this returns."""
    texts = {"Name": name, **tags_of(app, tags)}
    if units:
        texts["lockstep:services"] = units
    made = cloud.client("ec2").run_instances(
        ImageId=IMAGE,
        MinCount=1,
        MaxCount=1,
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8, "Encrypted": True, "KmsKeyId": key}}],
        TagSpecifications=[
            {"ResourceType": "instance", "Tags": [{"Key": k, "Value": v} for k, v in texts.items()]},
        ],
    )
    return Server(made["Instances"][0]["InstanceId"], name, app, tuple(units.split()))


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

    cloud.until(f"{', '.join(resource.name for resource in resources)}: {state}", all_there, READY_WITHIN_S)


def until_ready(cloud: Cloud, *servers: Server) -> None:
    """Waits until they run, with their agents online where they have one."""

    def is_ready(server: Server) -> bool:
        found = cloud.server(server.id)
        return found["state"] == "running" and (not server.units or found["agent"] == "online")

    def all_ready() -> bool:
        return all(is_ready(server) for server in servers)

    cloud.until("the new servers run and their agents are online", all_ready, READY_WITHIN_S)


def stop_by_hand(cloud: Cloud, server: Server) -> None:
    """Stops a server as its owner would, long before anything happens to the key."""
    cloud.client("ec2").stop_instances(InstanceIds=[server.id])
    cloud.until(f"{server.name} is stopped", lambda: cloud.servers()[server.id]["state"] == "stopped", READY_WITHIN_S)


def enrol(cloud: Cloud, request: Any) -> dict[str, Any]:
    """Asks the `enrol` function; a refusal is raised."""
    return invoke(cloud, cloud.outputs["EnrolFunctionName"], request)


def watch_key(cloud: Cloud, key: str) -> dict[str, Any]:
    return enrol(cloud, {"action": "watch_key", "key": key})


def set_app(cloud: Cloud, app: str, admins: list[str], language: str = "en") -> dict[str, Any]:
    return enrol(cloud, {"action": "set_app", "app": app, "admins": admins, "language": language})


def invoke(cloud: Cloud, function: str, payload: Any) -> dict[str, Any]:
    answer = cloud.client("lambda").invoke(FunctionName=function, Payload=json.dumps(payload).encode())
    body = json.loads(answer["Payload"].read() or b"null")
    if "FunctionError" in answer:
        raise Refused(body.get("errorType", ""), body.get("errorMessage", ""))
    return body
