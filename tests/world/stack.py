"""Starts a local cloud and puts the built stack into it, by the tools a user has: `sam deploy` and nothing else."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.world.cloud import ACCOUNT, DESCRIPTION, REGION, ROOT, Cloud, environment

BUILT = ROOT / "target" / "sam" / "local" / "template.yaml"
STACK = "lockstep"
BUCKET = "lockstep-artifacts"
OPERATOR = "operator@example.com"
SENDER = "lockstep@example.com"
PARAMETERS = {
    "GracePeriodMinutes": "10",
    "SenderAddress": SENDER,
    "OperatorAddress": OPERATOR,
    "Architecture": "x86_64",
}
STARTS_WITHIN_REAL_S = 60


class Failed(RuntimeError):
    """The cloud or the stack did not come up; the message says where to look."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_cloud(port: int, scale: float, folder: Path) -> tuple[Cloud, subprocess.Popen]:
    """Starts a cloud of its own process group and waits until it answers; its log and state are in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "cloud.log"
    command = [sys.executable, "-m", "tests.cloud", "--port", str(port), "--scale", str(scale)]
    command += ["--state-dir", str(folder / "state")]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out, stdin=subprocess.DEVNULL, process_group=0)
    cloud = Cloud(f"http://127.0.0.1:{port}", STACK)
    ends = time.monotonic() + STARTS_WITHIN_REAL_S
    while not cloud.is_up():
        if process.poll() is not None or time.monotonic() > ends:
            stop_cloud(process.pid)
            raise Failed(f"the local cloud did not start; the end of {log}:\n{log.read_text()[-3000:]}")
        time.sleep(0.1)
    return cloud, process


def stop_cloud(pid: int) -> None:
    """Ends the process group of a cloud: its Lambdas end with it."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(pid, sign)
        except ProcessLookupError:
            return
        ends = time.monotonic() + 5
        while time.monotonic() < ends and _group_lives(pid):
            time.sleep(0.05)


def _group_lives(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    return True


def deploy(cloud: Cloud, built: Path = BUILT, **parameters: str) -> Cloud:
    """`sam deploy` of what `sam build` made of the unchanged template; `parameters` differ from the usual ones."""
    if not built.exists():
        raise Failed(f"{built} is not there; run: make build")
    _make_bucket(cloud)
    cloud.outputs = deploy_template(cloud, built, STACK, ACCOUNT, "--s3-bucket", BUCKET, **(PARAMETERS | parameters))
    return cloud


def switch_sweep(cloud: Cloud, on: bool) -> None:
    """The sweep is the one thing of the stack that comes by the clock."""
    events = cloud.client("events")
    [rule] = [rule["Name"] for rule in events.list_rules()["Rules"] if rule.get("ScheduleExpression")]
    (events.enable_rule if on else events.disable_rule)(Name=rule)


def deploy_template(
    cloud: Cloud, template: Path, name: str, account: str, *more: str, **parameters: str
) -> dict[str, str]:
    """`sam deploy` of a template as a stack of an account; the stack's outputs."""
    overrides = [f"{name}={value}" for name, value in parameters.items()]
    options = ["--template-file", str(template), *more, "--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset"]
    options += ["--no-fail-on-empty-changeset", "--no-progressbar", "--parameter-overrides", *overrides]
    done = sam(cloud, account, "deploy", name, *options)
    if done.returncode:
        raise Failed(f"sam deploy failed:\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}")
    stack = cloud.client("cloudformation", account).describe_stacks(StackName=name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def sam(cloud: Cloud, account: str, command: str, name: str, *options: str) -> subprocess.CompletedProcess[str]:
    """`sam deploy` or `sam delete` of a stack, and what it said."""
    told = environment(cloud.endpoint) | {"AWS_ACCESS_KEY_ID": account}
    asked = ["sam", command, "--stack-name", name, "--region", REGION, *options]
    try:
        return subprocess.run(asked, cwd=ROOT, env=told, capture_output=True, text=True)
    except FileNotFoundError as missing:
        raise Failed("`sam` is not on the PATH; run this through make, which installs it") from missing


def _make_bucket(cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    if BUCKET not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=BUCKET)


def describe(cloud: Cloud, path: Path = DESCRIPTION) -> None:
    """Writes what other programs need to find this cloud."""
    description = {
        "endpoint": cloud.endpoint,
        "region": REGION,
        "account": ACCOUNT,
        "stack": cloud.stack,
        "outputs": cloud.outputs,
    }
    path.write_text(json.dumps(description, indent=2) + "\n")
