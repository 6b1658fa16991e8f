"""Every fault that an alarm is for, each on a key of its own; none of them asks an alarm anything but to fire."""

import json
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import Any

from tests.operators.operator import Operator
from tests.rows import scene as scenes
from tests.rows.scene import Scene
from tests.world import ledger, stack

# The id of a person who must not be found in any log.
SECRET = "who-must-not-be-named"
HOSTILE = "db\r\nBcc: thief@example.com\u202e <script>"


def begin(operator: Operator, **servers: dict[str, Any]) -> Scene:
    return scenes.begin(operator.cloud).begin(**servers)


def alias_of(scene: Scene) -> str:
    return f"alias/data-{scene.fleet.suffix}"


def a_story(operator: Operator) -> Scene:
    """A shutdown and a startup as they should be, of a server whose name is hostile, on a key with an alias."""
    scene = scenes.begin(operator.cloud)
    operator.cloud.client("kms").create_alias(AliasName=alias_of(scene), TargetKeyId=scene.key)
    scene.begin(one={"tags": {"Name": HOSTILE}}, plain={"app": "billing"})
    scene.shut_down()
    scene.start_up()
    return scene


def a_cancelled_shutdown(operator: Operator) -> Scene:
    scene = begin(operator)
    scene.disable()
    scene.until_warned()
    scene.enable()
    scene.ended("startup", 2)
    return scene


def a_run_that_breaks_off(operator: Operator) -> Scene:
    scene = begin(operator)
    scene.disable()
    scene.until_warned()
    scene.kill("shutdown", 1)
    operator.until_alarm("FailedRunAlarm")
    scene.ended("shutdown", 1, attempt=2)
    return scene


def a_stop_that_is_denied(operator: Operator) -> Scene:
    """Its run ends incomplete, too."""
    scene = begin(operator)
    denied = scene.fault("ec2", "StopInstances", "deny", match=scene.id(), times=100)
    scene.shut_down()
    assert denied.fired
    operator.until_alarm("AccessDeniedAlarm")
    operator.until_alarm("IncompleteRunAlarm")
    scene.faults_off()
    return scene


def a_search_that_is_denied(operator: Operator) -> Scene:
    """Nothing is stopped without the whole list; the log says what AWS said."""
    scene = begin(operator)
    denied = scene.fault_at("shutdown: Find the encrypted volumes", "deny", times=100)
    scene.shut_down()
    assert denied.fired and scene.state()["state"] == "running"
    scene.faults_off()
    return scene


def a_slow_service(operator: Operator) -> Scene:
    """A database is down after 12 minutes, and the budget is 10."""
    scene = scenes.begin(operator.cloud)
    scene.add_database("slow", stop_takes_s=720)
    scene.begin()
    scene.shut_down()
    operator.until_alarm("BudgetAlarm")
    return scene


def a_refused_mail(operator: Operator) -> Scene:
    scene = begin(operator)
    said = f"Email address is not verified. These failed the check: {scene.admin()}"
    # Its recipients alone: the mail to the operator names the address, too.
    to = f"['{scene.admin()}']"
    refused = scene.fault("ses", "SendEmail", "error", match=to, code="MessageRejected", message=said)
    scene.disable()
    scene.until_fired(refused)
    operator.until_alarm("RefusedMailAlarm")
    scene.faults_off()
    return scene


def a_run_that_is_stuck(operator: Operator) -> Scene:
    """Three hours would be three minutes here, so the ledger says that it began four hours ago."""
    scene = begin(operator)
    scene.change("one", stop_takes_s=1_500)
    scene.disable()
    scene.until_called("StopInstances", "one")
    long_ago = datetime.fromisoformat(scene.record()["noticed_at"]) - timedelta(hours=4)
    times = dict.fromkeys(("noticed_at", "grace_ends_at", "tried_at"), long_ago.isoformat().replace("+00:00", "Z"))
    ledger.put(operator.cloud, f"KEY#{scene.key}", "KEY", scene.record() | times)
    run = scene.run("shutdown", 1)
    ledger.put(operator.cloud, f"RUN#{run['run']}", "RUN", run | {"starts_from": times["tried_at"]})
    operator.until_alarm("StuckRunAlarm")
    return scene


def a_key_that_is_denied(operator: Operator) -> Scene:
    scene = begin(operator)
    denied = scene.fault("kms", "DescribeKey", "deny", times=1_000)
    scene.until_fired(denied)
    operator.until_alarm("UnknownKeyAlarm")
    scene.faults_off()
    return scene


def an_event_that_is_refused(operator: Operator) -> str:
    """The URL of the queue with the dead letter; the event has what no log may have."""
    event = {"detail-type": "AWS API Call via CloudTrail", "detail": {"userIdentity": {"arn": SECRET}}}
    function = operator.cloud.outputs["ReceiveKeyEventFunctionName"]
    operator.cloud.client("lambda").invoke(
        FunctionName=function, InvocationType="Event", Payload=json.dumps(event).encode()
    )
    operator.until_alarm("DeadLetterAlarm")
    url = operator.cloud.outputs["KeyEventDeadLetterQueueUrl"]
    operator.cloud.client("sqs").purge_queue(QueueUrl=url)
    return url


FAULTS = {
    play.__name__: play
    for play in (
        a_story, a_cancelled_shutdown, a_run_that_breaks_off, a_stop_that_is_denied, a_search_that_is_denied,
        a_slow_service, a_refused_mail, a_run_that_is_stuck, a_key_that_is_denied, an_event_that_is_refused,
    )
}  # fmt: skip


def no_sweep(operator: Operator, others: list[Future]) -> None:
    for other in others:
        other.exception()
    stack.switch_sweep(operator.cloud, on=False)
    operator.until_alarm("SweepAlarm")
    stack.switch_sweep(operator.cloud, on=True)
