"""The units document of the template, and two servers that carry it out: a folder, and one of the local cloud."""

import os
import re
import subprocess
from pathlib import Path

import yaml

from tests.cloud.conftest import Cloud

ROOT = Path(__file__).parents[2]
NOTES = "/run/lockstep"
UNITS = "a.service b.service c.service"
# Keeps the state of each unit in a file of its own. What is named in `broken` fails when it is started, in `dies`
# right after it was started, and what is named in `jammed` does not stop.
SYSTEMCTL = """#!/bin/sh
cd "$STATES" || exit 9
verb=$1
for unit; do :; done
echo "$verb $unit" >> asked
case "$verb" in
  show) if [ -f "$unit" ]; then echo loaded; else echo not-found; fi ;;
  is-active) cat "$unit"; [ "$(cat "$unit")" = active ] ;;
  stop) if grep -qx "$unit" jammed; then exit 1; else echo inactive > "$unit"; fi ;;
  start)
    echo active > "$unit"
    if grep -qx "$unit" dies; then echo failed > "$unit"; fi
    if grep -qx "$unit" broken; then echo failed > "$unit"; exit 1; fi ;;
esac
"""


class Loader(yaml.SafeLoader):
    """Reads a template; what the functions of CloudFormation would give is not needed."""


Loader.add_multi_constructor("!", lambda loader, suffix, node: suffix)
TEMPLATE = yaml.load((ROOT / "template.yaml").read_text(), Loader)
DOCUMENT = TEMPLATE["Resources"]["UnitsDocument"]["Properties"]["Content"]
[STEP] = DOCUMENT["mainSteps"]
SCRIPT = "\n".join(STEP["inputs"]["runCommand"])


class Machine:
    """A server in a folder: the script of the document in a real shell, with a `systemctl` of our own."""

    def __init__(self, folder: Path, shell: str) -> None:
        self.states, self.notes, self.shell = folder / "states", folder / "notes", shell
        for part in (self.states, folder / "bin"):
            part.mkdir()
        (folder / "bin" / "systemctl").write_text(SYSTEMCTL)
        (folder / "bin" / "systemctl").chmod(0o755)
        self.environment = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "STATES": str(self.states)}
        for fault in ("broken", "dies", "jammed"):
            self.mark(fault)
        for unit in UNITS.split():
            self.put(unit, "active")

    def put(self, unit: str, state: str) -> None:
        (self.states / unit).write_text(f"{state}\n")

    def mark(self, fault: str, *units: str) -> None:
        """Gives these units the fault, and takes it from all others."""
        (self.states / fault).write_text("".join(f"{unit}\n" for unit in units))

    def ask(self, verb: str, units: str) -> tuple[str, int]:
        """What it prints, and its exit status."""
        assert SCRIPT.count(NOTES) == 1
        text = re.sub(r"\{\{ *Verb *\}\}", verb, SCRIPT.replace(NOTES, str(self.notes)))
        text = re.sub(r"\{\{ *Units *\}\}", units, text)
        (self.states / "asked").write_text("")
        command = [self.shell, "-c", text]
        ran = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        assert not ran.stderr, ran.stderr
        return ran.stdout, ran.returncode

    def was_asked_to(self, verb: str) -> list[str]:
        asked = (self.states / "asked").read_text().splitlines()
        return [line.split()[1] for line in asked if line.split()[0] == verb]


class Simulated:
    """The same server in the local cloud."""

    def __init__(self, cloud: Cloud, document: str) -> None:
        self.cloud, self.document = cloud, document
        [self.id] = cloud.servers(1, units=UNITS)
        cloud.until(lambda: cloud.server(self.id)["agent"] == "online")

    def put(self, unit: str, state: str) -> None:
        self.cloud.ask("PATCH", f"servers/{self.id}", {"units": {unit: {"state": state}}})

    def mark(self, fault: str, *units: str) -> None:
        setting = {"broken": "fails_start", "dies": "fails_start", "jammed": "refuses_stop"}[fault]
        settings = {unit: {setting: unit in units} for unit in UNITS.split()}
        self.cloud.ask("PATCH", f"servers/{self.id}", {"units": settings})

    def ask(self, verb: str, units: str) -> tuple[str, int]:
        ssm, parameters = self.cloud.client("ssm"), {"Verb": [verb], "Units": [units]}
        sent = ssm.send_command(DocumentName=self.document, InstanceIds=[self.id], Parameters=parameters)
        about = {"CommandId": sent["Command"]["CommandId"], "InstanceId": self.id}

        def ended() -> dict | None:
            seen = ssm.get_command_invocation(**about)
            return seen if seen["Status"] not in ("Pending", "InProgress") else None

        seen = self.cloud.until(ended)
        return seen["StandardOutputContent"], seen["ResponseCode"]
