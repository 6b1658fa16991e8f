"""One cloud with the stack deployed, and the operator's tool as an operator runs it."""

import contextlib
import json
import os
import pty
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.world import fleet, stack
from tests.world.cloud import ROOT, Cloud, environment
from tests.world.fleet import Fleet

SCALE = 60
BINARY = ROOT / "target" / "cli" / "lockstep"
# Services whose calls change the fleet, as the log of calls has them.
FLEET = ("ec2", "rds", "ecs", "ssm", "autoscaling", "application-autoscaling", "systemd")
REFUSED, USAGE, FAILED, FOUND = 1, 2, 3, 4


@dataclass(frozen=True)
class Ran:
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Operator:
    """Runs `lockstep` with its output on pipes."""

    def __init__(self, cloud: Cloud) -> None:
        assert BINARY.exists(), f"{BINARY} is not there; run: make {BINARY.relative_to(ROOT)}"
        self.cloud = cloud

    def run(self, *arguments: str, **variables: str) -> Ran:
        command = [str(BINARY), *arguments]
        settings = environment(self.cloud.endpoint) | variables
        done = subprocess.run(command, env=settings, capture_output=True, text=True, timeout=300)
        return Ran(done.returncode, done.stdout, done.stderr)

    def shows(self, *arguments: str, **variables: str) -> str:
        """What a terminal is sent, on standard output and standard error."""
        terminal, end = pty.openpty()
        settings = environment(self.cloud.endpoint) | {"TERM": "xterm"} | variables
        subprocess.run([str(BINARY), *arguments], env=settings, stdin=end, stdout=end, stderr=end, timeout=300)
        os.close(end)
        shown = b""
        with contextlib.suppress(OSError):  # Linux tells the end of a terminal by an error.
            while part := os.read(terminal, 65_536):
                shown += part
        os.close(terminal)
        return shown.decode()

    def says(self, *arguments: str) -> str:
        """The text of a command that goes well."""
        ran = self.run(*arguments)
        assert ran.code == 0, (arguments, ran)
        return ran.out

    def tells(self, *arguments: str, code: int = 0) -> Any:
        """The same as JSON."""
        ran = self.run("--json", *arguments)
        assert ran.code == code, (arguments, ran)
        return ran.json

    def is_refused(self, *arguments: str) -> str:
        ran = self.run(*arguments)
        assert (ran.code, ran.out) == (REFUSED, ""), (arguments, ran)
        return ran.err


def changes(cloud: Cloud, since_s: float) -> list[dict[str, Any]]:
    """What anybody but AWS itself has asked the fleet to change."""
    calls = cloud.calls(since=since_s, mutating=True)
    return [call for call in calls if call["service"] in FLEET and call["actor"] != "aws"]


@pytest.fixture(scope="session")
def cloud(tmp_path_factory) -> Iterator[Cloud]:
    running, process = stack.start_cloud(stack.free_port(), SCALE, tmp_path_factory.mktemp("cloud"))
    try:
        yield stack.deploy(running)
    finally:
        stack.stop_cloud(process.pid)


@pytest.fixture(scope="session")
def operator(cloud) -> Operator:
    return Operator(cloud)


@pytest.fixture
def key(cloud) -> str:
    return fleet.make_key(cloud)


@pytest.fixture
def watched(operator, key) -> str:
    operator.says("key", "add", key)
    return key


@pytest.fixture
def servers(cloud, watched) -> Fleet:
    """Three running servers on a watched key, one of them in a higher tier and one without the tag."""
    made = Fleet(cloud, watched)
    orders = made.app("orders")
    one = made.server("one", orders, "db.service")
    two = made.server("two", orders, "web.service", tags={"lockstep:tier": "10"})
    stranger = made.server("stranger", None)
    fleet.until_ready(cloud, one, two, stranger)
    return made
