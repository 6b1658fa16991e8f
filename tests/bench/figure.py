"""What `make bench` writes down: one line for each thing measured."""

from dataclasses import asdict, dataclass
from typing import Any


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

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
