"""On paper: batches that run side by side, each from its first call to the look that finds it done.

EC2 refuses a call if one of its buckets is too empty. The call is made again after a rest, and in halves if it is
refused for long. A batch holds its place until its slowest server is seen done, and then the next one begins.
"""

import heapq
from dataclasses import dataclass

from tests.cloud.buckets import SIZES, Bucket, Buckets

# AWS Step Functions Developer Guide, "Quotas": a Distributed Map starts 100 Standard children a second.
CHILDREN_EACH_S = 1 / 100
# A state of a workflow, with the call or function in it.
STATE_S = 0.1
STATES_BEFORE_THE_CALL, STATES_AFTER_A_REFUSAL = 4, 4
# The rules of `refusal.rs` and `evidence/answers.rs`.
SHORTEST_REST_S, LONGEST_REST_S, PATIENCE_S, HALVED_AFTER_S, SMALLEST_SHARE = 3, 30, 600, 300, 10
# For those who wait for nothing but EC2.
AN_INSTANT_S = 0.01


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


@dataclass(frozen=True)
class Call:
    """What a batch asks of EC2, for so many servers; `is_patient` if it is made at the moment that there is room."""

    operation: str
    servers: int
    is_patient: bool = False


@dataclass(frozen=True)
class Drained:
    """When the last batch was seen done, and what was refused on the way."""

    at_s: float
    refused: int = 0
    given_up: int = 0


@dataclass(order=True)
class Batch:
    """One that is about to ask."""

    asks_at_s: float
    number: int
    parts: list[int]
    refused_since_s: float | None = None


class Drain:
    """So many batches, some of them at a time."""

    def __init__(self, takes_s: float, looks: Looks, from_s: float, call: Call | None) -> None:
        self.seen_after_s = looks.until(takes_s)[-1]
        self.from_s, self.call = from_s, call
        self.buckets = Buckets(SIZES[call.operation], from_s) if call else None
        self.refused = self.given_up = 0

    def run(self, batches: int, at_once: int) -> Drained:
        asking = [self._batch(number, self.from_s) for number in range(min(at_once, batches))]
        begun, ends_s = len(asking), self.from_s
        while asking:
            batch = heapq.heappop(asking)
            if self._is_still_refused(batch):
                heapq.heappush(asking, batch)
                continue
            done_s = batch.asks_at_s + self.seen_after_s
            ends_s = max(ends_s, done_s)
            if begun < batches:
                heapq.heappush(asking, self._batch(begun, done_s))
                begun += 1
        return Drained(ends_s, self.refused, self.given_up)

    def _batch(self, number: int, place_from_s: float) -> Batch:
        begins_s = max(place_from_s, self.from_s + number * CHILDREN_EACH_S)
        return Batch(begins_s + STATES_BEFORE_THE_CALL * STATE_S, number, [self.call.servers if self.call else 0])

    def _is_still_refused(self, batch: Batch) -> bool:
        """Whether it asks again, for what is left and at a later time."""
        if self.buckets is None:
            return False
        now_s, asked = batch.asks_at_s, len(batch.parts)
        batch.parts = [part for part in batch.parts if not self.buckets.take(part, now_s)]
        self.refused += len(batch.parts)
        if not batch.parts:
            return False
        if self.call.is_patient:
            [part] = batch.parts
            batch.asks_at_s += max(_fills_in_s(self.buckets.requests, 1), _fills_in_s(self.buckets.servers, part))
            return True
        # Its patience begins anew when some of it was accepted.
        if batch.refused_since_s is None or len(batch.parts) < asked:
            batch.refused_since_s = now_s
        refused_s = now_s - batch.refused_since_s
        if refused_s >= PATIENCE_S:
            self.given_up += 1
            return False
        if refused_s >= HALVED_AFTER_S:
            batch.parts = [half for part in batch.parts for half in _halves(part)]
        rest_s = min(max(refused_s // 2, SHORTEST_REST_S), LONGEST_REST_S)
        batch.asks_at_s += rest_s + (STATES_AFTER_A_REFUSAL + STATES_BEFORE_THE_CALL) * STATE_S
        return True


def drain(batches: int, at_once: int, takes_s: float, looks: Looks, from_s: float, call: Call | None = None) -> Drained:
    return Drain(takes_s, looks, from_s, call).run(batches, at_once)


def _halves(part: int) -> list[int]:
    return [part // 2, part - part // 2] if part > SMALLEST_SHARE else [part]


def _fills_in_s(bucket: Bucket, wanted: float) -> float:
    return max((wanted - bucket.tokens) / bucket.size.each_s, AN_INSTANT_S)
