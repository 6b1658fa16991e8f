"""A story: a key changes, a run does its work, and what was seen of it is kept."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from tests.world import keys, ledger
from tests.world.cloud import Cloud

MACHINES = {"shutdown": "ShutdownStateMachineArn", "startup": "StartupStateMachineArn"}
# Generous: the machine that runs the local cloud may be busy, and its delays count 60 times.
ENDS_WITHIN_S = 3 * 3600
STARTS_WITHIN_S = 1800
MAILS_WITHIN_S = 300
# Many stories may be waited for at once, and each look costs the cloud some of its time.
LOOKS_EVERY_REAL_S = 0.25


@dataclass
class Story:
    """What happened from the change of a key until its run had ended."""

    key: str
    direction: str
    run: str
    changed_at_s: float
    status: str
    output: dict[str, Any]
    record: dict[str, Any]
    calls: list[dict[str, Any]]
    mails: list[dict[str, Any]]

    @property
    def ending(self) -> str:
        return self.output.get("ending", f"no ending, execution {self.status}")

    @property
    def grace_ends_at_s(self) -> float:
        return self.at_s(self.record["grace_ends_at"])

    @property
    def noticed_at_s(self) -> float:
        return self.at_s(self.record["noticed_at"])

    def at_s(self, time: str) -> float:
        """An ISO time on the clock of the call log."""
        anchor = self.calls[0]
        return anchor["at_s"] + (_moment(time) - _moment(anchor["time"])).total_seconds()

    def mails_to(self, address: str) -> list[dict[str, Any]]:
        return [mail for mail in self.mails if address in mail["To"]]


def disable(cloud: Cloud, key: str) -> None:
    keys.kms_of(cloud, key).disable_key(KeyId=key)


def enable(cloud: Cloud, key: str) -> None:
    keys.kms_of(cloud, key).enable_key(KeyId=key)


# What brings about a run of each direction, in the order of a day.
CHANGES = {"shutdown": disable, "startup": enable}


def run_name(key: str, epoch: int, direction: str, attempt: int = 1) -> str:
    return f"{key.rsplit('/', 1)[-1]}-{epoch}-{direction}-{attempt}"


def execution(cloud: Cloud, run: str) -> dict[str, Any] | None:
    """The execution of a run, or nothing as long as it was not started."""
    machine = cloud.outputs[MACHINES["shutdown" if "-shutdown-" in run else "startup"]]
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{run}"
    try:
        return cloud.client("stepfunctions").describe_execution(executionArn=arn)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ExecutionDoesNotExist":
            return None
        raise


def until_started(cloud: Cloud, key: str, epoch: int, direction: str, attempt: int = 1) -> str:
    run = run_name(key, epoch, direction, attempt)
    cloud.until(f"run {run} starts", lambda: execution(cloud, run), STARTS_WITHIN_S, LOOKS_EVERY_REAL_S)
    return run


def until_ended(
    cloud: Cloud, key: str, epoch: int, direction: str, changed_at_s: float, attempt: int = 1, about: Iterable[str] = ()
) -> Story:
    """Waits for a run of an epoch and tells its story; `about` keeps the calls that name any of these."""
    run = until_started(cloud, key, epoch, direction, attempt)

    def ended() -> dict[str, Any] | None:
        found = execution(cloud, run)
        return found if found and found["status"] != "RUNNING" else None

    done = cloud.until(f"run {run} ends", ended, ENDS_WITHIN_S, LOOKS_EVERY_REAL_S)
    return Story(
        key=key,
        direction=direction,
        run=run,
        changed_at_s=changed_at_s,
        status=done["status"],
        output=json.loads(done.get("output") or "{}"),
        record=ledger.run(cloud, run) or {},
        calls=cloud.calls(since=changed_at_s, about=about),
        mails=[mail for mail in cloud.mails(run) if run in mail["Unwrapped"]],
    )


def play(cloud: Cloud, key: str, epoch: int, direction: str) -> Story:
    """Changes the key and waits for the run that follows."""
    changed_at_s = cloud.at_s()
    CHANGES[direction](cloud, key)
    return until_ended(cloud, key, epoch, direction, changed_at_s)


def runs_of(cloud: Cloud, key: str) -> list[str]:
    """The names of all runs that a key ever had."""
    wanted = key.rsplit("/", 1)[-1]
    names = []
    for output in MACHINES.values():
        pages = cloud.client("stepfunctions").get_paginator("list_executions")
        for page in pages.paginate(stateMachineArn=cloud.outputs[output]):
            names += [found["name"] for found in page["executions"] if found["name"].startswith(wanted)]
    return sorted(names)


def _moment(time: str) -> datetime:
    return datetime.fromisoformat(time.replace("Z", "+00:00"))
