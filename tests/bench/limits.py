"""On paper: how long AWS takes for a fleet by its published limits, and what of it is due to how many batches run."""

import json
import math
from dataclasses import dataclass
from functools import cache

from tests.bench.batches import STATE_S, Call, Drained, Looks, drain
from tests.world.cloud import ROOT

SIZES = (10, 100, 500, 1_000, 2_000, 5_000, 10_000)
# Servers to a batch: to one command, one stop, one start. Volumes to a page, and the servers that are then looked at.
UNITS_BATCH, STOP_BATCH, START_BATCH = 50, 100, 50
PAGE, LOOKED_AT = 40, 100
STATES_OF_A_PAGE, STATES_OF_A_LOOK_AT_SERVERS = 2, 4
DOWN_WITHIN_S, UP_WITHIN_S = 20 * 60, 5 * 60
UNITS_DOWN, SERVERS_DOWN, SERVERS_UP, UNITS_UP = Looks(10, 2), Looks(45, 2), Looks(30, 4), Looks(10, 4)


@dataclass(frozen=True)
class Takes:
    """Seconds: the slowest server of a batch to stop, a server to start, its status checks after that, a unit."""

    stop: int
    start: int
    checks: int
    unit: int = 5


# By public measurements; and by the local cloud, if nobody says otherwise.
AWS, LOCAL = Takes(stop=152, start=21, checks=60), Takes(stop=45, start=16, checks=60)
# From the change of a key to the notice of it; AWS gives no figure.
NOTICE_S = 60
GRACE_S = 600


@dataclass(frozen=True)
class Down:
    """Services stop, then servers; `at_s` counts from the change of the key."""

    services: Drained
    servers: Drained


@dataclass(frozen=True)
class Up:
    servers: Drained
    services: Drained


@dataclass(frozen=True)
class Times:
    """Seconds from the change of the key."""

    services_down: float
    servers_down: float
    services_up: float


@cache
def times(servers: int, alone: bool = False) -> Times:
    """`alone`: all batches run at once, and each call is made when EC2 has room for it."""
    states = math.ceil(servers / PAGE) * STATES_OF_A_PAGE + math.ceil(servers / LOOKED_AT) * STATES_OF_A_LOOK_AT_SERVERS
    going_down = down(servers, AWS, NOTICE_S + GRACE_S + states * STATE_S, alone)
    coming_up = up(servers, AWS, NOTICE_S + STATE_S, alone)
    return Times(going_down.services.at_s, going_down.servers.at_s, coming_up.services.at_s)


def down(servers: int, takes: Takes, from_s: float, alone: bool = False) -> Down:
    at_once = servers if alone else _at_once("shutdown", "Stop the servers")
    units, batches = math.ceil(servers / UNITS_BATCH), math.ceil(servers / STOP_BATCH)
    services = drain(units, at_once, takes.unit, UNITS_DOWN, from_s)
    call = Call("StopInstances", STOP_BATCH, is_patient=alone)
    return Down(services, drain(batches, at_once, takes.stop, SERVERS_DOWN, services.at_s, call))


def up(servers: int, takes: Takes, from_s: float, alone: bool = False) -> Up:
    at_once = servers if alone else _at_once("startup", "Start the servers")
    units, batches = math.ceil(servers / UNITS_BATCH), math.ceil(servers / START_BATCH)
    call = Call("StartInstances", START_BATCH, is_patient=alone)
    started = drain(batches, at_once, takes.start + takes.checks, SERVERS_UP, from_s, call)
    return Up(started, drain(units, at_once, takes.unit, UNITS_UP, started.at_s))


def largest(within_s: float, what: str, alone: bool = False) -> int:
    """The largest fleet, in steps of a batch, of which that is true in time."""
    fits = 0
    for servers in range(UNITS_BATCH, SIZES[-1] + 1, UNITS_BATCH):
        if getattr(times(servers, alone), what) > within_s:
            break
        fits = servers
    return fits


@cache
def _at_once(workflow: str, state: str) -> int:
    return json.loads((ROOT / f"statemachine/{workflow}.asl.json").read_text())["States"][state]["MaxConcurrency"]
