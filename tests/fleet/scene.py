"""The fleet: 1,000 servers on one key, 300 of them with services and 300 in groups, databases, and bystanders."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.world import fleet, resources
from tests.world.cloud import Cloud
from tests.world.fleet import IMAGE, Fleet, Server
from tests.world.resources import Resource, tags_of

SERVERS, WITH_SERVICES, GROUPS, MEMBERS = 1000, 300, 30, 10
# Tier -> the units of its servers, in start order.
TIERS = {
    0: "postgresql.service",
    5: "redis.service rabbitmq-server.service",
    10: "nginx.service orders-api.service orders-worker.service",
}
APPS = ("orders", "billing", "search")
INSTANCES, CLUSTERS = 5, 1
# Of each kind of server that Lockstep has to leave alone.
BYSTANDERS = 5
# What one call makes.
MADE_AT_ONCE = 50
THERE_WITHIN_S = 1800


@dataclass(frozen=True)
class Scene:
    """Everything that was made, by what Lockstep has to do with it."""

    fleet: Fleet
    plain: list[Server]
    with_services: list[Server]
    # The servers of each group, by its name.
    members: dict[str, list[Server]]
    groups: list[Resource]
    databases: list[Resource]
    running_bystanders: list[Server]
    stopped_bystanders: list[Server]

    @property
    def in_groups(self) -> list[Server]:
        return [server for servers in self.members.values() for server in servers]

    @property
    def down(self) -> list[Server]:
        """The servers that have to go down and to come back."""
        return [*self.plain, *self.with_services, *self.in_groups]

    @property
    def left_alone(self) -> list[Server]:
        """The servers that nobody may touch."""
        return [*self.running_bystanders, *self.stopped_bystanders]

    def counts(self) -> dict[str, int]:
        return {
            "down": len(self.down),
            "left_alone": len(self.left_alone),
            "services": sum(len(server.units) for server in self.with_services),
            "servers_with_services": len(self.with_services),
            "groups": len(self.groups),
            "databases": len(self.databases),
        }


def build(cloud: Cloud) -> Scene:
    made = Fleet(cloud, fleet.make_key(cloud))
    apps = [made.app(name) for name in APPS]
    other = fleet.make_key(cloud)
    members = {made.app(f"group-{n:02}"): servers_of(made, apps[n % len(apps)], MEMBERS) for n in range(GROUPS)}
    scene = Scene(
        fleet=made,
        plain=[*spread(made, apps, SERVERS - WITH_SERVICES - GROUPS * MEMBERS)],
        with_services=[
            server
            for tier, units in TIERS.items()
            for server in spread(made, apps, WITH_SERVICES // len(TIERS), units, {"lockstep:tier": str(tier)})
        ],
        members=members,
        groups=[],
        databases=[made.database(f"database-{n}", apps[n % len(apps)]) for n in range(INSTANCES)]
        + [made.cluster(f"cluster-{n}", apps[n % len(apps)], members=2) for n in range(CLUSTERS)],
        running_bystanders=[
            *servers_of(made, apps[0], BYSTANDERS, key=other),
            *servers_of(made, None, BYSTANDERS),
            *servers_of(made, apps[0], BYSTANDERS, tags={"lockstep:exclude": "true"}),
        ],
        stopped_bystanders=servers_of(made, apps[0], BYSTANDERS),
    )
    until_ready(cloud, [*scene.down, *scene.left_alone])
    for number, (name, servers) in enumerate(members.items()):
        ids = [server.id for server in servers]
        scene.groups.append(resources.make_group(cloud, name, apps[number % len(apps)], ids))
    stopped = [server.id for server in scene.stopped_bystanders]
    cloud.client("ec2").stop_instances(InstanceIds=stopped)
    cloud.until("the bystanders are stopped", lambda: _are(cloud, stopped, "stopped"), THERE_WITHIN_S)
    resources.until_state(cloud, "available", *scene.databases)
    for app in apps:
        fleet.set_app(cloud, app, [f"dba-{app}@example.com"])
    fleet.watch_key(cloud, made.key)
    return scene


def spread(made: Fleet, apps: list[str], count: int, units: str = "", tags: Any = None) -> Iterator[Server]:
    """As many servers for each app, and what is left over for the last."""
    for app in apps:
        share = count // len(apps) + (count % len(apps) if app == apps[-1] else 0)
        yield from servers_of(made, app, share, units, tags=tags)


def servers_of(
    made: Fleet, app: str | None, count: int, units: str = "", key: str | None = None, tags: Any = None
) -> list[Server]:
    """Servers that have everything in common, their name, too: one call makes many."""
    name = f"{app or 'nobody'}-{units.split('.')[0] or 'plain'}"
    texts = {"Name": name, **tags_of(app, tags), **({"lockstep:services": units} if units else {})}
    disk = {"VolumeSize": 8, "Encrypted": True, "KmsKeyId": key or made.key}
    servers: list[Server] = []
    while len(servers) < count:
        wanted = min(MADE_AT_ONCE, count - len(servers))
        answer = made.cloud.client("ec2").run_instances(
            ImageId=IMAGE,
            MinCount=wanted,
            MaxCount=wanted,
            BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": disk}],
            TagSpecifications=[
                {"ResourceType": "instance", "Tags": [{"Key": k, "Value": v} for k, v in texts.items()]},
            ],
        )
        servers += [Server(it["InstanceId"], name, app, tuple(units.split())) for it in answer["Instances"]]
    return servers


def until_ready(cloud: Cloud, servers: list[Server]) -> None:
    with_agent = {server.id for server in servers if server.units}

    def all_ready() -> bool:
        found = cloud.servers()
        agents = all(found[id]["agent"] == "online" for id in with_agent)
        return agents and all(found[server.id]["state"] == "running" for server in servers)

    cloud.until("the fleet runs and its agents are online", all_ready, THERE_WITHIN_S)


def _are(cloud: Cloud, ids: list[str], state: str) -> bool:
    found = cloud.servers()
    return all(found[id]["state"] == state for id in ids)
