"""`make fleet`: 1,000 servers, 300 services, 30 groups and a few databases go down and come back, and are counted.

Prints a table and writes `target/fleet.json`. Exits with 1 and the names of the broken rules if a limit is passed, if
anything did not go down or come back, or if anything else was touched.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.fleet import figures, scene, table, verdict
from tests.fleet.figures import Figures
from tests.world import stack
from tests.world import story as stories
from tests.world.cloud import ROOT, Cloud, NeverHappened

# At twice as many the machine is behind all the time, and what it needs itself is most of what is measured.
SCALE = 60
FILE = ROOT / "target" / "fleet.json"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fleet", description=__doc__)
    parser.add_argument("--scale", type=float, default=SCALE, help="virtual seconds per real second")
    scale = parser.parse_args().scale
    with tempfile.TemporaryDirectory(prefix="lockstep-fleet-") as folder:
        cloud, process = stack.start_cloud(stack.free_port(), scale, Path(folder))
        try:
            return play(stack.deploy(cloud))
        except stack.Failed as failure:
            print(failure, file=sys.stderr)
            return 1
        finally:
            stack.stop_cloud(process.pid)


def play(cloud: Cloud) -> int:
    _say(f"Building a fleet of {scene.SERVERS:,} servers …")
    began = time.monotonic()
    stage = scene.build(cloud)
    report: dict[str, Any] = {"scale": cloud.scale, "fleet": stage.counts(), "built_in_real_s": _since(began)}
    counted: dict[str, Figures] = {}
    broken: list[str] = []
    for epoch, direction in enumerate(stories.CHANGES, start=1):
        _say(f"The {direction} …")
        began = time.monotonic()
        try:
            story = stories.play(cloud, stage.fleet.key, epoch, direction)
        except NeverHappened as missing:
            broken.append(str(missing))
            break
        ended_at_s, real_s = cloud.at_s(), _since(began)
        counted[direction] = figures.of_story(cloud, story, ended_at_s)
        broken += verdict.broken(cloud, stage, story, counted[direction])
        report[direction] = {"ending": story.ending, "real_s": real_s, **counted[direction].as_json()}
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(report | {"broken": broken}, indent=2, ensure_ascii=False) + "\n")
    for line in table.lines(report):
        _say(line)
    for rule in broken:
        print(f"BROKEN RULE: {rule}", file=sys.stderr)
    return 1 if broken else 0


def _since(moment: float) -> float:
    return round(time.monotonic() - moment, 1)


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
