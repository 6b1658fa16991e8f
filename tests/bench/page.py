"""docs/performance.md: the figures, where they come from, and what they mean."""

import platform
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date

from tests.bench import batches, costs, crowded, limits, plot
from tests.bench.budgets import FUNCTIONS_OF_A_LOOK, MEAN_STOP_S, STATES_OF_A_LOOK, usd
from tests.bench.figure import Figure
from tests.bench.prices import AS_OF, PRICES
from tests.bench.workloads import WATCHED, Results
from tests.cloud import buckets

PICTURE = "performance-growth.svg"
# How often the sweep may look, and a sweep that looks less often at what has been quiet for a day.
SWEEPS = {"every 2 minutes": 2, "every 5 minutes, as deployed": 5, "every 15 minutes": 15, "every 60 minutes": 60}
MOST_STATES = 12

HEAD = """# Performance

Written by `make bench` on {day}, on {machine}. Do not edit; run it again.

Counts come from the histories of all executions and from the call log of the local cloud, which plays the template and
the functions as deployed. They are the same in every run. Nothing here was measured in AWS, and no time of this page is
a time of AWS: times are virtual, on paper from published limits, or ratios within one run.

A **state transition** is each state that is entered, in the run and in every child execution of its Distributed Maps,
which are Standard and billed the same, and each retry of a task: "Step Functions counts a state transition each time a
step of your workflow is executed … including retries" (aws.amazon.com/step-functions/pricing).
In these fleets AWS is done before the first look, so that no count hangs on timing. Each further look at a batch of
servers costs {states} transitions and {functions} invocation more; *each server takes {mean} s* adds them.
"""


def text(results: Results, figures: list[Figure], notes: str) -> str:
    """`notes`: what the figures of the peers do not tell."""
    head = HEAD.format(
        day=date.today().isoformat(),
        machine=f"{platform.machine()} with {platform.system()}",
        states=STATES_OF_A_LOOK,
        functions=FUNCTIONS_OF_A_LOOK,
        mean=MEAN_STOP_S,
    )
    parts = [head, *_figures(figures), *_growth(results), *_where(results), *_costs(results), *_limits(figures), notes]
    return "\n".join(parts).rstrip() + "\n"


def picture(results: Results) -> str:
    """Of a shutdown and the startup after it, together."""
    ways = {size: list(both.values()) for size, both in results.fleets.items()}
    lines = {
        "API calls": [(n, sum(sum(w.counts.calls.values()) for w in both)) for n, both in ways.items()],
        "state transitions": [(n, sum(w.counts.transitions for w in both)) for n, both in ways.items()],
        "Lambda invocations": [(n, sum(w.counts.invoked for w in both)) for n, both in ways.items()],
    }
    return plot.svg("Counts of a shutdown and a startup by servers", "servers with one unit each", lines)


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    head = list(head)
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(_told(cell) for cell in row)} |"
    yield ""


def _told(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "**no**"
    if isinstance(cell, int | float):
        return f"{cell:,.10f}".rstrip("0").rstrip(".")
    return str(cell)


def _figures(figures: list[Figure]) -> Iterator[str]:
    yield "## Against the budgets\n"
    yield "The limit is what AWS allows, or what the published limits of EC2 would allow by themselves.\n"
    yield from _rows(of for of in figures if of.budget is not None)
    yield "## Every other figure\n"
    yield from _rows(of for of in figures if of.budget is None and of.workload != crowded.WORKLOAD)


def _rows(figures: Iterable[Figure]) -> Iterator[str]:
    head = ("figure", "workload", "ours", "unit", "peer", "ratio to it, or to the limit", "limit", "budget", "met")
    rows = []
    for of in figures:
        peer = None if of.peer is None else f"{_told(of.peer)} ({of.peer_name})"
        rows.append((of.name, of.workload, of.ours, of.unit, peer, of.ratio, of.limit, of.budget, of.met))
    yield from table(head, rows)


def _growth(results: Results) -> Iterator[str]:
    yield "## Growth\n"
    yield f"![Counts by the number of servers, both axes by tens]({PICTURE})\n"
    head = ("servers", "transitions", "invocations", "API calls", "USD", "USD for each server")
    rows = []
    for size, both in results.fleets.items():
        ways = list(both.values())
        cost = sum(map(usd, ways))
        calls = sum(sum(way.counts.calls.values()) for way in ways)
        transitions, invoked = (sum(getattr(way.counts, name) for way in ways) for name in ("transitions", "invoked"))
        rows.append((size, transitions, invoked, calls, round(cost, 4), round(cost / size, 7)))
    yield from table(head, rows)


def _where(results: Results) -> Iterator[str]:
    size = max(size for size in results.fleets if size <= 1_000)
    yield f"## Where the transitions of a shutdown go: {size:,} servers\n"
    by_state = results.fleets[size]["shutdown"].counts.by_state
    by_machine: Counter[str] = Counter()
    for state, entered in by_state.items():
        by_machine[state.split(": ")[0]] += entered
    batches = {"Services": limits.UNITS_BATCH, "Servers": limits.STOP_BATCH}
    units, servers = (by_machine[f"lockstep-shutdown/{kind}"] / -(-size // batch) for kind, batch in batches.items())
    yield (
        f"A search enters {limits.STATES_OF_A_PAGE} states for each page of {limits.PAGE} volumes and "
        f"{limits.STATES_OF_A_LOOK_AT_SERVERS} for each {limits.LOOKED_AT} servers that use the key, and there are two "
        f"searches: one for the warning, one when the grace is over. A batch of {limits.UNITS_BATCH} servers enters "
        f"{units:g} states to stop its units, and one of {limits.STOP_BATCH} enters {servers:g} to be stopped.\n"
    )
    yield from table(("workflow", "entered"), by_machine.items())
    yield from table(("state", "entered"), list(by_state.items())[:MOST_STATES])
    yield f"Of each function: {', '.join(f'{n} {name}' for name, n in _invocations(results, size))}.\n"


def _invocations(results: Results, size: int) -> list[tuple[str, int]]:
    invocations = results.fleets[size]["shutdown"].counts.invocations
    return sorted(invocations.items(), key=lambda found: -found[1])


def _costs(results: Results) -> Iterator[str]:
    yield "## Costs\n"
    yield (
        f"By prices of us-east-1, looked up on {AS_OF}, without the free tier of requests. An invocation is taken "
        f"to last {costs.INVOCATION_S * 1000:.0f} ms, and {costs.CALL_S * 1000:.0f} ms more for each call that a "
        "function makes.\n"
    )
    yield from table(("what", "USD", "for each", "page"), [(n, p.usd, p.per, p.page) for n, p in PRICES.items()])
    largest = max(results.fleets)
    of = {way: costs.of_run(ran.counts) for way, ran in results.fleets[largest].items()}
    names = sorted({name for cost in of.values() for name in cost.by_item})
    rows = [(name, *(round(cost.by_item.get(name, 0), 5) for cost in of.values())) for name in names]
    yield f"One shutdown and one startup of {largest:,} servers, in USD:\n"
    yield from table(("what", *of), [*rows, ("together", *(round(cost.usd, 5) for cost in of.values()))])
    yield f"At rest, {WATCHED} keys, in USD a month (the account's free alarms, metrics and dashboards are free):\n"
    rest = {name: costs.at_rest(results.sweeps[WATCHED], minutes) for name, minutes in SWEEPS.items()}
    rows = [(name, round(cost.by_item["KMS request"], 2), round(cost.usd, 2)) for name, cost in rest.items()]
    yield from table(("a sweep", "KMS requests", "together"), rows)
    yield (
        "An event starts a run at once, so a longer sweep only delays what no event told. A sweep that asked KMS every "
        "5 minutes only about keys with something under way, and of the others a twelfth each time, would find what "
        f"was missed within the hour and cost about {rest['every 60 minutes'].usd + 0.1:.2f} USD.\n"
    )


def _limits(figures: list[Figure]) -> Iterator[str]:
    yield "## The limits, on paper\n"
    yield (
        f"Minutes from the change of the key, by `tests/bench/limits.py`: the notice after {limits.NOTICE_S} s, "
        f"{limits.GRACE_S // 60} minutes of grace, the slowest server of a batch stops in {limits.AWS.stop} s, a start "
        f"takes {limits.AWS.start} s and its status checks {limits.AWS.checks} s more. EC2 takes 1,000 servers to stop "
        "or to start at once, then 20 a second to stop and 2 to start; and 5 calls to start at once, then 2 a second. "
        "*AWS alone* is the same with all batches at once, each call made at the moment that EC2 has room for it.\n"
    )
    head = ("servers", "services down", "servers down", "AWS alone", "services up", "AWS alone")
    rows = []
    for size in limits.SIZES:
        ours, best = limits.times(size), limits.times(size, alone=True)
        names = ((ours, "services_down"), (ours, "servers_down"), (best, "servers_down"))
        ups = ((ours, "services_up"), (best, "services_up"))
        rows.append((size, *(f"{getattr(of, name) / 60:.1f}" for of, name in (*names, *ups))))
    yield from table(head, rows)
    fits = {name: limits.largest(limits.DOWN_WITHIN_S, name) for name in ("services_down", "servers_down")}
    up, up_alone = (limits.largest(limits.UP_WITHIN_S, "services_up", alone) for alone in (False, True))
    down_alone = limits.largest(limits.DOWN_WITHIN_S, "servers_down", alone=True)
    yield (
        f"Services are down within 20 minutes up to at least {fits['services_down']:,} servers, and the servers under "
        f"them up to {fits['servers_down']:,}. From there on it is Lockstep that is slow, not AWS: ten batches of "
        f"{limits.STOP_BATCH} run at once, and each holds its place until its slowest server is seen stopped. AWS "
        f"alone would carry {down_alone:,}.\n"
    )
    _, of_servers = buckets.SIZES["StartInstances"]
    minutes = (limits.SIZES[-1] - of_servers.full) / of_servers.each_s / 60
    yield (
        f"Services are up within 5 minutes up to {up:,} servers. AWS alone would carry {up_alone:,}: after the first "
        f"{of_servers.full:,} EC2 starts {of_servers.each_s} servers a second, so that {limits.SIZES[-1]:,} take "
        f"{minutes:.0f} minutes, whoever asks. That quota can be raised on request.\n"
    )
    yield from _checked(figures)


def _checked(figures: list[Figure]) -> Iterator[str]:
    local = limits.LOCAL
    yield f"### The model beside the local cloud: {crowded.WORKLOAD}\n"
    yield (
        f"Here a server stops in {local.stop} s, starts in {local.start} s and takes {local.checks} s for its status "
        f"checks. The clock goes {crowded.SCALE} times too fast, so that whatever this machine takes for its own work "
        f"counts {crowded.SCALE} times, and calls come less close together than the model has them.\n"
    )
    rows = [(of.name, of.peer, of.ours, of.unit, of.ratio) for of in figures if of.workload == crowded.WORKLOAD]
    yield from table(("what", "on paper", "in the local cloud", "unit", "ratio"), rows)
    most = limits.up(limits.SIZES[-1], limits.AWS, 0).servers
    yield (
        f"On paper a startup of {limits.SIZES[-1]:,} servers has {most.refused:,} calls refused, each of which costs "
        f"{batches.STATES_AFTER_A_REFUSAL + batches.STATES_BEFORE_THE_CALL} transitions, and gives none of them up.\n"
    )
