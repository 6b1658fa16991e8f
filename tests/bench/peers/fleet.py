"""The servers that Lockstep and Custodian stop and start in turns: on one key, some with services, some off before."""

from dataclasses import dataclass
from typing import Any

from tests.fleet import scene
from tests.world import fleet
from tests.world.cloud import Cloud
from tests.world.fleet import Fleet

APP, WITH_SERVICES, STOPPED_BEFORE = "orders", 30, 5
SERVICES = "postgresql.service nginx.service"
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
    made = Fleet(cloud, fleet.make_key(cloud))
    with_services, plain = (
        [server.id for server in scene.servers_of(made, APP, n, units)]
        for n, units in ((WITH_SERVICES, SERVICES), (count - WITH_SERVICES, ""))
    )
    servers = Servers(cloud, made.key, with_services + plain[STOPPED_BEFORE:], plain[:STOPPED_BEFORE])
    fleet.set_app(cloud, APP, ["dba@example.com"])
    fleet.watch_key(cloud, made.key)
    servers.restore()
    return servers


def cut_off(calls: list[dict[str, Any]]) -> int:
    """Services that lost their power while they ran: nobody had stopped them before."""
    return sum(c["service"] == "systemd" and c["request"].get("cause") == "server stops" for c in calls)
