"""What the demo must have shown; every broken rule is named."""

import re
from collections.abc import Iterator
from typing import Any

from tests.demo.scene import ADMINS, Scene
from tests.world import resources, rules
from tests.world.cloud import Cloud
from tests.world.story import Story

# Subjects are told apart by their languages' own words; one of them must be in the subject.
EXPECTED_MAILS = {
    "shutdown": [
        ("grace_started", "shutdown ahead", "に停止します"),
        ("shutdown_complete", "shut down", "停止しました"),
    ],
    "startup": [("startup_complete", "started again", "再開しました")],
}
ENDINGS = {"shutdown": "shutdown_complete", "startup": "startup_complete"}
FINAL_STATES = {"shutdown": ("stopped", "inactive"), "startup": ("running", "active")}
# By what the control API calls its kind.
OTHERS = {
    "shutdown": {"databases": "stopped", "groups": "suspended", "services": "0 tasks"},
    "startup": {"databases": "available", "groups": "at work", "services": "2 tasks"},
}


def broken(cloud: Cloud, scene: Scene, story: Story) -> list[str]:
    """Must be asked right after the story, for it looks at the servers as they are now."""
    check = rules.broken_by_shutdown if story.direction == "shutdown" else rules.broken_by_startup
    return [
        *_ending(story),
        *check(story, scene.managed, scene.untouched),
        *_end_states(cloud, scene, story),
        *_mails(scene, story),
    ]


def _ending(story: Story) -> Iterator[str]:
    if story.ending != ENDINGS[story.direction]:
        yield f"the run ends as {ENDINGS[story.direction]}: it ended as {story.ending}, {story.output}"


def _end_states(cloud: Cloud, scene: Scene, story: Story) -> Iterator[str]:
    found = cloud.servers()
    state, unit_state = FINAL_STATES[story.direction]
    wanted = {server: state for server in scene.managed}
    wanted |= {scene.stopped_before: "stopped", scene.on_another_key: "running", scene.unmanaged: "running"}
    for server, expected in wanted.items():
        if found[server.id]["state"] != expected:
            yield f"end states: {server.name} is {found[server.id]['state']}, not {expected}"
    for server in scene.managed:
        for unit, seen in found[server.id]["units"].items():
            if seen != unit_state:
                yield f"end states: {server.name}/{unit} is {seen}, not {unit_state}"
    for resource in scene.resources:
        expected = OTHERS[story.direction][resource.kind]
        if (state := _state(resource.kind, resources.look_at(cloud, resource))) != expected:
            yield f"end states: {resource.name} is {state}, not {expected}"


def _state(kind: str, seen: dict[str, Any]) -> str:
    match kind:
        case "groups":
            return "suspended" if seen["suspended"] else "at work"
        case "services":
            return f"{seen['running']} tasks"
    return seen["state"]


def _mails(scene: Scene, story: Story) -> Iterator[str]:
    expected = EXPECTED_MAILS[story.direction]
    for app, admins in ADMINS.items():
        for admin in admins:
            subjects = [mail["Subject"] for mail in story.mails_to(admin)]
            if len(subjects) != len(expected):
                yield f"each admin gets exactly its mails: {admin} got {subjects}, not one each of {expected}"
                continue
            for subject, (occasion, *words) in zip(subjects, expected, strict=True):
                if not any(word in subject for word in words) or app not in subject:
                    yield f"each admin gets exactly its mails: {admin} got {subject!r}, not {occasion} of {app}"
    known = {admin for admins in ADMINS.values() for admin in admins}
    for mail in story.mails:
        if not known.issuperset(mail["To"]):
            yield f"each admin gets exactly its mails: {mail['To']} is no admin of the demo"
        if story.direction == "shutdown" and scene.unmanaged.id not in mail["Unwrapped"]:
            yield f"the unmanaged server is named in every mail: not in {mail['Subject']!r} to {mail['To']}"
        if parts := _differing(mail):
            yield f"both parts of a mail name the same servers: {mail['Subject']!r} has {parts} in one of them"
        if scene.on_another_key.id in mail["Unwrapped"]:
            yield f"a server on another key is nobody's business: {mail['Subject']!r} names it"


def _differing(mail: dict[str, Any]) -> set[str]:
    """The servers that only one part of a mail names."""
    return set(re.findall(r"\bi-[0-9a-f]+", mail["BodyText"])) ^ set(re.findall(r"\bi-[0-9a-f]+", mail["BodyHtml"]))
