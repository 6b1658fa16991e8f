"""Where everything comes from: nothing is taken unpinned, and nothing is let off without a reason."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.supply import sbom

ROOT = Path(__file__).parents[2]
PINNED = [
    "tests/requirements-tools",
    "tests/requirements-checks",
    "tests/cloud/requirements",
    "tests/bench/peers/requirements",
]
TEMPLATES = [ROOT / "template.yaml", *sorted((ROOT / "examples").glob("*/*.yaml"))]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.y*ml"))
# A comment in the template, or an entry of a resource's metadata.
SKIPPED = re.compile(r"checkov:skip=(\w+)(?::(.*))?$|- id: (CKV\w+)\n\s+comment: (.+)$", re.M)
SHORTEST_REASON = 25
COPYLEFT = re.compile(r"GPL|MPL|EUPL|CDDL|EPL|OSL|SSPL|BUSL|CC-BY-SA")


@pytest.mark.parametrize("name", PINNED)
def test_every_python_package_is_held_to_a_version_and_to_hashes(name):
    locked = (ROOT / f"{name}.txt").read_text().replace("\\\n", "")
    packages = [line for line in locked.splitlines() if line and not line.startswith("#")]
    assert len(packages) > 20
    assert not [line[:60] for line in packages if not re.match(r"[\w.\[\],-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)]
    asked = [line for line in (ROOT / f"{name}.in").read_text().splitlines() if line and not line.startswith("#")]
    # pip takes an extra's packages by their own names.
    pinned = {re.sub(r"\[.*\]", "", line.split(" ")[0]).lower() for line in packages}
    assert not {re.sub(r"\[.*\]", "", line).lower() for line in asked} - pinned, "make lock"


def test_everything_that_checkov_is_told_to_pass_over_has_a_reason():
    skipped = [(page.name, *found.groups()) for page in TEMPLATES for found in SKIPPED.finditer(page.read_text())]
    mentions = sum(page.read_text().count("checkov:skip") + page.read_text().count("id: CKV") for page in TEMPLATES)
    assert len(skipped) == mentions > 60
    assert not [of for of in skipped if len((of[2] or of[4] or "").strip()) < SHORTEST_REASON]


def test_nothing_is_passed_over_but_where_it_stands():
    assert not list(ROOT.glob(".checkov*")) + list(ROOT.glob(".cfnlintrc*"))
    command = (ROOT / "Makefile").read_text()
    assert "--framework cloudformation" in command
    assert not re.search(r"--(skip-check|soft-fail)\b", command)


def test_crates_come_from_crates_io_and_none_of_them_is_copyleft():
    deny = tomllib.loads((ROOT / "deny.toml").read_text())
    assert not [name for name in deny["licenses"]["allow"] if COPYLEFT.search(name)]
    assert "exceptions" not in deny["licenses"]
    assert (deny["sources"]["unknown-registry"], deny["sources"]["unknown-git"]) == ("deny", "deny")
    locked = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    sources = {package.get("source", "") for package in locked}
    assert sources == {"", "registry+https://github.com/rust-lang/crates.io-index"}


def test_the_bill_of_materials_lists_what_is_shipped_and_nothing_of_the_tests():
    bill = sbom.sbom()
    names = {part["name"] for part in bill["components"]}
    assert {"aws-sdk-dynamodb", "aws-lc-sys", "askama", "clap", "rust-std"} <= names
    assert not names & {"mrml", "scraper", "proptest", "stateright", "jsonata-rs", "libfuzzer-sys"}
    users = {it["value"] for part in bill["components"] for it in part.get("properties", [])}
    assert users == set(sbom.shipped()) and len(users) == 12
    licences = [part["licenses"][0]["expression"] for part in bill["components"]]
    assert not [text for text in licences if COPYLEFT.search(text)]
    assert all(len(part["hashes"][0]["content"]) == 64 for part in bill["components"] if part["name"] != "rust-std")
    crates = [(part["name"], part["version"]) for part in bill["components"][1:]]
    assert crates == sorted(crates), "two runs write the same"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_takes_no_action_by_a_name_that_moves_and_may_only_read(path):
    text = path.read_text()
    used = re.findall(r"uses: (.+)", text)
    assert used and all(re.fullmatch(r"actions/\w+@[0-9a-f]{40} # v[\d.]+", action) for action in used)
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    assert not [job for job in workflow["jobs"].values() if "permissions" in job or "timeout-minutes" not in job]
    assert "secrets." not in text and "pull_request_target" not in text


def test_there_are_workflows_that_check_test_and_ask_for_advisories():
    text = "".join(path.read_text() for path in WORKFLOWS)
    assert all(command in text for command in ("make check", "make test", "check advisories"))
