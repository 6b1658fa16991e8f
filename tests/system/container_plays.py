"""Plays of ECS services: their counts, their scaling, and what has no count to set."""

from typing import Any

from tests.system.plays import UNITS, Play, begin, fault, shut_down, start_up
from tests.world import fleet, resources
from tests.world.cloud import Cloud

LIMITS = (1, 4)
DIMENSION = "ecs:service:DesiredCount"


def add(play: Play, name: str, *servers: str, app: str | None = "orders", **options: Any) -> None:
    """A service in a cluster of these servers and all that were in it before."""
    hosts = [play.servers[server] for server in servers]
    play.resources[name] = play.fleet.ecs_service(name, play.fleet.app(app) if app else None, *hosts, **options)


def until_steady(play: Play) -> None:
    resources.until_state(play.cloud, "steady", *play.resources.values())


def scale(play: Play, name: str, count: int) -> None:
    """Sets a count as the owner would."""
    _, cluster, service = scaling_of(play, name).split("/")
    play.cloud.client("ecs").update_service(cluster=cluster, service=service, desiredCount=count)


def suspend(play: Play, name: str, *activities: str) -> None:
    play.cloud.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId=scaling_of(play, name),
        ScalableDimension=DIMENSION,
        SuspendedState={activity: True for activity in activities},
    )


def scaling_of(play: Play, name: str) -> str:
    return f"service/{play.resources[name].full_name}"


def line(play: Play, mail: dict[str, Any], name: str, what: str = "ECS service") -> str:
    """What a mail tells of a service, or of the `scaling of ECS service`; "" if it has no word of it."""
    begins = f"  {what} {play.resources[name].full_name}: "
    found = {text.removeprefix(begins) for text in mail["Unwrapped"].splitlines() if text.startswith(begins)}
    assert len(found) <= 1, found
    return "".join(found)


def services(cloud: Cloud) -> Play:
    """What is in use, what only says that it is, what was at nothing before, and what is not ours."""
    other = fleet.make_key(cloud)
    play = begin(cloud, {"one": {}, "two": {}, "elsewhere": {"key": other, "units": ""}})
    key, there = play.fleet.key, {"cluster": "there"}
    add(play, "web", "one", "two", count=2, limits=LIMITS)
    add(play, "plain")
    add(play, "late", tags={"lockstep:tier": "3"})
    add(play, "half-suspended", limits=LIMITS)
    add(play, "agent", count=None)
    add(play, "excluded", tags={"lockstep:exclude": "true"})
    add(play, "unmanaged", app=None, limits=LIMITS)
    add(play, "at-nothing", key=key, limits=LIMITS)
    add(play, "declared", "elsewhere", key=key, **there)
    add(play, "other-key", key=other, **there)
    until_steady(play)
    suspend(play, "half-suspended", "ScheduledScalingSuspended")
    scale(play, "at-nothing", 0)
    until_steady(play)
    shut_down(play)
    start_up(play)
    return play


def services_that_are_in_the_way(cloud: Cloud) -> Play:
    """Calls for three of them go wrong, the scaling of one will not be suspended, and one takes no count."""
    other = fleet.make_key(cloud)
    play = begin(cloud, {"one": {"units": UNITS}, "elsewhere": {"key": other, "units": ""}})
    add(play, "refused", "one", count=2, limits=LIMITS)
    for name in ("throttled", "lost", "fine"):
        add(play, name, limits=LIMITS)
    add(play, "external", deploymentController={"type": "EXTERNAL"})
    add(play, "unsuspended", "elsewhere", cluster="there", key=play.fleet.key, count=2, limits=LIMITS)
    until_steady(play)
    fault(play, "ecs", "UpdateService", "deny", play.resources["refused"].name, times=100)
    fault(play, "ecs", "UpdateService", "throttle", play.resources["throttled"].name, times=2)
    fault(play, "ecs", "UpdateService", "lost_answer", play.resources["lost"].name)
    scaling = play.resources["unsuspended"].name
    fault(play, "application-autoscaling", "RegisterScalableTarget", "deny", scaling, times=100)
    shut_down(play)
    start_up(play)
    return play


def services_that_change_while_they_are_down(cloud: Cloud) -> Play:
    """The first tasks of one will not stay up, and the owner of another asks for more than it had."""
    play = begin(cloud, {"one": {}})
    add(play, "flaky", "one", count=2, limits=LIMITS)
    add(play, "raised", limits=LIMITS)
    until_steady(play)
    shut_down(play)
    resources.change(cloud, play.resources["flaky"], failing_starts=3)
    scale(play, "raised", 3)
    start_up(play)
    until_steady(play)
    play.states_up |= {name: resources.look_at(cloud, it) for name, it in play.resources.items()}
    return play


def a_service_that_does_not_come_up(cloud: Cloud) -> Play:
    play = begin(cloud, {"one": {}})
    add(play, "broken", "one", limits=LIMITS)
    add(play, "fine")
    until_steady(play)
    shut_down(play)
    resources.change(cloud, play.resources["broken"], failing_starts=10_000)
    start_up(play)
    return play
