"""The events of real runs, against the schemas of docs/events.md."""

import json
import re

import jsonschema
import pytest

from tests.world.cloud import ROOT

SCHEMAS = {
    schema["title"]: schema
    for schema in map(
        json.loads, re.findall(r"```json\n(\{\n.+?\n\})\n```", (ROOT / "docs/events.md").read_text(), re.S)
    )
}
GRACE, ENDED = "Lockstep Grace Started", "Lockstep Run Ended"


def check(kind: str, detail: dict) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[kind])
    checker = jsonschema.Draft202012Validator(SCHEMAS[kind], format_checker=jsonschema.FormatChecker())
    checker.validate(detail)
    assert detail.keys() == SCHEMAS[kind]["properties"].keys(), "every field is described"


def test_both_kinds_have_a_schema():
    assert SCHEMAS.keys() == {GRACE, ENDED}


def test_a_shutdown_and_a_startup_are_announced_as_the_page_says(operator, begun):
    scene = begun("a_story")
    [grace] = operator.cloud.until("the grace was told", lambda: operator.events(GRACE, scene.key), 600)
    ended = operator.cloud.until("both runs were told", lambda: two(operator.events(ENDED, scene.key)), 600)
    check(GRACE, grace)
    for detail in ended:
        check(ENDED, detail)
    apps = sorted(scene.fleet.app(name) for name in ("orders", "billing"))
    assert grace["apps"] == apps and (grace["to_stop"], grace["apps_left_out"]) == (2, 0)
    assert [detail["ending"] for detail in ended] == ["shutdown_complete", "startup_complete"]
    assert ended[0]["run"] == grace["run"] and ended[0]["grace_ends_at"] == grace["grace_ends_at"]
    for detail in ended:
        assert detail["resources"] == {"done": 2, "not_done": 0, "left": 0, "doubt": 0} and detail["apps"] == apps
        assert detail["services_s"] > 0 and detail["servers_s"] > 0
    assert ended[0]["services_s"] >= 60, "the grace counts"


def two(events: list) -> list | None:
    return events if len(events) == 2 else None


@pytest.mark.parametrize(
    ("fault", "ending"),
    [("a_cancelled_shutdown", "shutdown_cancelled"), ("a_stop_that_is_denied", "shutdown_incomplete")],
)
def test_whatever_the_ending_it_is_announced(operator, begun, fault, ending):
    scene = begun(fault)

    def told() -> list:
        return [detail for detail in operator.events(ENDED, scene.key) if detail["ending"] == ending]

    [detail, *_] = operator.cloud.until(f"{ending} was told", told, 1_200)
    check(ENDED, detail)
    assert detail["resources"]["not_done"] == (
        1 if ending == "shutdown_incomplete" else detail["resources"]["not_done"]
    )
