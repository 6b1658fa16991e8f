"""Real programs behind simulated units, run in real time beside the world."""

import contextvars
import logging
import os
import subprocess
import threading
from collections.abc import Callable

from tests.cloud.clock import timeline

# Whoever waits for it has given up by then: minutes of the world are seconds.
LONGEST_REAL_S = 60

log = logging.getLogger("lockstep.programs")


def run(command: list[str], then: Callable[[bool], None]) -> None:
    """`then` is told whether the command succeeded, as an act of the world; until then the world goes on."""
    context = contextvars.copy_context()

    def wait() -> None:
        succeeded = _succeeds(command)
        timeline.after(0, lambda: then(succeeded))

    threading.Thread(target=context.run, args=(wait,), daemon=True, name="program").start()


def _succeeds(command: list[str]) -> bool:
    # From a folder that every user may enter, for a program may run as another one.
    try:
        done = subprocess.run(
            command, env=real_time(), cwd="/", stdin=subprocess.DEVNULL, timeout=LONGEST_REAL_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        log.warning("%s: %s", command, error)
        return False
    if done.returncode:
        log.warning("%s ended with %d", command, done.returncode)
    return done.returncode == 0


def real_time() -> dict[str, str]:
    """The environment without what would give a program the virtual clock."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("FAKETIME", "LD_PRELOAD"))}
