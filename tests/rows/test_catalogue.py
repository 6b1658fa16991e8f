"""The count of rows is honest: each is played, or says why not."""

import re
from pathlib import Path

from tests.rows.catalogue import NOT_HERE, ROWS


def test_every_row_of_the_table_is_played_or_says_why_not():
    pages = [page.read_text() for page in Path(__file__).parent.glob("test_*.py")]
    played = {int(number) for page in pages for number in re.findall(r"^@pytest.mark.row\((\d+)\)", page, re.M)}
    assert not played & NOT_HERE.keys()
    assert played | NOT_HERE.keys() == set(ROWS)
