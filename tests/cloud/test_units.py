"""The units document of the template: its script, run by a shell, answers as the local cloud does."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cloud.conftest import Cloud, document
from tests.cloud.units_document import DOCUMENT, SCRIPT, UNITS, Machine, Simulated

Answers = list[tuple[str, int]]


@pytest.fixture(params=["bash", "sh"])
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    """Run Command hands a script to `sh`, which is bash on some systems and something smaller on others."""
    return Machine(tmp_path, request.param)


@pytest.fixture
def units_document(cloud: Cloud) -> Iterator[str]:
    with document(cloud, "Units", DOCUMENT) as name:
        yield name


def first_stop(server: Machine | Simulated) -> Answers:
    return [server.ask("stop", "c.service b.service a.service")]


def second_stop(server: Machine | Simulated) -> Answers:
    server.put("b.service", "inactive")
    return [server.ask("stop", UNITS), server.ask("stop", UNITS), server.ask("stop", "b.service a.service")]


def stop_after_a_start_by_hand(server: Machine | Simulated) -> Answers:
    server.put("a.service", "inactive")
    first = server.ask("stop", "a.service b.service")
    server.put("a.service", "active")
    return [first, server.ask("stop", "a.service b.service"), server.ask("stop", "a.service")]


def stop_after_our_start(server: Machine | Simulated) -> Answers:
    asked = [server.ask("stop", UNITS), server.ask("start", UNITS)]
    server.put("a.service", "inactive")
    return [*asked, server.ask("stop", UNITS)]


def start(server: Machine | Simulated) -> Answers:
    return [server.ask("stop", "b.service a.service"), server.ask("start", "a.service b.service")]


def start_with_a_failure_in_the_middle(server: Machine | Simulated, fault: str = "broken") -> Answers:
    stopped = server.ask("stop", "c.service b.service a.service")
    server.mark(fault, "b.service")
    failed = server.ask("start", UNITS)
    again = server.ask("stop", UNITS)
    server.mark(fault)
    return [stopped, failed, again, server.ask("start", UNITS)]


def start_with_one_that_dies_in_the_middle(server: Machine | Simulated) -> Answers:
    return start_with_a_failure_in_the_middle(server, "dies")


def a_unit_that_does_not_stop(server: Machine | Simulated) -> Answers:
    server.mark("jammed", "b.service")
    return [server.ask("stop", UNITS)]


def an_unknown_unit(server: Machine | Simulated) -> Answers:
    return [server.ask("stop", "a.service no.service b.service"), server.ask("start", "a.service no.service b.service")]


def a_look(server: Machine | Simulated) -> Answers:
    """It says what is, takes no note, and so leaves what a stop has noted as it is."""
    server.put("b.service", "inactive")
    seen = server.ask("look", "a.service b.service")
    stopped = server.ask("stop", "b.service a.service")
    return [
        seen,
        stopped,
        server.ask("look", UNITS),
        server.ask("stop", UNITS),
        server.ask("look", "no.service a.service"),
    ]


# What is asked of a server, and the lines that both must print.
PLAYS = {
    first_stop: ["c active inactive, b active inactive, a active inactive: 0"],
    second_stop: [
        "a active inactive, b inactive inactive, c active inactive: 0",
        "a active inactive, b inactive inactive, c active inactive: 0",
        "b inactive inactive, a active inactive: 0",
    ],
    stop_after_a_start_by_hand: [
        "a inactive inactive, b active inactive: 0",
        "a active inactive, b active inactive: 0",
        "a active inactive: 0",
    ],
    stop_after_our_start: [
        "a active inactive, b active inactive, c active inactive: 0",
        "a inactive active, b inactive active, c inactive active: 0",
        "a inactive inactive, b active inactive, c active inactive: 0",
    ],
    start: ["b active inactive, a active inactive: 0", "a inactive active, b inactive active: 0"],
    start_with_a_failure_in_the_middle: [
        "c active inactive, b active inactive, a active inactive: 0",
        "a inactive active, b inactive failed, c inactive inactive: 1",
        "a active inactive, b active inactive, c active inactive: 0",
        "a inactive active, b inactive active, c inactive active: 0",
    ],
    a_unit_that_does_not_stop: ["a active inactive, b active active, c active inactive: 1"],
    an_unknown_unit: [
        "a active inactive, no unknown unknown, b active inactive: 1",
        "a inactive active, no unknown unknown, b inactive inactive: 1",
    ],
}
PLAYS[a_look] = [
    "a active active, b inactive inactive: 0",
    "b inactive inactive, a active inactive: 0",
    "a inactive inactive, b inactive inactive, c active active: 0",
    "a active inactive, b inactive inactive, c active inactive: 0",
    "no unknown unknown, a inactive inactive: 1",
]
PLAYS[start_with_one_that_dies_in_the_middle] = PLAYS[start_with_a_failure_in_the_middle]
every_play = pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.__name__)


def short(answers: Answers) -> list[str]:
    return [f"{', '.join(text.replace('.service', '').splitlines())}: {status}" for text, status in answers]


@every_play
def test_the_script_prints_what_each_unit_was_and_is(play, machine):
    assert short(play(machine)) == PLAYS[play]


@every_play
def test_the_local_cloud_answers_as_the_script_does(play, cloud, units_document):
    assert short(play(Simulated(cloud, units_document))) == PLAYS[play]


def test_a_stop_tries_every_unit_and_a_start_none_after_one_that_failed(machine):
    machine.mark("broken", "a.service")
    machine.ask("start", UNITS)
    assert machine.was_asked_to("start") == ["a.service"]
    machine.ask("stop", "no.service a.service b.service")
    assert machine.was_asked_to("stop") == ["a.service", "b.service"]


def test_a_look_asks_for_no_change_and_makes_no_folder(machine):
    machine.ask("look", UNITS)
    assert not machine.was_asked_to("stop") and not machine.was_asked_to("start")
    assert not machine.notes.exists()


def test_what_was_noted_goes_with_the_server(cloud, units_document):
    server = Simulated(cloud, units_document)
    server.ask("stop", UNITS)
    cloud.client("ec2").stop_instances(InstanceIds=[server.id])
    cloud.until(lambda: cloud.server(server.id)["state"] == "stopped")
    cloud.client("ec2").start_instances(InstanceIds=[server.id])
    cloud.until(lambda: cloud.server(server.id)["agent"] == "online")
    assert short([server.ask("stop", "a.service")]) == ["a inactive inactive: 0"]


@pytest.mark.parametrize(
    "units",
    [
        "a.service; reboot", "$(reboot).service", "`id`.service", "a.service\nreboot", "a.service\n", "a.service & b",
        "../a.service", "/etc/a.service", "*.service", "a.service  b.service", " a.service", "", "'a.service'",
        "a\\x2d", " ".join(["a.service"] * 21), "-H.service", "a.service --force",
    ],
)  # fmt: skip
def test_what_is_no_list_of_unit_names_never_reaches_a_shell(units):
    assert not re.fullmatch(DOCUMENT["parameters"]["Units"]["allowedPattern"], units)


def test_the_shell_is_given_nothing_but_what_the_document_allows():
    assert set(re.findall(r"\{\{ *(\w+) *\}\}", SCRIPT)) == DOCUMENT["parameters"].keys() == {"Verb", "Units"}
    assert DOCUMENT["parameters"]["Verb"]["allowedValues"] == ["stop", "start", "look"]
