"""A running cloud for the tests of the cloud itself, and short words to talk to it."""

import io
import json
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.world.keys import OWNER

ROOT = Path(__file__).parents[2]
SCALE = 120
ACCOUNT = "000000000000"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/any"

# A Lambda of the kind Lockstep deploys, a native `bootstrap`, that says what it sees or fails as it is told.
BOOTSTRAP = f"""#!{sys.executable}
import json, os, time, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
def post(url, body):
    urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode()))
while True:
    with urllib.request.urlopen(api + "next") as answer:
        event, request = json.load(answer), answer.headers["Lambda-Runtime-Aws-Request-Id"]
        deadline = int(answer.headers["Lambda-Runtime-Deadline-Ms"])
    if "fail_as" in event:
        post(api + request + "/error", {{"errorType": event["fail_as"], "errorMessage": "as told"}})
        continue
    if event.get("call"):
        call = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"], b"{{}}", {{
            "X-Amz-Target": event["call"], "Content-Type": "application/x-amz-json-1.1",
            "User-Agent": "app/" + os.environ["AWS_SDK_UA_APP_ID"]}})
        urllib.request.urlopen(call).read()
    now = time.time()
    post(api + request + "/response", {{"now": now, "left_s": deadline / 1000 - now, "event": event,
        "word": os.environ.get("WORD")}})
"""

COMMAND = {
    "schemaVersion": "2.2",
    "parameters": {
        "Verb": {"type": "String", "allowedValues": ["stop", "start", "look"]},
        "Units": {"type": "String", "allowedPattern": "^[a-z. -]+$"},
    },
    "mainSteps": [{"action": "aws:runShellScript", "name": "units", "inputs": {"timeoutSeconds": "300"}}],
}


class Cloud:
    def __init__(self, port: int) -> None:
        self.endpoint = f"http://127.0.0.1:{port}"

    def client(self, service: str, account: str = "test") -> Any:
        """In the tests' own account, or in another whose number is given."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=account,
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )

    def get(self, path: str) -> Any:
        return self.ask("GET", path)

    def ask(self, method: str, path: str, body: dict | None = None) -> Any:
        data = json.dumps(body or {}).encode() if method != "GET" else None
        request = urllib.request.Request(f"{self.endpoint}/_cloud/{path}", data, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def sleep(self, virtual_seconds: float) -> None:
        time.sleep(virtual_seconds / SCALE)

    def servers(self, count: int, key: str | None = None, units: str = "a.service b.service") -> list[str]:
        disk = {"VolumeSize": 8, **({"Encrypted": True, "KmsKeyId": key} if key else {})}
        answer = self.client("ec2").run_instances(
            ImageId="ami-12c6146b",
            MinCount=count,
            MaxCount=count,
            BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": disk}],
            TagSpecifications=[
                {"ResourceType": "instance", "Tags": [{"Key": "lockstep:services", "Value": units}]},
            ],
        )
        return [instance["InstanceId"] for instance in answer["Instances"]]

    def server(self, id: str) -> dict:
        return self.get(f"servers/{id}")

    def until(self, condition: Callable[[], Any], within_s: float = 10) -> Any:
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            if result := condition():
                return result
            time.sleep(0.02)
        raise AssertionError("it never came true")

    def run(self, definition: dict, input: dict | None = None, role: str = ROLE) -> dict:
        """A whole execution of a machine of that definition."""
        states = self.client("stepfunctions")
        machine = states.create_state_machine(
            name=f"machine-{time.monotonic_ns()}",
            definition=json.dumps({"QueryLanguage": "JSONata", **definition}),
            roleArn=role,
        )
        execution = states.start_execution(stateMachineArn=machine["stateMachineArn"], input=json.dumps(input or {}))
        arn = execution["executionArn"]
        ended = self.until(lambda: (d := states.describe_execution(executionArn=arn))["status"] != "RUNNING" and d)
        return {**ended, "output": json.loads(ended.get("output") or "null")}

    def calls(self, service: str, operation: str) -> list[dict]:
        return [c for c in self.get("calls") if (c["service"], c["operation"]) == (service, operation)]


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tests.cloud", "--port", str(port), "--scale", str(SCALE)]
    command += ["--state-dir", str(tmp_path_factory.mktemp("cloud"))]
    process = subprocess.Popen(command, cwd=ROOT)
    cloud = Cloud(port)
    try:
        cloud.until(lambda: answers(cloud), within_s=30)
        yield cloud
    finally:
        process.terminate()
        process.wait()


def answers(cloud: Cloud) -> bool:
    try:
        return cloud.get("health")["status"] == "ok"
    except OSError:
        return False


@pytest.fixture
def cloud(running: Cloud) -> Cloud:
    running.ask("POST", "reset")
    return running


@pytest.fixture
def key(cloud: Cloud) -> str:
    return cloud.client("kms").create_key()["KeyMetadata"]["Arn"]


@pytest.fixture(scope="session")
def function(running: Cloud) -> str:
    return make_function(running, "eyes", BOOTSTRAP)


def packed(program: str) -> bytes:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        bootstrap = zipfile.ZipInfo("bootstrap")
        bootstrap.external_attr = 0o755 << 16
        archive.writestr(bootstrap, program)
    return code.getvalue()


def make_function(cloud: Cloud, name: str, program: str) -> str:
    """Its ARN."""
    functions = cloud.client("lambda")
    created = functions.create_function(
        FunctionName=name, Runtime="provided.al2023", Handler="bootstrap", Role=ROLE, Timeout=30,
        Code={"ZipFile": packed(program)},
    )  # fmt: skip
    by_rules = {"StatementId": "rules", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"}
    functions.add_permission(FunctionName=name, **by_rules)
    return created["FunctionArn"]


@pytest.fixture
def queue(cloud: Cloud) -> tuple[str, str]:
    """Its URL and its ARN; rules may send to it."""
    sqs = cloud.client("sqs")
    by_rules = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:*", "Resource": "*"}
    policy = {"Policy": json.dumps({"Statement": [by_rules]})}
    url = sqs.create_queue(QueueName=f"queue-{time.monotonic_ns()}", Attributes=policy)["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


@contextmanager
def document(cloud: Cloud, name: str, content: dict[str, Any]) -> Iterator[str]:
    """A command document of Systems Manager, while it is needed."""
    ssm = cloud.client("ssm")
    ssm.create_document(Name=name, Content=json.dumps(content), DocumentType="Command")
    yield name
    ssm.delete_document(Name=name)


@pytest.fixture
def command_document(cloud: Cloud) -> Iterator[str]:
    with document(cloud, "Command", COMMAND) as name:
        yield name


@pytest.fixture
def told(cloud: Cloud) -> Iterator[Callable[[], dict[str, Any]]]:
    """What KMS says to the owner of keys: waits for the next event and gives it."""
    events, sqs = cloud.client("events", OWNER), cloud.client("sqs", OWNER)
    url = sqs.create_queue(QueueName="of-keys")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="keys", EventPattern=json.dumps({"source": ["aws.kms"]}))
    events.put_targets(Rule="keys", Targets=[{"Id": "queue", "Arn": arn}])

    def next_event() -> dict[str, Any]:
        [message] = cloud.until(lambda: sqs.receive_message(QueueUrl=url).get("Messages"))
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return json.loads(message["Body"])

    yield next_event
    events.remove_targets(Rule="keys", Ids=["queue"])
    events.delete_rule(Name="keys")
    sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def owner(cloud: Cloud) -> Any:
    """KMS of the account that owns keys for others."""
    return cloud.client("kms", OWNER)
