"""The small fleet of the demo, and which mails its admins must get."""

import uuid
from dataclasses import dataclass

from tests.world import fleet, resources
from tests.world.cloud import Cloud
from tests.world.fleet import Server
from tests.world.resources import Resource

ORDERS_ADMINS = ["orders-dba@example.com", "orders-lead@example.com"]
BILLING_ADMINS = ["billing-dba@example.com"]
ADMINS = {"orders": ORDERS_ADMINS, "billing": BILLING_ADMINS}
LANGUAGES = {"orders": "en", "billing": "ja"}


@dataclass(frozen=True)
class Scene:
    """What Lockstep has to stop and to start, and what it must leave alone."""

    key: str
    managed: list[Server]
    stopped_before: Server
    on_another_key: Server
    unmanaged: Server
    # Databases, an Auto Scaling group and an ECS service.
    resources: list[Resource]

    @property
    def untouched(self) -> list[Server]:
        return [self.stopped_before, self.on_another_key, self.unmanaged]

    @property
    def names(self) -> dict[str, str]:
        named = {server.id: server.name for server in [*self.managed, *self.untouched]}
        return named | {text: it.full_name for it in self.resources for text in it.names}


def build(cloud: Cloud) -> Scene:
    """Makes a new key and a new fleet, so that the demo can be run again and again."""
    key = fleet.make_key(cloud, Description="the databases of the demo")
    cloud.client("kms").enable_key_rotation(KeyId=key)
    other = fleet.make_key(cloud, Description="another key, which nobody watches")
    units = "postgresql.service pgbouncer.service"
    managed = [
        fleet.make_server(cloud, "orders-db-1", key, "orders", units),
        fleet.make_server(cloud, "orders-db-2", key, "orders", units),
        fleet.make_server(cloud, "billing-db", key, "billing", "mariadb.service billing-worker.service"),
    ]
    # A name of RDS is taken as long as what has it is there.
    of_this_run = uuid.uuid4().hex[:4]
    databases = [
        resources.make_database(cloud, f"billing-reports-{of_this_run}", key, "billing"),
        resources.make_cluster(cloud, f"orders-ledger-{of_this_run}", key, "orders", members=2),
    ]
    scene = Scene(
        key=key,
        managed=managed,
        stopped_before=fleet.make_server(cloud, "orders-archive", key, "orders", units),
        on_another_key=fleet.make_server(cloud, "orders-other-key", other, "orders", units),
        unmanaged=fleet.make_server(cloud, "nobodys-server", key, None),
        resources=[*databases],
    )
    fleet.until_ready(cloud, *managed, *scene.untouched)
    in_group, host = managed[1], managed[2]
    scene.resources.append(resources.make_group(cloud, f"orders-{of_this_run}", "orders", [in_group.id]))
    service = {"count": 2, "limits": (1, 4), "tags": {"lockstep:tier": "1"}}
    scene.resources.append(
        resources.make_ecs_service(cloud, f"shop-{of_this_run}", "billing-web", "billing", [host.id], **service)
    )
    resources.until_state(cloud, "available", *databases)
    fleet.stop_by_hand(cloud, scene.stopped_before)
    for app, admins in ADMINS.items():
        fleet.set_app(cloud, app, admins, LANGUAGES[app])
    fleet.watch_key(cloud, key)
    return scene
