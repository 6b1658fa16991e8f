"""A play begins when the machine keeps up with those that are going on.

The virtual clock runs sixty times as fast as ours, whatever the machine does. One that falls behind makes the calls of
Lockstep late in virtual time, so that they are tried again: more work for a machine that is behind already.
"""

import threading
import time

from tests.world.cloud import Cloud

# In our time: for those who wait, an answer that takes as long is nine seconds late.
ANSWERS_WITHIN_S = 0.15
LOOKS_EVERY_S = 0.5
# So long a new play needs to make itself felt.
APART_S = 0.4

_door = threading.Lock()


def enter(cloud: Cloud) -> None:
    """Waits until the cloud answers in time."""
    with _door:
        while _answer_takes_s(cloud) > ANSWERS_WITHIN_S:
            time.sleep(LOOKS_EVERY_S)
        time.sleep(APART_S)


def _answer_takes_s(cloud: Cloud) -> float:
    """A call that goes the way of all others."""
    asked_at = time.monotonic()
    cloud.client("dynamodb").describe_table(TableName=cloud.outputs["LedgerTableName"])
    return time.monotonic() - asked_at
