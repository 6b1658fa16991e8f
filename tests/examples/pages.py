"""The shell commands of a Markdown page, as a reader would run them."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEADING = re.compile(r"^#+ (.+)$")
FENCE = re.compile(r"^ *```(\w*)$")


@dataclass(frozen=True)
class Block:
    """Commands between ```sh and ```, and the heading that they stand under."""

    heading: str
    commands: str


def blocks(page: Path) -> list[Block]:
    """All of a page, in its order. Fences of other languages, or of none, are for reading only."""
    found, heading, language, lines = [], "", None, []
    for line in page.read_text().splitlines():
        if fence := FENCE.match(line):
            if language == "sh":
                found.append(Block(heading, "\n".join(lines)))
            language, lines = (fence[1] if language is None else None), []
        elif language is not None:
            lines.append(line)
        elif title := HEADING.match(line):
            heading = title[1]
    return found


def under(page: Path, heading: str) -> list[str]:
    """The commands of one section."""
    found = [block.commands for block in blocks(page) if block.heading == heading]
    assert found, f"{page} has no commands under '{heading}'"
    return found
