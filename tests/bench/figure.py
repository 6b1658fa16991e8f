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
    def beside(
        cls, name: str, workload: str, ours: float, unit: str, peer: float, peer_name: str, digits: int = 3
    ) -> Self:
        """What somebody else does, too, or what it should be; without a ratio to nothing."""
        ratio = round(ours / peer, digits) if peer else None
        return cls(name, workload, ours, unit, peer, peer_name, ratio=ratio)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
