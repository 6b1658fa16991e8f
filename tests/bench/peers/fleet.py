"""The servers that Lockstep and Custodian stop and start in turns: on one key, some with services, some off before."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.world import fleet
from tests.world.cloud import Cloud
from tests.world.fleet import IMAGE
from tests.world.resources import tags_of

WITH_SERVICES, STOPPED_BEFORE = 30, 5
SERVICES = "postgresql.service nginx.service"
MADE_AT_ONCE = 50
THERE_WITHIN_S = 1800


@dataclass(frozen=True)
class Servers:
    cloud: Cloud
    key: str
    # Those that run while all is well, and those that their owner had stopped long before.
    running: list[str]
    stopped: list[str]

    def count(self, ids: list[str], state: str) -> int:
        found = self.cloud.servers()
        return sum(found[id]["state"] == state for id in ids)

    def settle(self) -> None:
        """Waits until no server is on its way to another state."""

        def still() -> bool:
            return not {it["state"] for it in self.cloud.servers().values()} & {"pending", "stopping", "shutting-down"}

        self.cloud.until("no server changes any more", still, THERE_WITHIN_S)

    def restore(self) -> None:
        """Puts every server, and every service, where its owner had it."""
        self.settle()
        ec2 = self.cloud.client("ec2")
        ec2.start_instances(InstanceIds=self.running)
        ec2.stop_instances(InstanceIds=self.stopped)
        self.settle()
        for id in self.running:
            for unit, state in self.cloud.server(id)["units"].items():
                if state != "active":
                    self.cloud.ask("PATCH", f"servers/{id}", {"units": {unit: {"state": "active"}}})
        self.cloud.until("the agents are online", self._agents_are_online, THERE_WITHIN_S)

    def _agents_are_online(self) -> bool:
        found = self.cloud.servers()
        return all(found[id]["agent"] in ("online", "absent") for id in self.running)


def build(cloud: Cloud, count: int) -> Servers:
    """One key, watched, and as many servers on it as that."""
    key = fleet.make_key(cloud)
    tags = tags_of("orders", None)
    with_services = _make(cloud, key, WITH_SERVICES, tags | {"lockstep:services": SERVICES})
    plain = _make(cloud, key, count - WITH_SERVICES, tags)
    servers = Servers(cloud, key, with_services + plain[STOPPED_BEFORE:], plain[:STOPPED_BEFORE])
    fleet.set_app(cloud, "orders", ["dba@example.com"])
    fleet.watch_key(cloud, key)
    servers.restore()
    return servers


def _make(cloud: Cloud, key: str, count: int, tags: dict[str, str]) -> list[str]:
    disk = {"VolumeSize": 8, "Encrypted": True, "KmsKeyId": key}
    made: list[str] = []
    while len(made) < count:
        wanted = min(MADE_AT_ONCE, count - len(made))
        answer = cloud.client("ec2").run_instances(
            ImageId=IMAGE,
            MinCount=wanted,
            MaxCount=wanted,
            BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": disk}],
            TagSpecifications=[
                {"ResourceType": "instance", "Tags": [{"Key": name, "Value": text} for name, text in tags.items()]}
            ],
        )
        made += [instance["InstanceId"] for instance in answer["Instances"]]
    return made


def by_operation(calls: list[dict[str, Any]]) -> Counter[str]:
    return Counter(f"{call['service']}:{call['operation']}" for call in calls)


def cut_off(calls: list[dict[str, Any]]) -> int:
    """Services that lost their power while they ran: nobody had stopped them before."""
    return sum(c["service"] == "systemd" and c["request"].get("cause") == "server stops" for c in calls)
