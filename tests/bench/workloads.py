"""Everything that is played and counted, and how fast the clock of its cloud may go."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import crowded, playing, scenes
from tests.bench.crowded import Seen
from tests.bench.playing import Way
from tests.world.cloud import Cloud

SIZES = (10, 100, 1_000, 10_000)
# The largest takes half an hour by itself.
USUAL_SIZES = SIZES[:3]
# The larger, the more a machine is behind the clock.
SCALES = {10: 20, 100: 20, 1_000: 10, 10_000: 5}
MIXED, WATCHED, WATCHED_MANY = 100, 100, 1_000
FAULTY = 100
# As long as the servers of the local cloud take if nobody says otherwise.
AS_THEY_ARE: dict[str, float] = {}


@dataclass(frozen=True)
class Results:
    """All that was seen of Lockstep by itself."""

    fleets: dict[int, dict[str, Way]]
    mixed: dict[str, Way]
    two_keys: dict[str, Way]
    unhurried: dict[str, Way]
    crowded: dict[str, Seen]
    one_will_not_stop: Way
    one_call_throttled: Way
    # By the number of watched keys.
    sweeps: dict[int, dict[str, Any]]


def play(sizes: tuple[int, ...], say: Callable[[str], None]) -> Results:
    def of(what: str, scale: float, played: Callable[[Cloud], Any]) -> Any:
        say(f"{what} …")
        with tempfile.TemporaryDirectory(prefix="lockstep-bench-") as at, playing.cloud_of(Path(at), scale) as cloud:
            return played(cloud)

    fleets = {
        size: of(
            f"{size:,} servers, down and back",
            SCALES[size],
            lambda cloud, size=size: playing.both_ways(cloud, scenes.uniform(size)),
        )
        for size in sizes
    }
    one_stays, throttled = scenes.with_one_that_will_not_stop(FAULTY), scenes.with_a_throttled_stop(FAULTY)
    return Results(
        fleets=fleets,
        mixed=of("A mixed fleet", 20, lambda cloud: playing.both_ways(cloud, scenes.mixed(MIXED))),
        two_keys=of("A server that two keys hold", 20, lambda cloud: playing.with_two_keys(cloud, scenes.held_by_two)),
        unhurried=of(
            "Servers that take their time",
            10,
            lambda cloud: playing.both_ways(cloud, scenes.uniform(100, AS_THEY_ARE)),
        ),
        crowded=of(crowded.WORKLOAD, crowded.SCALE, crowded.both_ways),
        one_will_not_stop=of(
            "A server that may not stop", 20, lambda cloud: playing.down(cloud, one_stays, "shutdown_incomplete")
        ),
        one_call_throttled=of(
            "A call that is throttled", 20, lambda cloud: playing.down(cloud, throttled, "shutdown_complete")
        ),
        sweeps={
            keys: of(
                f"{keys:,} watched keys", 20, lambda cloud, keys=keys: playing.quiet_sweep(cloud, scenes.watched(keys))
            )
            for keys in (WATCHED, WATCHED_MANY)
        },
    )
