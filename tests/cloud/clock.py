"""Virtual time: one scaled wall clock for the cloud, its workflows and its Lambdas.

Lambdas run under libfaketime, which keeps the start of its clock in shared memory and names that memory in
the environment. A small holder process opens it once; every Lambda is given the same memory, and this
process computes the same clock from the same start, so all of them agree to the microsecond.
This process itself stays off libfaketime, which breaks Python's timed waits; `time` and `datetime` are patched.
Only the wall clock is virtual: the monotonic clock stays real, and with it every socket and thread timeout.
"""

import contextlib
import contextvars
import datetime as datetime_module
import glob
import heapq
import itertools
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

SCALE = 1.0
STARTED = time.time()

log = logging.getLogger("lockstep.clock")

# What a Lambda needs in its environment to read the virtual clock.
environment: dict[str, str] = {}

_real_time, _real_datetime = time.time, datetime_module.datetime
_real_gmtime, _real_localtime = time.gmtime, time.localtime

# Tells the memory it holds, and what the virtual clock says at which moment of the monotonic one.
HOLDER = """
import os, sys, time
samples = [(time.monotonic(), time.time(), time.monotonic()) for _ in range(50)]
before, virtual, after = min(samples, key=lambda sample: sample[2] - sample[0])
print(os.environ["FAKETIME_SHARED"], (before + after) / 2, virtual, sep=";", flush=True)
sys.stdin.read()
"""


def enter_virtual_time(scale: float) -> None:
    """To be called before anything else is imported that could remember the real clock."""
    global SCALE, STARTED
    SCALE = scale
    libraries = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    if not libraries:
        sys.exit("The local cloud needs libfaketime: apt-get install faketime")
    environment.update(
        {
            "LD_PRELOAD": ":".join([*_real_timeouts(), libraries[0]]),
            "FAKETIME": f"+0 x{scale:g}",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }
    )
    forget_ended_clocks()
    holder = subprocess.Popen(
        [sys.executable, "-S", "-c", HOLDER],
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    memory, monotonic, virtual = holder.stdout.readline().split(";")
    environment["FAKETIME_SHARED"] = memory
    _keep.append(holder)
    real = _real_time() - time.monotonic() + float(monotonic)
    _patch_time(real, float(virtual), scale)
    STARTED = time.time()


def forget_ended_clocks(memories: Path = Path("/dev/shm")) -> None:
    """libfaketime names a clock's memory by its process. One that was killed leaves it, and then no later process of
    that number can have a clock."""
    for name in ("faketime_shm_", "sem.faketime_sem_"):
        for memory in memories.glob(f"{name}*"):
            if not Path("/proc", memory.name.removeprefix(name)).exists():
                # Somebody else's may stay.
                with contextlib.suppress(FileNotFoundError, PermissionError):
                    memory.unlink()


# The holder ends when its standard input is closed, that is with this process.
_keep: list[subprocess.Popen] = []


def _real_timeouts() -> list[str]:
    """A small library for the Lambdas; without it they spin while they wait, and a busy cloud becomes slow."""
    source = Path(__file__).with_name("real_timeouts.c")
    library = Path(tempfile.mkdtemp(prefix="lockstep-cloud-")) / "real_timeouts.so"
    try:
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        log.warning("there is no working C compiler: the Lambdas will use more of the processor than they need")
        return []
    return [str(library)]


def _patch_time(real: float, virtual: float, scale: float) -> None:
    def virtual_time() -> float:
        return virtual + (_real_time() - real) * scale

    class VirtualKind(type):
        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, _real_datetime)

        def __subclasscheck__(cls, kind: type) -> bool:
            return issubclass(kind, _real_datetime)

    class VirtualDatetime(_real_datetime, metaclass=VirtualKind):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(virtual_time(), tz)

        @classmethod
        def utcnow(cls):
            return cls.fromtimestamp(virtual_time(), UTC).replace(tzinfo=None)

        @classmethod
        def today(cls):
            return cls.now()

    time.time = virtual_time
    time.time_ns = lambda: int(virtual_time() * 1e9)
    time.gmtime = lambda seconds=None: _real_gmtime(virtual_time() if seconds is None else seconds)
    time.localtime = lambda seconds=None: _real_localtime(virtual_time() if seconds is None else seconds)
    datetime_module.datetime = VirtualDatetime


def at_s() -> float:
    """Virtual seconds since the cloud started."""
    return time.time() - STARTED


def iso(moment: float | None = None) -> str:
    stamp = _real_datetime.fromtimestamp(time.time() if moment is None else moment, UTC)
    return stamp.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def real_seconds(virtual_seconds: float) -> float:
    return virtual_seconds / SCALE


def sleep(virtual_seconds: float) -> None:
    time.sleep(real_seconds(virtual_seconds))


class Timeline:
    """What the world will do by itself: one thread that runs each act when its virtual time comes."""

    def __init__(self) -> None:
        self._acts: list[tuple[float, int, contextvars.Context, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        threading.Thread(target=self._run, daemon=True, name="timeline").start()

    def after(self, virtual_seconds: float, act: Callable[[], None]) -> None:
        # The context carries account and Region of the caller to the moment the act runs.
        due = time.monotonic() + real_seconds(virtual_seconds)
        with self._changed:
            heapq.heappush(self._acts, (due, next(self._numbers), contextvars.copy_context(), act))
            self._changed.notify()

    def clear(self) -> None:
        with self._changed:
            self._acts.clear()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._acts or self._acts[0][0] > time.monotonic():
                    self._changed.wait(self._acts[0][0] - time.monotonic() if self._acts else None)
                _, _, context, act = heapq.heappop(self._acts)
            try:
                context.run(act)
            except Exception:
                log.exception("an act of the world failed")


timeline = Timeline()
