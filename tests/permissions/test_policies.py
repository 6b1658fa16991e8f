"""What is deployed is what a reviewer has read, and says why wherever it says `*`."""

import json
import os
import re

import pytest

from tests.permissions import policies
from tests.world.cloud import ROOT

TEMPLATE = (ROOT / "template.yaml").read_text().splitlines()
# Of a managed policy, without its white space (IAM User Guide, quotas).
LONGEST_POLICY = 6144


def test_each_role_has_the_policy_that_a_reviewer_has_read(cloud, deployed):
    if os.environ.get(policies.REWRITE):
        for file in policies.FOLDER.glob("*.json"):
            file.unlink()
        for owner, role in deployed.items():
            policies.write(owner, policies.rendered(cloud, role))
        policies.write("Boundary", policies.in_its_own_words(cloud, deployed))
    assert sorted(file.stem for file in policies.FOLDER.glob("*.json")) == sorted([*deployed, "Boundary"])
    for owner, role in deployed.items():
        assert policies.rendered(cloud, role) == policies.committed(owner), f"{policies.REWRITE}=1 writes it anew"


def test_every_role_is_within_the_one_boundary(cloud, deployed):
    boundary = policies.in_its_own_words(cloud, deployed)
    assert boundary == policies.committed("Boundary"), f"{policies.REWRITE}=1 writes it anew"
    [denial] = [statement for statement in boundary["Statement"] if statement["Effect"] == "Deny"]
    assert denial["Resource"] == "*" and "Condition" not in denial
    for word in ("Terminate", "Delete", "Modify", "kms:Disable", "kms:Enable", "kms:Put", "kms:Decrypt", "iam:"):
        assert any(word in action for action in denial["Action"]), f"{word} is not denied"


def test_the_boundary_allows_what_roles_may_do_and_nothing_besides(deployed):
    allowed = {
        action for s in policies.committed("Boundary")["Statement"] if s["Effect"] == "Allow" for action in s["Action"]
    }
    used = {name.split(" on ")[0] for names in policies.permissions().values() for name in names}
    # What SAM gives every function and workflow, within the boundary: to write its log and its traces.
    by_sam = {action for action in allowed if action.startswith("xray:")} | {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    }
    assert allowed == used | by_sam


def test_every_policy_is_short_enough_for_aws():
    for file in policies.FOLDER.glob("*.json"):
        policy = json.dumps(json.loads(file.read_text()), separators=(",", ":"))
        assert len(policy) <= LONGEST_POLICY, file.name


@pytest.mark.parametrize("line", [n for n, text in enumerate(TEMPLATE) if re.search(r"Resource: ['\"]?\*", text)])
def test_each_resource_that_is_everything_has_a_comment_with_the_reason(line):
    assert TEMPLATE[line - 1].lstrip().startswith("# "), f"template.yaml:{line + 1} says no reason"


def test_no_resource_in_a_list_is_everything_and_no_action_allowed_has_a_star():
    for owner, names in policies.permissions().items():
        for name in names:
            assert "*" not in name.split(" on ")[0], f"{owner}: {name}"
    assert not [text for text in TEMPLATE if re.fullmatch(r"\s*- ['\"]\*['\"]", text)]
