"""Takes pictures of mails: on a phone and on a desktop, in light and in dark.

`python -m tests.demo.pictures` takes them of the goldens, for a person to look at after a change.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.demo.browser import Look, browser, executable
from tests.world.cloud import ROOT

GOLDENS = ROOT / "tests" / "fixtures" / "mails"
FOLDER = ROOT / "target" / "demo" / "goldens"
WIDTHS = {"phone": 390, "desktop": 1024}
SCHEMES = ("light", "dark")
MISSING = "Pictures of the mails need Chromium: sudo apt-get install chromium fonts-noto-cjk"


def looks(pages: list[Path], schemes: tuple[str, ...] = SCHEMES) -> Iterator[tuple[Path, str, Look]]:
    """Each page at each width and in each scheme; `phone-light` is how a look is called."""
    with tempfile.TemporaryDirectory() as profile, browser(Path(profile)) as shown:
        for page in pages:
            shown.open(page)
            for device, width in WIDTHS.items():
                for scheme in schemes:
                    yield page, f"{device}-{scheme}", shown.look(width, scheme)


def take(pages: list[Path], folder: Path) -> list[Path]:
    """Writes `<page>-<look>.png` into a folder; nothing if there is no browser."""
    if not executable() or not pages:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for page, name, look in looks(pages):
        written.append(folder / f"{page.stem}-{name}.png")
        written[-1].write_bytes(look.picture)
    return written


def main() -> int:
    written = take(sorted(GOLDENS.glob("*.html")), FOLDER)
    print(f"{len(written)} pictures are in {FOLDER}." if written else MISSING)
    return 0 if written else 1


if __name__ == "__main__":
    sys.exit(main())
