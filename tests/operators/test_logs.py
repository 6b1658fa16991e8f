"""Every line that the functions have printed while all the faults were played."""

import json
import re

import pytest

from tests.operators import faults

ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.\w+")
RAW = (
    "userIdentity",
    "sourceIPAddress",
    "ResponseURL",
    "requestParameters",
    faults.SECRET,
    "AWS_SECRET",
    "SecretAccessKey",
)
# What a line may have besides its time, its level and where it was written.
PLAIN_FIELDS = {"message", "decision", "reason", "error.chain", "round", "started", "warnings"}


@pytest.fixture(scope="module")
def lines(operator, begun) -> list[str]:
    for name in (*faults.FAULTS, "no_sweep"):
        begun(name)
    found = operator.lines()
    assert len(found) >= 10, "every function that had something to do has written"
    return [line for lines in found.values() for line in lines]


@pytest.fixture(scope="module")
def fields(lines) -> list[dict]:
    return [parsed["fields"] for line in lines if "fields" in (parsed := json.loads(line))]


def test_every_line_is_json_and_either_says_something_or_measures_something(lines):
    assert len(lines) > 200
    for line in lines:
        parsed = json.loads(line)
        assert ("_aws" in parsed) != ("fields" in parsed), line


def test_no_line_has_an_address_an_event_or_a_secret(lines):
    assert not [line for line in lines if ADDRESS.search(line)]
    assert not [line for line in lines if any(word in line for word in RAW)]
    assert any("(address)" in line for line in lines), "an address was there to be left out"


def test_a_hostile_name_is_in_no_line(lines):
    assert not [line for line in lines if "thief" in line or "<script>" in line or "\u202e" in line]


def test_a_decision_has_its_reason_and_a_failure_its_chain(fields):
    decisions = [line for line in fields if "decision" in line]
    assert len(decisions) > 100 and all(line["reason"] for line in decisions)
    assert not [line for line in fields if not {"decision", "error.chain"} & line.keys()]


def test_a_search_that_is_given_up_is_told_in_the_words_of_aws(fields):
    told = [line["reason"] for line in fields if line.get("decision") == "given up" and "run.name" in line]
    assert told and all("not authorized" in reason for reason in told)


def test_ids_are_dotted_and_units_are_in_the_names(fields):
    for line in fields:
        for name, value in line.items():
            assert name in PLAIN_FIELDS or "." in name or name.endswith("_s"), line
            assert (
                not isinstance(value, int | float)
                or isinstance(value, bool)
                or name.endswith("_s")
                or name == "started"
            )


def test_a_failure_is_told_once(lines):
    """Where it is met or at the edge of the function, and by nobody else."""
    parsed = [json.loads(line) for line in lines]
    told = [
        (line["span"]["requestId"], line["fields"]["error.chain"])
        for line in parsed
        if "error.chain" in line.get("fields", {})
    ]
    assert told and len(told) == len(set(told))
    assert {line["level"] for line in parsed if "error.chain" in line.get("fields", {})} <= {"ERROR", "WARN"}
