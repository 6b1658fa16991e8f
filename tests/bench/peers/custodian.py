"""Cloud Custodian against the local cloud, with the policies that its documentation leads a user to."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.bench.peers.venv import CUSTODIAN
from tests.world.cloud import REGION, Cloud, environment

# https://cloudcustodian.io/docs/aws/resources/ec2.html: the filter `ebs`, and the actions `stop` and `start`.
STATES = {"stop": "running", "start": "stopped"}


@dataclass(frozen=True)
class Run:
    """One run of Custodian, and the last that it said."""

    succeeded: bool
    said: str


def run(cloud: Cloud, action: str, key: str, folder: Path) -> Run:
    """Stops the running servers whose volumes the key encrypts, or starts the stopped ones."""
    volume = {"type": "ebs", "key": "KmsKeyId", "value": key}
    filters = [{"State.Name": STATES[action]}, volume]
    policy = {"name": f"{action}-servers-of-key", "resource": "aws.ec2", "filters": filters, "actions": [action]}
    page = folder / f"{action}.json"
    page.write_text(json.dumps({"policies": [policy]}, indent=2))
    # What it remembers of the servers for a quarter of an hour would be wrong for the next run.
    command = [CUSTODIAN, "run", "--cache-period", "0", "--region", REGION, "--output-dir", folder / "out", page]
    done = subprocess.run(command, cwd=folder, env=environment(cloud.endpoint), capture_output=True, text=True)
    return Run(done.returncode == 0, (done.stdout + done.stderr).strip().rsplit("\n", 1)[-1])
