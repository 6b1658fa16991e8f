"""What is played once and looked at by several tests. Each play has a key, servers and apps of its own."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.world import fleet, resources, story
from tests.world.cloud import Cloud
from tests.world.fleet import Fleet, Server
from tests.world.resources import Resource
from tests.world.story import Story

UNITS = "postgresql.service pgbouncer.service"
HOUR_S = 3600


@dataclass
class Play:
    cloud: Cloud
    fleet: Fleet
    servers: dict[str, Server]
    resources: dict[str, Resource] = field(default_factory=dict)
    down: Story | None = None
    up: Story | None = None
    states_down: dict[str, Any] = field(default_factory=dict)
    states_up: dict[str, Any] = field(default_factory=dict)
    fault: str | None = None

    @property
    def fired(self) -> int:
        """How often the fault of this play went off."""
        return next(fault["fired"] for fault in self.cloud.ask("GET", "faults") if fault["id"] == self.fault)

    def calls(self, told: Story, operation: str, *names: str) -> list[dict[str, Any]]:
        """The calls of a story whose name begins so, about these or, if none is named, about any of the play."""
        wanted = names or (*self.servers, *self.resources)
        ids = {self.servers[name].id for name in wanted if name in self.servers}
        mine = [self.resources[name] for name in wanted if name in self.resources]
        ids |= {text for resource in mine for text in resource.names}
        return [c for c in told.calls if c["operation"].startswith(operation) and ids & set(c["resources"])]

    def report(self, told: Story, name: str) -> str:
        """The line of a server or other resource in the last mail of a story."""
        id = self.servers[name].id if name in self.servers else f" {self.resources[name].name}:"
        [line] = {line for line in told.mails[-1]["Unwrapped"].splitlines() if id in line}
        return line


def begin(cloud: Cloud, servers: dict[str, dict[str, Any]], key: str | None = None) -> Play:
    """Makes servers (name: app, units and more), and a key if none is given; enrols them; waits until all are ready."""
    made = Fleet(cloud, key or fleet.make_key(cloud))
    members = {}
    for name, options in servers.items():
        app = options.pop("app", "orders")
        members[name] = made.server(name, made.app(app) if app else None, options.pop("units", UNITS), **options)
    fleet.until_ready(cloud, *members.values())
    for app in {server.app for server in members.values() if server.app}:
        fleet.set_app(cloud, app, [f"dba-{app}@example.com"])
    fleet.watch_key(cloud, made.key)
    return Play(cloud, made, members)


def shut_down(play: Play) -> None:
    at_s = disable(play)
    play.down = story.until_ended(play.cloud, play.fleet.key, 1, "shutdown", at_s)
    play.states_down = states(play)


def disable(play: Play) -> float:
    at_s = play.cloud.at_s()
    story.disable(play.cloud, play.fleet.key)
    return at_s


def start_up(play: Play) -> None:
    at_s = play.cloud.at_s()
    story.enable(play.cloud, play.fleet.key)
    play.up = story.until_ended(play.cloud, play.fleet.key, 2, "startup", at_s)
    play.states_up = states(play)


def states(play: Play) -> dict[str, Any]:
    found = play.cloud.servers()
    servers = {name: found[server.id] for name, server in play.servers.items()}
    return servers | {name: resources.look_at(play.cloud, it) for name, it in play.resources.items()}


def change(play: Play, name: str, **wanted: Any) -> None:
    play.cloud.ask("PATCH", f"servers/{play.servers[name].id}", wanted)


def fault(play: Play, service: str, operation: str, kind: str, match: str, **more: Any) -> None:
    wanted = {"service": service, "operation": operation, "kind": kind, "match": match, **more}
    play.fault = play.cloud.ask("POST", "faults", wanted)["id"]


def until_called(play: Play, operation: str, since_s: float, resources: Iterable[str]) -> dict[str, Any]:
    wanted = set(resources)

    def look() -> dict[str, Any] | None:
        calls = play.cloud.calls(since=since_s)
        return next((c for c in calls if c["operation"] == operation and wanted & set(c["resources"])), None)

    return play.cloud.until(f"{operation} is called", look, HOUR_S)


def until_warned(play: Play) -> None:
    app = next(server.app for server in play.servers.values() if server.app)
    warned = lambda: [m for m in play.cloud.mails() if f"dba-{app}@example.com" in m["To"]]  # noqa: E731
    play.cloud.until("the admins are warned", warned, HOUR_S)


def whole_story(cloud: Cloud) -> Play:
    play = begin(cloud, {
        "one": {}, "two": {}, "three": {"app": "billing", "units": "mariadb.service"},
        "unitless": {"units": ""},
        "stopped-before": {},
        "other-key": {"key": fleet.make_key(cloud)},
        "unmanaged": {"app": None, "units": ""},
        "excluded": {"tags": {"lockstep:exclude": "true"}},
    })  # fmt: skip
    fleet.stop_by_hand(cloud, play.servers["stopped-before"])
    shut_down(play)
    start_up(play)
    return play


def declared_by_tag(cloud: Cloud) -> Play:
    """A server whose volumes have another key, and which declares the key that is disabled."""
    key = fleet.make_key(cloud)
    other = fleet.make_key(cloud)
    play = Play(cloud, Fleet(cloud, key), {})
    tags = {"lockstep:key": f"{other} {key}"}
    play.servers["declared"] = play.fleet.server("declared", play.fleet.app("orders"), UNITS, key=other, tags=tags)
    fleet.until_ready(cloud, *play.servers.values())
    fleet.watch_key(cloud, key)
    shut_down(play)
    return play


def enabled_within_the_grace(cloud: Cloud) -> Play:
    play = begin(cloud, {"one": {}})
    at_s = disable(play)
    until_warned(play)
    cloud.sleep(180)
    start_up(play)
    play.down = story.until_ended(cloud, play.fleet.key, 1, "shutdown", at_s)
    play.states_down = states(play)
    return play


def terminated_between_plan_and_stop(cloud: Cloud) -> Play:
    play = begin(cloud, {"gone": {}, "stays": {}})
    for name in play.servers:
        change(play, name, units={"pgbouncer.service": {"takes_s": 60}})
    at_s = disable(play)
    gone = play.servers["gone"].id
    until_called(play, "SendCommand", at_s, [gone])
    cloud.client("ec2").terminate_instances(InstanceIds=[gone])
    play.down = story.until_ended(cloud, play.fleet.key, 1, "shutdown", at_s)
    play.states_down = states(play)
    return play


def one_bad_server_among_sixteen(cloud: Cloud) -> Play:
    """A stop that names the bad one is refused as a whole, however often it is asked."""
    play = begin(cloud, {f"s{number:02}": {"units": ""} for number in range(16)})
    fault(play, "ec2", "StopInstances", "error", play.servers["s05"].id, times=100, code="OperationNotPermitted")
    shut_down(play)
    return play


def a_slow_and_a_stuck_service(cloud: Cloud) -> Play:
    play = begin(cloud, {"slow": {}, "stuck": {}})
    change(play, "slow", units={"postgresql.service": {"takes_s": 100}})
    change(play, "stuck", units={"postgresql.service": {"refuses_stop": True}})
    shut_down(play)
    return play


def an_agent_that_is_offline(cloud: Cloud) -> Play:
    play = begin(cloud, {"deaf": {}, "hears": {}})
    change(play, "deaf", agent="offline")
    shut_down(play)
    return play


def a_tag_with_a_shell_command(cloud: Cloud) -> Play:
    play = begin(cloud, {
        "hostile": {"units": "", "tags": {"lockstep:services": "a.service;reboot"}},
        "endless": {"units": "", "tags": {"lockstep:services": "x" * 256}},
        "good": {},
    })  # fmt: skip
    shut_down(play)
    return play


def an_app_that_nobody_enrolled(cloud: Cloud) -> Play:
    play = Play(cloud, Fleet(cloud, fleet.make_key(cloud)), {})
    play.servers["orphan"] = play.fleet.server("orphan\r\nBcc: x", play.fleet.app("nobody"), "")
    fleet.until_ready(cloud, *play.servers.values())
    fleet.watch_key(cloud, play.fleet.key)
    shut_down(play)
    return play


def a_stop_whose_answer_is_lost(cloud: Cloud) -> Play:
    play = begin(cloud, {"one": {}})
    fault(play, "ec2", "StopInstances", "lost_answer", play.servers["one"].id)
    shut_down(play)
    start_up(play)
    return play


def a_stop_that_is_throttled(cloud: Cloud) -> Play:
    play = begin(cloud, {"one": {}})
    fault(play, "ec2", "StopInstances", "throttle", play.servers["one"].id, times=4)
    shut_down(play)
    return play


def a_key_that_cannot_be_described(cloud: Cloud) -> Play:
    """For five looks after the grace KMS denies; then it answers again."""
    play = begin(cloud, {"one": {}})
    at_s = disable(play)
    until_warned(play)
    fault(play, "kms", "DescribeKey", "deny", play.fleet.key.rsplit("/", 1)[-1], times=5)
    play.down = story.until_ended(cloud, play.fleet.key, 1, "shutdown", at_s)
    return play


def units_that_were_down_before(cloud: Cloud) -> Play:
    play = begin(cloud, {"one": {}})
    change(play, "one", units={"pgbouncer.service": {"state": "inactive"}})
    shut_down(play)
    start_up(play)
    return play


def three_tiers(cloud: Cloud) -> Play:
    """A leader before its follower before what reads from it; the follower takes a minute each way."""
    play = begin(cloud, {
        "leader": {"units": "postgresql.service"},
        "follower": {"units": "postgresql.service", "tags": {"lockstep:tier": "5"}},
        "reader": {"units": "pgbouncer.service", "tags": {"lockstep:tier": "10"}},
    })  # fmt: skip
    change(play, "follower", units={"postgresql.service": {"takes_s": 60}})
    shut_down(play)
    start_up(play)
    return play
