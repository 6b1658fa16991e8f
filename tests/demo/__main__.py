"""`make demo`: builds a small fleet, disables its key, enables it again, and shows what happened.

Exits with 1 and the names of the broken rules if the order, the end states or the mails are wrong.
"""

import json
import subprocess
import sys
from typing import Any

from tests.demo import inbox, pictures, scene, timeline, verdict
from tests.world import story as stories
from tests.world.cloud import ROOT, Cloud, NeverHappened, environment
from tests.world.story import Story

FOLDER = ROOT / "target" / "demo"
TITLES = {
    "shutdown": "The key is disabled. Times are minutes:seconds since then, as they would be in AWS.",
    "startup": "The key is enabled again.",
}
CALLS = {"shutdown": "disable-key", "startup": "enable-key"}


def main() -> int:
    cloud = Cloud.described()
    FOLDER.mkdir(parents=True, exist_ok=True)
    _say("Building six servers, one of them in an Auto Scaling group, two databases and an ECS service, on two keys …")
    stage = scene.build(cloud)
    told: list[dict[str, Any]] = []
    mails: list[dict[str, Any]] = []
    broken: list[str] = []
    for epoch, direction in enumerate(("shutdown", "startup"), start=1):
        try:
            story = _play(cloud, stage, direction, epoch)
        except NeverHappened as missing:
            broken.append(str(missing))
            break
        rows = timeline.of_interest(timeline.rows(story), story.run, stage.key, stage.names)
        _show(story, rows, stage.names)
        told += rows
        mails += story.mails
        broken += verdict.broken(cloud, stage, story)
    (FOLDER / "timeline.json").write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    files = inbox.write(FOLDER / "mails", mails)
    _say(f"\nThe timeline is in {FOLDER / 'timeline.json'}.")
    _say(f"The {len(files)} mails are in {FOLDER / 'mails'}, each as a page and as text.")
    drawn = pictures.take(inbox.distinct(mails, files), FOLDER / "mails")
    looks = "on a phone and on a desktop, in light and in dark"
    _say(f"{len(drawn)} pictures show them there, {looks}." if drawn else pictures.MISSING)
    for rule in broken:
        print(f"BROKEN RULE: {rule}", file=sys.stderr)
    if not broken:
        _say("Every rule held: grace, order, ownership, end states and mails.")
    return 1 if broken else 0


def _play(cloud: Cloud, stage: scene.Scene, direction: str, epoch: int) -> Story:
    _say(f"\n{TITLES[direction]}")
    command = ["aws", "kms", CALLS[direction], "--key-id", stage.key]
    _say(f"   $ {' '.join(command)}\n")
    asked_at_s = cloud.at_s()
    subprocess.run(command, env=environment(cloud.endpoint), check=True)
    operation = {"shutdown": "DisableKey", "startup": "EnableKey"}[direction]
    # The story begins when the call arrives, not when the command line was typed.
    changed_at_s = next(c["at_s"] for c in cloud.calls(asked_at_s, mutating=True) if c["operation"] == operation)
    return stories.until_ended(cloud, stage.key, epoch, direction, changed_at_s)


def _show(story: Story, rows: list[dict[str, Any]], names: dict[str, str]) -> None:
    for line in timeline.lines(rows, names):
        _say(line)
    _say(f"\n   The run ended as {story.ending}.\n")
    shown: set[str] = set()
    for mail in story.mails:
        # Admins of one app get the same text; it is shown once.
        if mail["Subject"] not in shown:
            shown.add(mail["Subject"])
            _say("   | " + inbox.text(mail).rstrip().replace("\n", "\n   | ") + "\n")


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
