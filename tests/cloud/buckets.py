"""EC2's token buckets: how many calls, and how many servers of them, it takes at once and by the second.

They are of an account that has not asked for more. Source: Amazon EC2 Developer Guide, "Request throttling for the
Amazon EC2 API".
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """What a full bucket holds, and what flows in by the second."""

    full: float
    each_s: float


# For each call: of requests, and of the servers that they name.
SIZES = {"StartInstances": (Size(5, 2), Size(1000, 2)), "StopInstances": (Size(50, 5), Size(1000, 20))}


class Bucket:
    """Full at first."""

    def __init__(self, size: Size, at_s: float) -> None:
        self.size, self.tokens, self.at_s = size, size.full, at_s

    def take(self, wanted: float, at_s: float) -> bool:
        """All that is wanted, or nothing."""
        self.tokens = min(self.size.full, self.tokens + (at_s - self.at_s) * self.size.each_s)
        self.at_s = at_s
        if wanted > self.tokens:
            return False
        self.tokens -= wanted
        return True


class Buckets:
    """Those of one call in one account and Region."""

    def __init__(self, sizes: tuple[Size, Size], at_s: float) -> None:
        self.requests, self.servers = (Bucket(size, at_s) for size in sizes)

    def take(self, servers: int, at_s: float) -> bool:
        """A request that is refused for its servers has taken its own token all the same."""
        return self.requests.take(1, at_s) and self.servers.take(servers, at_s)
