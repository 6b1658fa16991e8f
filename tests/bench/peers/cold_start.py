"""Cold starts of `receive-key-event`: to its first decision beside Python and boto3, to ready beside a bare hello.

Both are started as Lambda starts them, in turns, at the same HTTPS endpoints; each decides on a key of its own.
"""

import contextlib
import json
import os
import statistics
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import certifi

from tests.bench.figure import Figure
from tests.bench.peers import runtime_api, tls
from tests.bench.peers.release import HELLO
from tests.bench.peers.runtime_api import Start
from tests.bench.peers.venv import PYTHON
from tests.world import fleet, stack
from tests.world.cloud import ACCOUNT, REGION, Cloud

ROUNDS = 20
# A start of milliseconds is easily disturbed, and soon tried again.
ROUNDS_OF_INIT = 60
MOST_OF_PYTHON, MOST_OF_HELLO = 0.2, 4.0
FUNCTION = "receive-key-event"
PEER = Path(__file__).parent / "python_function"
# Each has an address of its own in AWS, and with it a connection and a handshake of its own.
SERVICES = ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_KMS", "AWS_ENDPOINT_URL_SFN"]
NOTHING = {"StartAt": "Nothing", "States": {"Nothing": {"Type": "Pass", "End": True}}}


@dataclass(frozen=True)
class Place:
    """A quiet cloud in real time, and the environment of a function that is started by hand in it."""

    cloud: Cloud
    environment: dict[str, str]

    def event(self) -> dict[str, Any]:
        """The event of a watched key that was just disabled; nobody else has heard of it."""
        key = fleet.make_key(self.cloud)
        fleet.watch_key(self.cloud, key)
        self.cloud.client("kms").disable_key(KeyId=key)
        detail = {"eventSource": "kms.amazonaws.com", "eventName": "DisableKey", "responseElements": {"keyId": key}}
        return {"source": "aws.kms", "detail-type": "AWS API Call via CloudTrail", "account": ACCOUNT, "detail": detail}


@contextlib.contextmanager
def place(folder: Path) -> Iterator[Place]:
    cloud, process = stack.start_cloud(stack.free_port(), 1, folder / "cold-start")
    try:
        stack.deploy(cloud, SweepMinutes="60")
        cloud.ask("POST", "events", {"lose": 10_000})
        with tls.front(int(cloud.endpoint.rsplit(":", 1)[1]), SERVICES, folder) as (endpoints, authority):
            yield Place(cloud, _environment(cloud, endpoints, authority, folder))
    finally:
        stack.stop_cloud(process.pid)


def _environment(cloud: Cloud, endpoints: dict[str, str], authority: Path, folder: Path) -> dict[str, str]:
    """What Lambda sets, what the template sets, and where the services and the roots of trust are."""
    # The authority stands beside all that a machine trusts: reading those is a part of a start. As in Lambda, they are
    # one file; Debian has one more for each of them, and rustls would read them all.
    roots = folder / "roots.pem"
    roots.write_bytes(Path(certifi.where()).read_bytes() + authority.read_bytes())
    function = cloud.function("ReceiveKeyEventFunction")
    deployed = cloud.client("lambda").get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    machine = cloud.client("stepfunctions").create_state_machine(
        name="nothing", definition=json.dumps(NOTHING), roleArn=f"arn:aws:iam::{ACCOUNT}:role/nothing"
    )["stateMachineArn"]
    return {
        "PATH": os.environ["PATH"],
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SESSION_TOKEN": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_LAMBDA_FUNCTION_NAME": function,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_LOG_GROUP_NAME": "measured",
        "AWS_LAMBDA_LOG_STREAM_NAME": "measured",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        **deployed,
        **endpoints,
        **{name: machine for name in deployed if name.endswith("_STATE_MACHINE_ARN")},
        # The one is read by rustls, the other by botocore.
        "SSL_CERT_FILE": str(roots),
        "AWS_CA_BUNDLE": str(roots),
    }


def measure(programs: dict[str, Path], folder: Path) -> list[Figure]:
    with place(folder) as here:
        return [*_decision(here, programs[FUNCTION]), _init(here, programs[FUNCTION], programs[HELLO])]


def _decision(here: Place, program: Path) -> list[Figure]:
    python = here.environment | {
        "LAMBDA_TASK_ROOT": str(PEER),
        "_HANDLER": "receive_key_event.handler",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.12",
        # As in Lambda, the packages are compiled; the handler's own file is, too, from the second start on.
        "PYTHONPATH": str(PEER),
    }
    commands = {
        "ours": ([str(program)], here.environment),
        "peer": ([str(PYTHON), "-m", "awslambdaric", python["_HANDLER"]], python),
    }
    starts = _in_turns(here.event, commands, ROUNDS)
    for name, of_one in starts.items():
        wrong = [start.answer for start in of_one if start.answer.get("decision") != "run"]
        if wrong:
            raise runtime_api.Died(f"{name} decided something else than a run: {wrong[0]}")
    workload = f"{FUNCTION}: a fresh process until its answer, TLS and all first calls included, local endpoints"
    ours, peer = (statistics.median(start.answered_ms for start in starts[name]) for name in commands)
    figure = _beside("cold start to the first decision", workload, "ms", ours, peer, MOST_OF_PYTHON)
    ours, peer = (max(start.peak_mb for start in starts[name]) for name in commands)
    return [
        replace(it, peer_name=_peer_name()) for it in (figure, _beside("its peak memory", workload, "MB", ours, peer))
    ]


def _init(here: Place, program: Path, hello: Path) -> Figure:
    commands = {"ours": ([str(program)], here.environment), "peer": ([str(hello)], here.environment)}
    event = here.event()
    starts = _in_turns(lambda: event, commands, ROUNDS_OF_INIT)
    ours, peer = (statistics.median(start.asked_ms for start in starts[name]) for name in commands)
    workload = f"{FUNCTION}: a fresh process until it asks for its first event"
    return replace(
        _beside("init alone", workload, "ms", ours, peer, MOST_OF_HELLO), peer_name="a bare lambda_runtime hello"
    )


def _beside(name: str, workload: str, unit: str, ours: float, peer: float, most: float | None = None) -> Figure:
    """The budget, if there is one, is so much of the peer's."""
    budget = {"budget": round(peer * most, 1), "met": ours <= peer * most} if most else {}
    return Figure(name, workload, round(ours, 1), unit, round(peer, 1), ratio=round(ours / peer, 3), **budget)


def _in_turns(
    event: Callable[[], dict[str, Any]], commands: dict[str, tuple[list[str], dict[str, str]]], rounds: int
) -> dict[str, list[Start]]:
    starts: dict[str, list[Start]] = {name: [] for name in commands}
    # The first round is for the caches of the disk.
    for round_number in range(rounds + 1):
        for name, (command, environment) in commands.items():
            start = runtime_api.start(command, environment, event())
            if round_number:
                starts[name].append(start)
    return starts


def _peer_name() -> str:
    say = "import platform, boto3; print('Python', platform.python_version(), '+ boto3', boto3.__version__)"
    return subprocess.run([PYTHON, "-c", say], capture_output=True, text=True, check=True).stdout.strip()
