"""On paper: how long AWS takes for a fleet by its published limits, and what of it is due to how many batches run.

A request waits until its bucket has a token for it, and its instances have one each. A batch of servers holds its place
until its slowest server is seen done. Sources: Amazon EC2 Developer Guide, "Request throttling for the Amazon
EC2 API"; AWS Step Functions Developer Guide, "Quotas" (a Distributed Map starts 100 Standard children a second).
"""

import heapq
import json
import math
from dataclasses import dataclass, field

from tests.world.cloud import ROOT

SIZES = (10, 100, 500, 1_000, 2_000, 5_000, 10_000)
# Servers to a batch: to one command, one stop, one start. Volumes to a page, and the servers that are then looked at.
UNITS_BATCH, STOP_BATCH, START_BATCH = 50, 100, 50
PAGE, LOOKED_AT = 40, 100
CHILDREN_EACH_S = 1 / 100
# Bucket and refill by the second, of requests and of instances, of an account that has not asked for more.
START = ((5, 2), (1000, 2))
STOP = ((50, 5), (1000, 20))
# How long AWS takes: the slowest of a batch to stop, a server to start, and its status checks after that.
STOP_S, START_S, CHECKS_S, UNIT_S = 152, 21, 60, 5
# From the change of a key to the notice of it; AWS gives no figure.
NOTICE_S = 60
GRACE_S = 600
# A state of a workflow, with the call or function in it.
STATE_S = 0.1
STATES_OF_A_PAGE, STATES_OF_A_LOOK_AT_SERVERS, STATES_BEFORE_THE_CALL = 2, 4, 4
DOWN_WITHIN_S, UP_WITHIN_S = 20 * 60, 5 * 60


@dataclass(frozen=True)
class Looks:
    """The rule of `outcome::next_look`: the first, and after that by which part of the wait each is later."""

    first_s: int
    part: int
    longest_s: int = 30

    def until(self, takes_s: float) -> list[float]:
        """The looks at something that takes so long; the last one finds it done."""
        at = [float(self.first_s)]
        while at[-1] < takes_s:
            at.append(at[-1] + min(max(int(at[-1] / self.part), 10), self.longest_s))
        return at


UNITS_DOWN, SERVERS_DOWN, SERVERS_UP, UNITS_UP = Looks(10, 2), Looks(45, 2), Looks(30, 4), Looks(10, 4)


@dataclass
class Bucket:
    size: float
    each_s: float
    at_s: float = 0
    tokens: float = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = self.size

    def take(self, wanted: float, at_s: float) -> float:
        """When so many tokens are there, at the earliest at this moment and after whoever asked before."""
        at_s = max(at_s, self.at_s)
        self.tokens = min(self.size, self.tokens + (at_s - self.at_s) * self.each_s)
        late_s = max(wanted - self.tokens, 0) / self.each_s
        self.at_s = at_s + late_s
        self.tokens += late_s * self.each_s - wanted
        return self.at_s


@dataclass(frozen=True)
class Times:
    """Seconds from the change of the key."""

    servers: int
    services_down: float
    servers_down: float
    services_up: float


def times(servers: int, at_once: int | None = None) -> Times:
    """`at_once` batches, or as many as the workflows let run."""
    down, up = (at_once or _at_once(*of) for of in (("shutdown", "Stop the servers"), ("startup", "Start the servers")))
    states = math.ceil(servers / PAGE) * STATES_OF_A_PAGE + math.ceil(servers / LOOKED_AT) * STATES_OF_A_LOOK_AT_SERVERS
    units, stops, starts = (math.ceil(servers / batch) for batch in (UNITS_BATCH, STOP_BATCH, START_BATCH))
    services_down = drain(units, down, UNIT_S, UNITS_DOWN, NOTICE_S + GRACE_S + states * STATE_S)
    servers_down = drain(stops, down, STOP_S, SERVERS_DOWN, services_down, (*STOP, STOP_BATCH))
    servers_up = drain(starts, up, START_S + CHECKS_S, SERVERS_UP, NOTICE_S + STATE_S, (*START, START_BATCH))
    return Times(servers, services_down, servers_down, drain(units, up, UNIT_S, UNITS_UP, servers_up))


def drain(batches: int, at_once: int, takes_s: float, looks: Looks, from_s: float, asks: tuple | None = None) -> float:
    """When the last batch is seen done; `asks` are the buckets of its requests and instances, and its instances."""
    *buckets, batch = asks or ((math.inf, 1), (math.inf, 1), 0)
    requests, instances = (Bucket(*of, at_s=from_s) for of in buckets)
    places = [from_s] * min(at_once, batches)
    ends = from_s
    for number in range(batches):
        begins = max(heapq.heappop(places), from_s + number * CHILDREN_EACH_S)
        asked = begins + STATES_BEFORE_THE_CALL * STATE_S
        asked = instances.take(batch, requests.take(1, asked))
        ends = max(ends, done := asked + looks.until(takes_s)[-1])
        heapq.heappush(places, done)
    return ends


def largest(within_s: float, what: str, at_once: int | None = None) -> int:
    """The largest fleet, in steps of a batch, of which that is true in time."""
    fits = 0
    for servers in range(UNITS_BATCH, SIZES[-1] + 1, UNITS_BATCH):
        if getattr(times(servers, at_once), what) > within_s:
            break
        fits = servers
    return fits


def _at_once(workflow: str, state: str) -> int:
    return json.loads((ROOT / f"statemachine/{workflow}.asl.json").read_text())["States"][state]["MaxConcurrency"]
