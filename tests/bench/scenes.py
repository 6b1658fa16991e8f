"""The fleets that are measured: what each is made of, and how long AWS takes in it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.fleet import scene
from tests.world import fleet, resources
from tests.world.cloud import Cloud
from tests.world.fleet import Fleet, Server

UNIT = "orders-api.service"
AT_ONCE = 8
# All that AWS does is done before Lockstep looks for the first time: what is counted is what no fleet can do without,
# and it is the same in every run. What each further look adds is counted apart.
PROMPT = {"stop_takes_s": 1, "start_takes_s": 1, "status_checks_take_s": 0, "agent_takes_s": 0}
PROMPT_UNIT = {"takes_s": 0}

Build = Callable[[Cloud], list[str]]


def uniform(servers: int, takes: dict[str, float] | None = None) -> Build:
    """So many servers with one unit each, of three apps."""

    def build(cloud: Cloud) -> list[str]:
        made = _fleet(cloud)
        _ready(cloud, [*scene.spread(made, _apps(made), servers, UNIT)], PROMPT if takes is None else takes)
        return [made.key]

    return build


def with_one_that_will_not_stop(servers: int) -> Build:
    """EC2 refuses every batch that the protected one is in."""

    def build(cloud: Cloud) -> list[str]:
        [key] = uniform(servers)(cloud)
        protected = max(cloud.servers())
        cloud.client("ec2").modify_instance_attribute(InstanceId=protected, DisableApiStop={"Value": True})
        return [key]

    return build


def with_a_throttled_stop(servers: int) -> Build:
    """EC2 refuses the first call of all."""

    def build(cloud: Cloud) -> list[str]:
        [key] = uniform(servers)(cloud)
        cloud.ask("POST", "faults", {"service": "ec2", "operation": "StopInstances", "kind": "throttle"})
        return [key]

    return build


def mixed(resources_in_all: int) -> Build:
    """A tenth are DB instances, a fifth ECS services on their own servers, a twentieth is in a group."""

    def build(cloud: Cloud) -> list[str]:
        made = _fleet(cloud)
        app = _apps(made)[0]
        databases, containers, grouped = (resources_in_all * share // 100 for share in (10, 20, 5))
        plain = scene.servers_of(made, app, resources_in_all - databases - containers - grouped, UNIT)
        members = scene.servers_of(made, made.app("group"), grouped)
        made_databases = [made.database(f"database-{n}", app) for n in range(databases)]
        _ready(cloud, [*plain, *members], PROMPT)
        resources.make_group(cloud, made.app("group"), app, [server.id for server in members])
        services = [made.ecs_service(f"service-{n}", app, *plain[:5]) for n in range(containers)]
        resources.until_state(cloud, "available", *made_databases)
        for database in made_databases:
            resources.change(cloud, database, stop_takes_s=30, start_takes_s=30)
        for service in services:
            resources.change(cloud, service, task_start_takes_s=5, task_stop_takes_s=5)
        return [made.key]

    return build


def held_by_two(cloud: Cloud) -> list[str]:
    """One server on the disk of one key and with the tag of another."""
    made, other = _fleet(cloud), fleet.make_key(cloud)
    server = made.server("shared", _apps(made)[0], UNIT, tags={"lockstep:key": other})
    fleet.watch_key(cloud, other)
    _ready(cloud, [server], PROMPT)
    return [made.key, other]


def watched(keys: int) -> Build:
    """Keys that nothing depends on and nothing happens to."""

    def build(cloud: Cloud) -> list[str]:
        made = [fleet.make_key(cloud) for _ in range(keys)]
        with ThreadPoolExecutor(AT_ONCE) as threads:
            list(threads.map(lambda key: fleet.watch_key(cloud, key), made))
        return made

    return build


def _fleet(cloud: Cloud) -> Fleet:
    made = Fleet(cloud, fleet.make_key(cloud))
    for app in _apps(made):
        fleet.set_app(cloud, app, [made.admin("dba")])
    fleet.watch_key(cloud, made.key)
    return made


def _apps(made: Fleet) -> list[str]:
    return [made.app(name) for name in scene.APPS]


def _ready(cloud: Cloud, servers: list[Server], takes: dict[str, float]) -> None:
    scene.until_ready(cloud, servers)

    def change(server: Server) -> None:
        units = {unit: PROMPT_UNIT for unit in server.units} if takes else {}
        cloud.ask("PATCH", f"servers/{server.id}", {**takes, "units": units})

    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(change, servers))
