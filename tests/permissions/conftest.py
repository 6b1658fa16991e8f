"""One cloud with the stack deployed, and what a stranger would like to do there in the name of Lockstep's roles."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.permissions import plays
from tests.world import fleet, resources, roles, stack
from tests.world.cloud import Cloud
from tests.world.fleet import Fleet, Server
from tests.world.roles import Role

SCALE = 60


@pytest.fixture(scope="session")
def cloud(tmp_path_factory) -> Iterator[Cloud]:
    running, process = stack.start_cloud(stack.free_port(), SCALE, tmp_path_factory.mktemp("cloud"))
    try:
        yield stack.deploy(running, GracePeriodMinutes="1", SweepMinutes="2")
    finally:
        stack.stop_cloud(process.pid)


@pytest.fixture(scope="session")
def deployed(cloud) -> dict[str, Role]:
    return roles.every(cloud)


@dataclass(frozen=True)
class Prey:
    """What is there to be harmed: a server, database, group and ECS service with the tag, and one of each without."""

    fleet: Fleet
    tagged: dict[str, Any]
    untagged: dict[str, Any]
    document: str
    outputs: dict[str, str]
    function: Callable[[str], str]


@pytest.fixture(scope="session")
def prey(cloud) -> Prey:
    made = Fleet(cloud, fleet.make_key(cloud))
    tagged, untagged = (kinds(made, name, app) for name, app in (("ours", made.app("orders")), ("theirs", None)))
    fleet.until_ready(cloud, tagged["server"], untagged["server"])
    found = cloud.client("cloudformation").describe_stack_resource(
        StackName=cloud.stack, LogicalResourceId="UnitsDocument"
    )
    document = found["StackResourceDetail"]["PhysicalResourceId"]
    return Prey(made, tagged, untagged, document, cloud.outputs, cloud.function)


def kinds(made: Fleet, name: str, app: str | None) -> dict[str, Server | resources.Resource]:
    server = made.server(name, app, "db.service")
    member = made.server(f"{name}-member", app)
    fleet.until_ready(made.cloud, server, member)
    return {
        "server": server,
        "group": made.group(f"{name}-group", app, member),
        "database": made.database(f"{name}-db", app),
        "cluster": made.cluster(f"{name}-cluster", app),
        "service": made.ecs_service(f"{name}-service", app, server, count=1),
    }


@pytest.fixture(scope="session")
def as_role(cloud, deployed) -> Callable[[str, str], Any]:
    """A client with a session of the role of a function or workflow."""
    return lambda owner, service: cloud.client(service, session=deployed[owner].session)


@pytest.fixture(scope="session")
def played(cloud) -> dict[str, set[str]]:
    """For each play the permissions that were needed when it was over and not before."""
    return plays.all_of_them(cloud)
