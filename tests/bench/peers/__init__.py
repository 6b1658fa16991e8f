"""What people use today, measured in turns with Lockstep: Python and boto3, a bare Lambda in Rust, Cloud Custodian."""

import tempfile
from pathlib import Path

from tests.bench.figure import Figure
from tests.bench.peers import cold_start, comparison, memory, release

ABOUT = Path(__file__).with_name("about.md")


def measure(folder: Path) -> tuple[list[Figure], str]:
    """Every figure beside a peer, those of the functions as they are deployed, and as Markdown what they do not tell.

    `folder` keeps what is written. A machine that does nothing else gives the best figures; the first time, the build
    of a release takes half an hour.
    """
    programs = release.programs()
    with tempfile.TemporaryDirectory(dir=folder) as place:
        here = Path(place)
        figures = cold_start.measure(programs, here)
        figures += release.sizes(programs, here)
        figures += memory.measure(programs, here)
        ours, theirs = comparison.play(here / "comparison")
    return figures + comparison.figures(ours, theirs), ABOUT.read_text() + comparison.table(ours, theirs)
