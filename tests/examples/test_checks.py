"""What the linters of the templates are told to pass over."""

import pytest

from tests.examples import templates


@pytest.mark.parametrize("path", templates.TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_check_that_is_passed_over_says_why(path):
    template = templates.read(path.parent.name, path.name)
    # A comment would do the same, and be seen by nobody who looks at the stack.
    assert "checkov:skip" not in path.read_text()
    skipped = [
        check
        for resource in template["Resources"].values()
        for check in resource.get("Metadata", {}).get("checkov", {}).get("skip", ())
    ]
    assert all(check["id"].startswith("CKV") and len(check["comment"].split()) > 5 for check in skipped)


def test_there_are_three_templates():
    assert len(templates.TEMPLATES) == 3
