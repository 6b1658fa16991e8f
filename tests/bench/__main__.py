"""`make bench`: plays every workload, writes `target/bench/report.json` and docs/performance.md.

A budget that is missed is named, and is no failure: it is what was measured.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.bench import budgets, page, peers, table, workloads
from tests.world import stack
from tests.world.cloud import ROOT

FOLDER = ROOT / "target/bench"
DOCS = ROOT / "docs"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--largest", action="store_true", help="10,000 servers as well, which takes half an hour")
    parser.add_argument(
        "--update-counts", action="store_true", help="write tests/fixtures/counts.json anew, and no more"
    )
    wanted = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        if wanted.update_counts:
            with tempfile.TemporaryDirectory(prefix="lockstep-bench-") as folder:
                table.commit(Path(folder))
            return 0
        results = workloads.play(workloads.SIZES if wanted.largest else workloads.USUAL_SIZES, _say)
    except stack.Failed as failure:
        print(failure, file=sys.stderr)
        return 1
    (FOLDER / "counts.json").write_text(json.dumps(asdict(results), indent=2) + "\n")
    beside, notes = peers.measure(FOLDER)
    figures = [*budgets.every(results), *beside]
    (FOLDER / "report.json").write_text(json.dumps([of.as_json() for of in figures], indent=2) + "\n")
    (DOCS / "performance.md").write_text(page.text(results, figures, notes))
    (DOCS / page.PICTURE).write_text(page.picture(results))
    for of in (of for of in figures if of.ratio is not None and of.peer is not None):
        _say(f"{of.name} ({of.workload}): {of.ours:,} {of.unit}, {of.peer_name} {of.peer:,}, ratio {of.ratio:,}")
    for of in (of for of in figures if of.met is False):
        _say(f"MISSED: {of.name} ({of.workload}): {of.ours:,} {of.unit}, budget {of.budget:,}")
    _say(f"{len(figures)} figures: docs/performance.md, target/bench/report.json")
    return 0


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
