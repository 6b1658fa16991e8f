"""What every command has in common: exit codes, JSON, no colours on a pipe, no hostile text."""

import json
import re

import pytest

from tests.cli.conftest import FAILED, REFUSED, USAGE
from tests.world import fleet
from tests.world.fleet import Fleet

ESCAPE = "\x1b"
# Reads on and off the terminal what comes after it in another order.
OVERRIDE = "\N{RIGHT-TO-LEFT OVERRIDE}"


def test_a_stack_that_is_not_there_is_named_with_its_remedy(operator):
    ran = operator.run("--stack", "nowhere", "status")
    assert (ran.code, ran.out) == (REFUSED, "")
    assert all(word in ran.err for word in ("unknown_stack", "nowhere", "--stack", "--region", "us-east-1"))
    assert operator.run("status", LOCKSTEP_STACK="nowhere").err == ran.err


def test_a_cloud_that_does_not_answer_is_a_failure_and_no_refusal(operator):
    ran = operator.run("status", AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_MAX_ATTEMPTS="1")
    assert ran.code == FAILED and "get-caller-identity" in ran.err


def test_without_a_region_the_remedy_is_told(operator):
    ran = operator.run("status", AWS_REGION="", AWS_DEFAULT_REGION="", AWS_EC2_METADATA_DISABLED="true")
    assert ran.code == REFUSED and "AWS_REGION" in ran.err


@pytest.mark.parametrize(
    "line", ["", "plan", "pause", "pause x --all", "key", "release i-1", "explode", "app set orders"]
)
def test_a_line_that_cannot_be_read_ends_with_the_code_for_usage(operator, line):
    assert operator.run(*line.split()).code == USAGE


def test_help_tells_the_exit_codes(operator):
    assert all(f"\n  {code}  " in operator.says("--help") for code in range(5))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_completions_without_any_cloud(operator, shell):
    script = operator.run("completions", shell, AWS_ENDPOINT_URL="http://127.0.0.1:9").out
    assert "lockstep" in script and "simulate" in script and "json" in script


def test_every_answer_is_json_if_asked_and_has_no_colours_on_a_pipe(operator, servers):
    for command in (["key", "list"], ["app", "list"], ["status"], ["status", servers.key], ["history", servers.key],
                    ["plan", servers.key], ["simulate", servers.key]):  # fmt: skip
        operator.tells(*command)
        ran = operator.run(*command)
        assert ran.out.strip() and ESCAPE not in ran.out and ran.err == "", command


def test_a_terminal_gets_colours_and_a_line_that_says_what_is_waited_for(operator, watched):
    shown = operator.shows("plan", watched)
    assert f"{ESCAPE}[1m" in shown and "searching for what uses the key" in shown
    plain = operator.shows("status", NO_COLOR="1")
    assert watched.rsplit("/", 1)[-1] in plain and f"{ESCAPE}[" not in plain


def test_a_refusal_is_json_too(operator):
    ran = operator.run("--json", "plan", "alias/orders")
    assert (ran.code, ran.out) == (REFUSED, "")
    assert "key_is_an_alias" in json.loads(ran.err)["refused"]


def test_text_from_tags_cannot_turn_the_terminal_round(operator, cloud, watched):
    made = Fleet(cloud, watched)
    hostile = made.server(f"gnp{OVERRIDE}.exe", made.app("orders"), tags={"lockstep:tier": f"ten{OVERRIDE}"})
    fleet.until_ready(cloud, hostile)
    for arguments in (["plan", watched], ["plan", "--all", watched], ["--json", "plan", watched]):
        shown = operator.run(*arguments).out
        assert hostile.id in shown and "bad_tier" in shown
        assert not re.search(r"[\u202a-\u202e\x00-\x09\x0b-\x1f]", shown)
