"""The figures of Lockstep by itself, each against its budget or the limit that AWS sets."""

from collections.abc import Iterator
from itertools import pairwise

from tests.bench import costs, crowded, limits
from tests.bench.figure import Figure
from tests.bench.playing import Way
from tests.bench.workloads import FAULTY, WATCHED, WATCHED_MANY, Results
from tests.fleet import figures

# What AWS allows: bytes of a payload and events of a history.
LONGEST_PAYLOAD, LONGEST_HISTORY = 256 * 1024, 25_000
BUDGET_FLEET = 1_000
TRANSITIONS, INVOCATIONS, GROWTH, OWN_S, REST_USD = 600, 200, 1.1, 10, 3.0
# The mean of public measurements of how long EC2 takes to stop a server.
MEAN_STOP_S = 60
# States and functions of each further look at a batch of servers that stop.
STATES_OF_A_LOOK, FUNCTIONS_OF_A_LOOK = 4, 1


def every(results: Results) -> list[Figure]:
    return [
        *(figure for size in results.fleets for figure in _fleet(results, size)),
        *_growth(results),
        *_own_time(results.unhurried),
        *crowded.figures(results.crowded),
        *_others(results),
        *_at_rest(results),
        *_in_time(),
    ]


def usd(way: Way) -> float:
    return costs.of_run(way.counts).usd


def mean_looks(size: int) -> int:
    """How many looks more a fleet takes in which each server takes the mean."""
    return (len(limits.SERVERS_DOWN.until(MEAN_STOP_S)) - 1) * -(-size // limits.STOP_BATCH)


def _fleet(results: Results, size: int) -> Iterator[Figure]:
    fleet, more = f"{size:,} servers with a unit each", mean_looks(size)
    is_budgeted = size == BUDGET_FLEET
    down = results.fleets[size]["shutdown"].counts
    budget = TRANSITIONS if is_budgeted else None
    yield Figure.alone("state transitions, shutdown", fleet, down.transitions, "transitions", budget)
    slow = down.transitions + STATES_OF_A_LOOK * more
    yield Figure.alone(f"state transitions, each server takes {MEAN_STOP_S} s", fleet, slow, "transitions", budget)
    budget = INVOCATIONS if is_budgeted else None
    yield Figure.alone("Lambda invocations, shutdown", fleet, down.invoked, "invocations", budget)
    slow = down.invoked + FUNCTIONS_OF_A_LOOK * more
    yield Figure.alone(f"Lambda invocations, each server takes {MEAN_STOP_S} s", fleet, slow, "invocations", budget)
    up = results.fleets[size]["startup"].counts
    yield Figure.alone("state transitions, startup", fleet, up.transitions, "transitions")
    yield Figure.alone("Lambda invocations, startup", fleet, up.invoked, "invocations")
    for direction, way in results.fleets[size].items():
        counts = way.counts
        yield Figure.alone(f"API calls, {direction}", fleet, sum(counts.calls.values()), "calls")
        yield Figure.alone(f"DynamoDB write units, {direction}", fleet, counts.write_units, "units")
        yield Figure.alone(f"DynamoDB read units, {direction}", fleet, counts.read_units, "units")
        yield Figure.alone(f"cost, {direction}", fleet, round(usd(way), 5), "USD")
    ways = results.fleets[size].values()
    longest, events = (max(getattr(way.counts, name) for way in ways) for name in ("longest_payload", "most_events"))
    yield Figure.alone(
        "longest payload, with rows as long as AWS's", fleet, longest, "bytes", figures.MOST_BYTES, LONGEST_PAYLOAD
    )
    yield Figure.alone("longest history", fleet, events, "events", figures.MOST_EVENTS, LONGEST_HISTORY)


def _growth(results: Results) -> Iterator[Figure]:
    sizes = [size for size in results.fleets if size >= 100]
    each = {size: sum(map(usd, results.fleets[size].values())) / size for size in sizes}
    for smaller, larger in pairwise(sizes):
        growth = round(each[larger] / each[smaller], 3)
        yield Figure.alone(
            "cost per server, by that of the smaller", f"{larger:,} to {smaller:,}", growth, "ratio", GROWTH
        )


def _own_time(unhurried: dict[str, Way]) -> Iterator[Figure]:
    """What the longest way through a run waits for: units, servers with their status checks, and the looks at them."""
    unit_s = limits.LOCAL.unit
    ordinary = {"shutdown": (unit_s, limits.LOCAL.stop), "startup": (unit_s, limits.LOCAL.start + limits.LOCAL.checks)}
    fleet = "100 servers, as fast as those of the local cloud"
    looks = {
        "shutdown": (limits.UNITS_DOWN, limits.SERVERS_DOWN),
        "startup": (limits.UNITS_UP, limits.SERVERS_UP),
    }
    for direction, (units_s, servers_s) in ordinary.items():
        spent = unhurried[direction].spent
        yield Figure.alone(f"own work, {direction}", fleet, spent.worked_real_s, "s of this machine", OWN_S)
        of_units, of_servers = looks[direction]
        on_paper = of_units.until(units_s)[-1] + of_servers.until(servers_s)[-1]
        late = round(spent.worked_real_s + on_paper - units_s - servers_s, 1)
        yield Figure.alone(f"own work, and what is seen late, {direction}", fleet, late, "s", OWN_S)
        ratio = round(spent.waited_s / on_paper, 3)
        yield Figure.alone(f"waits, to those of the model on paper, {direction}", fleet, ratio, "ratio")


def _others(results: Results) -> Iterator[Figure]:
    for direction, way in results.mixed.items():
        mixed = "100 resources: 10 % RDS, 20 % ECS, 5 % in a group"
        yield Figure.alone(f"state transitions, {direction}", mixed, way.counts.transitions, "transitions")
        yield Figure.alone(f"Lambda invocations, {direction}", mixed, way.counts.invoked, "invocations")
        yield Figure.alone(f"cost, {direction}", mixed, round(usd(way), 5), "USD")
    for what, way in results.two_keys.items():
        yield Figure.alone(
            "state transitions", f"a server that two keys hold: {what}", way.counts.transitions, "transitions"
        )
    plain = results.fleets[FAULTY]["shutdown"].counts.transitions if FAULTY in results.fleets else None
    faults = {"one may not stop": results.one_will_not_stop, "one call throttled": results.one_call_throttled}
    for what, way in faults.items():
        if plain:
            more = way.counts.transitions - plain
            yield Figure.alone("state transitions more than without", f"{FAULTY} servers, {what}", more, "transitions")


def _at_rest(results: Results) -> Iterator[Figure]:
    sweep, keys = results.sweeps[WATCHED], f"{WATCHED} keys, a sweep every 5 minutes"
    rest = costs.at_rest(sweep, 5)
    yield Figure.alone("cost of a month at rest", keys, round(rest.usd, 2), "USD", REST_USD)
    yield Figure.alone("of it, KMS requests", keys, round(rest.by_item["KMS request"], 2), "USD")
    dear = costs.at_rest(sweep, 5, is_first_stack=False)
    workload = f"{keys}, no alarm, metric or dashboard of the account free"
    yield Figure.alone("cost of a month at rest", workload, round(dear.usd, 2), "USD", REST_USD)
    many = results.sweeps[WATCHED_MANY]
    yield Figure.alone("API calls of a quiet sweep", f"{WATCHED_MANY:,} keys", sum(many["calls"].values()), "calls")
    growth = round(sum(many["calls"].values()) * WATCHED / sum(sweep["calls"].values()) / WATCHED_MANY, 3)
    yield Figure.alone("API calls for each key", f"{WATCHED_MANY:,} to {WATCHED} keys", growth, "ratio", GROWTH)


def _in_time() -> Iterator[Figure]:
    promises = {
        "services down": ("services_down", limits.DOWN_WITHIN_S),
        "servers down": ("servers_down", limits.DOWN_WITHIN_S),
        "services up": ("services_up", limits.UP_WITHIN_S),
    }
    for what, (name, within_s) in promises.items():
        ours = limits.largest(within_s, name)
        best = limits.largest(within_s, name, alone=True)
        title = f"largest fleet with {what} in {within_s // 60} minutes, on paper"
        yield Figure(title, "10 to 10,000 servers", ours, "servers", limit=best, ratio=round(ours / best, 2))
