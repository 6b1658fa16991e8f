"""On paper: how long AWS takes for a fleet by its published limits, and what of it is due to how many batches run.

A request waits until its bucket has a token for it, and its instances have one each. A batch of 50 servers holds its
place until its slowest server is seen done. Sources: Amazon EC2 Developer Guide, "Request throttling for the Amazon
EC2 API"; AWS Step Functions Developer Guide, "Quotas" (a Distributed Map starts 100 Standard children a second).
"""

import heapq
import json
import math
from dataclasses import dataclass, field

from tests.world.cloud import ROOT

SIZES = (10, 100, 500, 1_000, 2_000, 5_000, 10_000)
BATCH, PAGE = 50, 40
CHILDREN_EACH_S = 1 / 100
# Bucket and refill by the second, of requests and of instances, of an account that has not asked for more.
START = ((5, 2), (1000, 2))
STOP = ((50, 5), (1000, 20))
# How long AWS takes: the slowest of 50 servers to stop, a server to start, and its status checks after that.
STOP_S, START_S, CHECKS_S, UNIT_S = 152, 21, 60, 5
# From the change of a key to the notice of it; AWS gives no figure.
NOTICE_S = 60
GRACE_S = 600
# A state of a workflow, with the call or function in it.
STATE_S = 0.1
STATES_OF_A_PAGE, STATES_BEFORE_THE_CALL = 7, 4
DOWN_WITHIN_S, UP_WITHIN_S = 20 * 60, 5 * 60


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
    batches = math.ceil(servers / BATCH)
    search = math.ceil(servers / PAGE) * STATES_OF_A_PAGE * STATE_S
    services_down = drain(batches, down, UNIT_S, 10, NOTICE_S + GRACE_S + search)
    servers_down = drain(batches, down, STOP_S, 30, services_down, STOP)
    servers_up = drain(batches, up, START_S + CHECKS_S, 30, NOTICE_S + STATE_S, START)
    return Times(servers, services_down, servers_down, drain(batches, up, UNIT_S, 10, servers_up))


def drain(
    batches: int, at_once: int, takes_s: float, first_look_s: int, from_s: float, buckets: tuple | None = None
) -> float:
    """When the last batch is seen done."""
    requests, instances = (Bucket(*of, at_s=from_s) for of in buckets or ((math.inf, 1), (math.inf, 1)))
    places = [from_s] * min(at_once, batches)
    ends = from_s
    for number in range(batches):
        begins = max(heapq.heappop(places), from_s + number * CHILDREN_EACH_S)
        asked = begins + STATES_BEFORE_THE_CALL * STATE_S
        if buckets:
            asked = instances.take(BATCH, requests.take(1, asked))
        ends = max(ends, done := asked + seen_after(takes_s, first_look_s))
        heapq.heappush(places, done)
    return ends


def seen_after(takes_s: float, first_look_s: int, longest_s: int = 30) -> float:
    """The first look that finds it done, by the rule of `outcome::next_look`."""
    return looks(takes_s, first_look_s, longest_s)[-1]


def looks(takes_s: float, first_look_s: int, longest_s: int = 30) -> list[float]:
    seen = [float(first_look_s)]
    while seen[-1] < takes_s:
        seen.append(seen[-1] + min(max(int(seen[-1] / 4), 10), longest_s))
    return seen


def largest(within_s: float, what: str, at_once: int | None = None) -> int:
    """The largest fleet, in steps of a batch, of which that is true in time."""
    fits = 0
    for servers in range(BATCH, SIZES[-1] + 1, BATCH):
        if getattr(times(servers, at_once), what) > within_s:
            break
        fits = servers
    return fits


def _at_once(workflow: str, state: str) -> int:
    return json.loads((ROOT / f"statemachine/{workflow}.asl.json").read_text())["States"][state]["MaxConcurrency"]
