"""What Lockstep costs, by the counts of the local cloud and the published prices."""

from dataclasses import dataclass
from typing import Any

from tests.bench.counts import Counts
from tests.bench.prices import FREE, PRICES

MEMORY_GB = 256 / 1024
# What an invocation is taken to last, for a local cloud cannot tell: so much by itself, and so much for each of its
# calls to AWS, one after the other. Either is generous, and all of it is a few per cent of a run.
INVOCATION_S, CALL_S = 0.050, 0.015
# What is written to the logs, in GB, about: the lines of an invocation, and the events of a state without their data.
INVOCATION_LOG_GB, STATE_LOG_GB = 2e-6, 1.5e-6
# Services that functions call; a workflow makes the other calls, and nobody bills those.
CALLED_BY_FUNCTIONS = ("dynamodb:", "kms:", "ses:", "states:")
MINUTES_A_MONTH = 30 * 24 * 60
# Nine alarms and one metric while nothing happens, see docs/decisions.md, "Metrics are printed".
STANDING = {"alarm": 9, "metric": 1, "dashboard": 1}


@dataclass(frozen=True)
class Cost:
    """In USD, by what is billed."""

    by_item: dict[str, float]

    @property
    def usd(self) -> float:
        return sum(self.by_item.values())


def of_run(counts: Counts) -> Cost:
    asked = _of_functions(counts.invoked, counts.calls, counts.read_units, counts.write_units)
    asked["log gigabyte"] += counts.transitions * STATE_LOG_GB
    return _cost({"state transition": counts.transitions} | asked)


def at_rest(sweep: dict[str, Any], sweep_minutes: float, is_first_stack: bool = True) -> Cost:
    """A month in which nothing happens, by what one quiet sweep asks; without the free tier of requests."""
    sweeps = MINUTES_A_MONTH / sweep_minutes
    calls = {name: n * sweeps for name, n in sweep["calls"].items()}
    asked = _of_functions(sweeps, calls, sweep["read_units"] * sweeps, sweep["write_units"] * sweeps)
    free = FREE if is_first_stack else {}
    standing = {name: max(n - free.get(name, 0), 0) for name, n in STANDING.items()}
    return _cost(asked | standing)


def _of_functions(
    invocations: float, calls: dict[str, float], read_units: float, write_units: float
) -> dict[str, float]:
    theirs = sum(n for name, n in calls.items() if name.startswith(CALLED_BY_FUNCTIONS))
    return {
        "invocation": invocations,
        "gigabyte-second": MEMORY_GB * (invocations * INVOCATION_S + theirs * CALL_S),
        "read unit": read_units,
        "write unit": write_units,
        "KMS request": sum(n for name, n in calls.items() if name.startswith("kms:")),
        "mail": calls.get("ses:SendEmail", 0),
        "event": calls.get("events:PutEvents", 0),
        "trace": invocations,
        "log gigabyte": invocations * INVOCATION_LOG_GB,
    }


def _cost(amounts: dict[str, float]) -> Cost:
    return Cost({name: PRICES[name].usd * n for name, n in amounts.items() if n})
