"""`make up` and `make down`: keeps one cloud in the background, with what was built last deployed in it."""

import argparse
import sys
import time
from pathlib import Path

from tests.world import stack
from tests.world.cloud import DESCRIPTION, ROOT, Cloud

TARGET = ROOT / "target"
PID = TARGET / "cloud.pid"
FOLDER = TARGET / "cloud"
DEPLOYED = TARGET / "cloud.deployed"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.world", description=__doc__)
    parser.add_argument("wish", choices=["up", "down"])
    parser.add_argument("--port", type=int, default=4566)
    parser.add_argument("--scale", type=float, default=60)
    options = parser.parse_args()
    try:
        up(options.port, options.scale) if options.wish == "up" else down()
    except stack.Failed as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


def up(port: int, scale: float) -> None:
    began = time.monotonic()
    running = _running()
    if running and not _build_is_newer() and not _cloud_code_is_newer():
        print(f"The local cloud runs at {running.endpoint}, with this build deployed.")
        return
    if running and _cloud_code_is_newer():
        down()
        running = None
    if not running:
        if Cloud(f"http://127.0.0.1:{port}").is_up():
            raise stack.Failed(f"another local cloud answers on port {port}; stop it, or: make up PORT=…")
        DESCRIPTION.unlink(missing_ok=True)
        running, process = stack.start_cloud(port, scale, FOLDER)
        PID.write_text(f"{process.pid}\n")
        print(f"The local cloud is up at {running.endpoint} ({time.monotonic() - began:.0f} s).", flush=True)
    stack.deploy(running)
    stack.describe(running)
    DEPLOYED.touch()
    print(f"The stack {stack.STACK} is deployed ({time.monotonic() - began:.0f} s); see {DESCRIPTION}.")


def down() -> None:
    DESCRIPTION.unlink(missing_ok=True)
    if not PID.exists():
        print("No local cloud was started from here.")
        return
    pid = int(PID.read_text())
    if _is_a_cloud(pid):
        stack.stop_cloud(pid)
    PID.unlink()
    print("The local cloud is down.")


def _running() -> Cloud | None:
    """The cloud that was started from here, if it still answers."""
    if not (PID.exists() and DESCRIPTION.exists() and _is_a_cloud(int(PID.read_text()))):
        return None
    cloud = Cloud.described()
    return cloud if cloud.is_up() else None


def _is_a_cloud(pid: int) -> bool:
    # A process id may have been given to another program since.
    try:
        return b"tests.cloud" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _build_is_newer() -> bool:
    return not DEPLOYED.exists() or stack.BUILT.stat().st_mtime > DEPLOYED.stat().st_mtime


def _cloud_code_is_newer() -> bool:
    started = PID.stat().st_mtime
    return any(part.stat().st_mtime > started for part in (ROOT / "tests" / "cloud").glob("*.py"))


if __name__ == "__main__":
    sys.exit(main())
