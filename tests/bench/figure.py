"""What `make bench` writes down: one line for each thing measured."""

from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Figure:
    """`ratio` is ours to the peer's, or to the limit's where no peer does it.

    `budget` is the most that `ours` (or the ratio, if `unit` is "ratio") may be.
    """

    name: str
    workload: str
    ours: float
    unit: str
    peer: float | None = None
    peer_name: str | None = None
    limit: float | None = None
    ratio: float | None = None
    budget: float | None = None
    met: bool | None = None

    @classmethod
    def alone(
        cls, name: str, workload: str, ours: float, unit: str, budget: float | None = None, limit: float | None = None
    ) -> Self:
        """What nobody else does, against a budget or a limit, if there is one."""
        ratio = round(ours / limit, 2) if limit else None
        met = None if budget is None else ours <= budget
        return cls(name, workload, ours, unit, limit=limit, ratio=ratio, budget=budget, met=met)

    @classmethod
    def beside_paper(cls, name: str, workload: str, seen: float, unit: str, expected: float) -> Self:
        """What was seen in the local cloud, and what the model on paper says."""
        ratio = round(seen / expected, 3) if expected else None
        return cls(name, workload, seen, unit, expected, "the model on paper", ratio=ratio)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
