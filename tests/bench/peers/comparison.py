"""Lockstep and Cloud Custodian stop and start the same servers in turns: what each asks of AWS and leaves behind.

Once as it should be, once with a server whose stop is refused, once while EC2 throttles.
"""

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.counts import by_operation
from tests.bench.figure import Figure
from tests.bench.peers import custodian
from tests.bench.peers.fleet import STOPPED_BEFORE, Servers, build, cut_off
from tests.world import stack
from tests.world import story as stories

SCALE, SERVERS = 60, 100
# Of StopInstances, one after the other.
THROTTLED = 4
PEER = "Cloud Custodian"
# What Custodian is asked for.
ACTIONS = {"shutdown": "stop", "startup": "start"}


@dataclass(frozen=True)
class Seen:
    """What came of one direction."""

    calls: Counter[str]
    cut_off: int
    mails: int
    # Of the servers that ran before: those that are stopped now.
    stopped: int
    # Of those that their owner had stopped before: those that run now.
    woken: int
    said: str


@dataclass
class Side:
    """One of the two; it carries out a direction and tells what calls were its own."""

    name: str
    act: Callable[[Servers, str], str]
    actor: str
    seen: dict[tuple[str, str], Seen] = field(default_factory=dict)

    def play(self, servers: Servers, direction: str, scene: str) -> None:
        print(f"{self.name}: {direction} of {SERVERS} servers, {scene} …", file=sys.stderr, flush=True)
        since, mails = servers.cloud.at_s(), len(servers.cloud.mails())
        said = self.act(servers, direction)
        # Read before anybody else asks anything.
        done = servers.cloud.calls(since=since)
        servers.settle()
        self.seen[scene, direction] = Seen(
            calls=by_operation([call for call in done if call["actor"] == self.actor and call["service"] != "cloud"]),
            cut_off=cut_off(servers.cloud.calls(since=since)),
            mails=len(servers.cloud.mails()) - mails,
            stopped=servers.count(servers.running, "stopped"),
            woken=servers.count(servers.stopped, "running"),
            said=said,
        )


class Lockstep:
    """Counts the epochs of the one key."""

    epoch = 0

    def act(self, servers: Servers, direction: str) -> str:
        self.epoch += 1
        return stories.play(servers.cloud, servers.key, self.epoch, direction).ending


def sides(folder: Path) -> tuple[Side, Side]:
    def act(servers: Servers, direction: str) -> str:
        run = custodian.run(servers.cloud, ACTIONS[direction], servers.key, folder)
        return "succeeded" if run.succeeded else f"failed: {run.said}"

    return Side("Lockstep", Lockstep().act, "lockstep"), Side(PEER, act, "operator")


def play(folder: Path) -> tuple[Side, Side]:
    """Plays every scene with both, one after the other."""
    folder.mkdir(parents=True, exist_ok=True)
    cloud, process = stack.start_cloud(stack.free_port(), SCALE, folder)
    try:
        stack.deploy(cloud)
        servers = build(cloud, SERVERS)
        both = sides(folder)
        for scene, make, unmake in SCENES:
            for side in both:
                make(servers)
                side.play(servers, "shutdown", scene)
                unmake(servers)
                side.play(servers, "startup", scene)
                servers.restore()
        return both
    finally:
        stack.stop_cloud(process.pid)


def _nothing(servers: Servers) -> None:
    """All is well."""


def _protect(servers: Servers, protected: bool = True) -> None:
    ec2 = servers.cloud.client("ec2")
    ec2.modify_instance_attribute(InstanceId=servers.running[-1], DisableApiStop={"Value": protected})


def _unprotect(servers: Servers) -> None:
    _protect(servers, protected=False)


def _throttle(servers: Servers) -> None:
    fault = {"service": "ec2", "operation": "StopInstances", "kind": "throttle", "times": THROTTLED}
    servers.cloud.ask("POST", "faults", fault)


def _calm(servers: Servers) -> None:
    servers.cloud.ask("DELETE", "faults")


CALM, REFUSED, THROTTLING = "all well", "one stop refused", f"{THROTTLED} stops throttled"
SCENES: list[tuple[str, Callable[[Servers], None], Callable[[Servers], None]]] = [
    (CALM, _nothing, _nothing),
    (REFUSED, _protect, _unprotect),
    (THROTTLING, _throttle, _calm),
]


def figures(ours: Side, theirs: Side) -> list[Figure]:
    def figure(name: str, scene: str, direction: str, unit: str, of: Callable[[Seen], Any]) -> Figure:
        left, right = of(ours.seen[scene, direction]), of(theirs.seen[scene, direction])
        workload = f"{SERVERS - STOPPED_BEFORE} running servers, {STOPPED_BEFORE} stopped before: {direction}, {scene}"
        return Figure.beside(name, workload, left, unit, right, PEER, digits=2)

    return [
        *(figure("API calls", CALM, direction, "calls", lambda seen: seen.calls.total()) for direction in ACTIONS),
        figure("services whose server went from under them", CALM, "shutdown", "services", lambda seen: seen.cut_off),
        figure("running that their owner had stopped before", CALM, "startup", "servers", lambda seen: seen.woken),
        *(figure("mails", CALM, direction, "mails", lambda seen: seen.mails) for direction in ACTIONS),
        *(
            figure("stopped in the end", scene, "shutdown", "servers", lambda seen: seen.stopped)
            for scene in (CALM, REFUSED, THROTTLING)
        ),
    ]


def table(ours: Side, theirs: Side) -> str:
    """The calls of each by operation, as all was well."""
    columns = [(side.seen[CALM, direction].calls) for direction in ACTIONS for side in (ours, theirs)]
    operations = sorted({operation for column in columns for operation in column})
    head = " | ".join(f"{direction}, {side.name}" for direction in ACTIONS for side in (ours, theirs))
    rows = [f"| {operation} | {' | '.join(str(column[operation]) for column in columns)} |" for operation in operations]
    return "\n".join(["", f"| calls of {SERVERS} servers | {head} |", "|---|--:|--:|--:|--:|", *rows, ""])
