"""A unit with a real program behind it: the program is stopped, started and killed as the unit is."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cloud import programs
from tests.cloud.conftest import Cloud
from tests.cloud.units_document import Simulated

UNIT = "a.service"
# Writes down what it is asked for, and is done when it may be. What is named in `fails` fails.
PROGRAM = """
echo "$0" >> asked
for turn in $(seq 200); do [ ! -e wait ] || sleep 0.05; done
! grep -qx "$0" fails
"""


class Program:
    """A unit of a server, and the folder in which its program leaves its traces."""

    def __init__(self, cloud: Cloud, server: Simulated, folder: Path) -> None:
        self.cloud, self.server, self.folder = cloud, server, folder
        (folder / "fails").touch()
        commands = {verb: ["sh", "-c", f"cd {folder}; {PROGRAM}", verb] for verb in ("start", "stop", "kill")}
        cloud.ask("PATCH", f"servers/{server.id}", {"units": {UNIT: {"commands": commands}}})

    def asked(self) -> list[str]:
        file = self.folder / "asked"
        return file.read_text().split() if file.exists() else []

    def state(self) -> str:
        return self.cloud.server(self.server.id)["units"][UNIT]

    def will_fail(self, verb: str) -> None:
        (self.folder / "fails").write_text(f"{verb}\n")

    def hold_up(self, verb: str) -> Callable[[], None]:
        """Sends a command whose program is not done before this is called."""
        (self.folder / "wait").touch()
        self.cloud.client("ssm").send_command(
            DocumentName=self.server.document,
            InstanceIds=[self.server.id],
            Parameters={"Verb": [verb], "Units": [UNIT]},
        )
        self.cloud.until(lambda: verb in self.asked())
        return (self.folder / "wait").unlink

    def stop_server(self) -> None:
        self.cloud.client("ec2").stop_instances(InstanceIds=[self.server.id])
        self.cloud.until(lambda: self.cloud.server(self.server.id)["state"] == "stopped")


@pytest.fixture
def program(cloud: Cloud, command_document: str, tmp_path: Path) -> Program:
    return Program(cloud, Simulated(cloud, command_document), tmp_path)


def test_a_unit_is_what_came_of_its_program(program):
    assert program.server.ask("stop", UNIT) == (f"{UNIT} active inactive\n", 0)
    program.will_fail("start")
    assert program.server.ask("start", UNIT) == (f"{UNIT} inactive failed\n", 1)
    program.will_fail("stop")
    assert program.server.ask("start", UNIT) == (f"{UNIT} failed active\n", 0)
    assert program.server.ask("stop", UNIT) == (f"{UNIT} active active\n", 1)
    assert program.asked() == ["stop", "start", "start", "stop"]


def test_a_unit_that_is_there_already_asks_nothing_of_its_program(program):
    program.server.ask("start", UNIT)
    assert not program.asked()


def test_a_program_is_killed_if_its_server_stops_under_it_and_not_if_it_was_stopped_before(program):
    program.server.ask("stop", UNIT)
    program.stop_server()
    assert program.asked() == ["stop"]
    program.cloud.client("ec2").start_instances(InstanceIds=[program.server.id])
    program.cloud.until(lambda: program.cloud.server(program.server.id)["agent"] == "online")
    program.server.ask("start", UNIT)
    program.stop_server()
    program.cloud.until(lambda: program.asked() == ["stop", "start", "kill"])


def test_a_program_whose_stop_is_under_way_is_killed_with_its_server(program):
    go_on = program.hold_up("stop")
    program.stop_server()
    program.cloud.until(lambda: program.asked()[:2] == ["stop", "kill"])
    go_on()
    assert program.state() == "inactive"


def test_a_program_that_is_still_starting_does_not_outlive_its_server(program):
    program.server.ask("stop", UNIT)
    go_on = program.hold_up("start")
    program.stop_server()
    assert program.asked() == ["stop", "start"]
    go_on()
    program.cloud.until(lambda: program.asked() == ["stop", "start", "kill"])
    assert program.state() == "inactive"


def test_a_program_that_is_enabled_on_boot_is_started_by_it(program):
    settings = {"units": {UNIT: {"enabled_on_boot": True}}}
    program.cloud.ask("PATCH", f"servers/{program.server.id}", settings)
    program.stop_server()
    program.cloud.client("ec2").start_instances(InstanceIds=[program.server.id])
    program.cloud.until(lambda: program.state() == "active")
    assert sorted(program.asked()) == ["kill", "start"]


def test_the_world_goes_on_while_a_program_runs(program, cloud, command_document):
    go_on = program.hold_up("stop")
    other = Simulated(cloud, command_document)
    assert other.ask("stop", UNIT) == (f"{UNIT} active inactive\n", 0)
    assert program.state() == "active"
    go_on()
    cloud.until(lambda: program.state() == "inactive")


def test_a_program_lives_in_real_time(monkeypatch):
    for name in ("LD_PRELOAD", "FAKETIME", "FAKETIME_SHARED"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("KEPT", "x")
    told = programs.real_time()
    assert told["KEPT"] and not [name for name in told if "FAKE" in name or "PRELOAD" in name]
