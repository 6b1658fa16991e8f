"""What people use today, measured in turns with Lockstep: Python and boto3, a bare Lambda in Rust, Cloud Custodian."""

import tempfile
from pathlib import Path

from tests.bench.figure import Figure
from tests.bench.peers import cold_start, comparison, memory, release

ABOUT = Path(__file__).with_name("about.md")
_calls = ""


def measure(folder: Path) -> list[Figure]:
    """Every figure beside a peer, and those of the functions as they are deployed; `folder` keeps what is written.

    A machine that does nothing else gives the best figures; the first time, the build of a release takes minutes.
    """
    global _calls
    programs = release.programs()
    with tempfile.TemporaryDirectory(dir=folder) as place:
        here = Path(place)
        figures = cold_start.measure(programs, here)
        figures += release.sizes(programs, here)
        figures += memory.measure(programs, here)
        ours, theirs = comparison.play(here / "comparison")
    _calls = comparison.table(ours, theirs)
    return figures + comparison.figures(ours, theirs)


def notes() -> str:
    """What the figures do not tell, as Markdown; after `measure` with the calls of each by operation."""
    return ABOUT.read_text() + _calls
