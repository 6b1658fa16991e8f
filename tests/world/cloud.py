"""A running cloud as its operator sees it: ordinary AWS clients, the control API and the virtual clock."""

import json
import os
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

ROOT = Path(__file__).parents[2]
DESCRIPTION = ROOT / "target" / "cloud.json"
REGION = "us-east-1"
ACCOUNT = "000000000000"
# Loopback must never go through a proxy that the machine may have.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
LOOKS_EVERY_REAL_S = 0.1
# What a line of a mail's text begins with that goes on with the line before.
WRAPPED = re.compile(r"(?<=\S)\n(?:! | {4}(?=\S)|(?=[^\s=]))")


class NeverHappened(AssertionError):
    """What was waited for did not come in time."""


def environment(endpoint: str) -> dict[str, str]:
    """An environment in which every AWS tool talks to this cloud and to nothing else."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_PAGER": "",
        "NO_PROXY": "127.0.0.1,localhost",
        "SAM_CLI_TELEMETRY": "0",
    }


class Cloud:
    """Talks to one cloud; `outputs` are those of the stack that is deployed there."""

    def __init__(self, endpoint: str, stack: str = "lockstep", outputs: dict[str, str] | None = None) -> None:
        self.endpoint = endpoint
        self.stack = stack
        self.outputs = outputs or {}
        self._clients: dict[tuple[str, str, str | None], Any] = {}
        self._lock = threading.Lock()

    @classmethod
    def described(cls, path: Path = DESCRIPTION) -> "Cloud":
        """The cloud that `make up` started."""
        description = json.loads(path.read_text())
        return cls(description["endpoint"], description["stack"], description["outputs"])

    def client(self, service: str, account: str = "test", session: str | None = None) -> Any:
        """An AWS client; one of another account than this cloud's own if its twelve digits are given.

        With the session of a role it has what the role may do, and leaves it to the cloud to look at parameters.
        """
        with self._lock:
            if (service, account, session) not in self._clients:
                self._clients[service, account, session] = boto3.client(
                    service,
                    endpoint_url=self.endpoint,
                    region_name=REGION,
                    aws_access_key_id=account,
                    aws_secret_access_key="test",
                    aws_session_token=session,
                    config=Config(
                        proxies={},
                        retries={"total_max_attempts": 1},
                        read_timeout=120,
                        parameter_validation=session is None,
                    ),
                )
            return self._clients[service, account, session]

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None, **query: Any) -> Any:
        url = f"{self.endpoint}/_cloud/{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
        data = None if method == "GET" else json.dumps(body or {}).encode()
        with DIRECT.open(urllib.request.Request(url, data, method=method), timeout=30) as answer:
            return json.load(answer)

    def is_up(self) -> bool:
        try:
            return self.ask("GET", "health")["status"] == "ok"
        except (OSError, ValueError):
            return False

    @cached_property
    def scale(self) -> float:
        return float(self.ask("GET", "clock")["scale"])

    def at_s(self) -> float:
        """Virtual seconds since the cloud started."""
        return self.ask("GET", "clock")["at_s"]

    def calls(
        self, since: float = 0, mutating: bool | None = None, about: Iterable[str] = (), operation: str | None = None
    ) -> list[dict[str, Any]]:
        """`about` keeps the calls that name any of these, as a resource, in their request or as their run."""
        query = {} if mutating is None else {"mutating": str(mutating).lower()}
        query |= {} if operation is None else {"operation": operation}
        return self.ask("GET", "calls", since=since, about=",".join(about), **query)

    def servers(self) -> dict[str, dict[str, Any]]:
        return {server["id"]: server for server in self.ask("GET", "servers")}

    def server(self, id: str) -> dict[str, Any]:
        return self.ask("GET", f"servers/{id}")

    def mails(self, about: str = "") -> list[dict[str, Any]]:
        """`about` keeps the mails whose address or text has it; `Unwrapped` is the text in whole paragraphs."""
        found = self.ask("GET", "mails", about=about)
        return [mail | {"Unwrapped": WRAPPED.sub(" ", mail.get("BodyText") or "")} for mail in found]

    def executions(self, about: str) -> list[dict[str, Any]]:
        """The executions whose name begins so, oldest first."""
        return self.ask("GET", "executions", about=about)

    def sleep(self, virtual_s: float) -> None:
        time.sleep(virtual_s / self.scale)

    def until(
        self, what: str, look: Callable[[], Any], within_s: float, every_real_s: float = LOOKS_EVERY_REAL_S
    ) -> Any:
        """Looks until there is something; `within_s` is virtual, and stretched for slow machines."""
        ends = time.monotonic() + max(within_s / self.scale, 5)
        while time.monotonic() < ends:
            if seen := look():
                return seen
            time.sleep(every_real_s)
        raise NeverHappened(f"{what}: not within {within_s:.0f} s of the cloud's time")

    def function(self, logical_id: str) -> str:
        """The name of a deployed function."""
        found = self.client("cloudformation").describe_stack_resource(
            StackName=self.stack, LogicalResourceId=logical_id
        )
        return found["StackResourceDetail"]["PhysicalResourceId"]
