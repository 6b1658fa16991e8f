"""Makes keys and servers the way their owners do, and enrols them the way an operator does."""

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from tests.world import resources
from tests.world.cloud import Cloud
from tests.world.resources import Resource, tags_of

IMAGE = "ami-12c6146b"
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
        return resources.make_database(self.cloud, self.app(name), options.pop("key", self.key), app, **options)

    def cluster(self, name: str, app: str | None, **options: Any) -> Resource:
        return resources.make_cluster(self.cloud, self.app(name), options.pop("key", self.key), app, **options)

    def ecs_service(self, name: str, app: str | None, *servers: Server, **options: Any) -> Resource:
        """A service in an ECS cluster of this fleet, on all servers that are in it."""
        ids, cluster = [server.id for server in servers], self.app(options.pop("cluster", "ecs"))
        return resources.make_ecs_service(self.cloud, cluster, self.app(name), app, ids, **options)

    def group(self, name: str, app: str | None, *servers: Server, **options: Any) -> Resource:
        """Whatever replaces one of the servers carries the same tags as the group, and the units of the first."""
        units = {"lockstep:services": " ".join(servers[0].units)} if servers[0].units else {}
        tags = units | options.pop("tags", {})
        ids = [server.id for server in servers]
        return resources.make_group(self.cloud, self.app(name), app, ids, tags=tags, **options)


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
