"""What must never happen, checked on the whole history of a scene: each function names what is broken."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any

from tests.rows.scene import ACTS, Scene, by_lockstep
from tests.world import ledger
from tests.world.rules import stops

# All that Lockstep may ever change.
VERBS = {
    ("dynamodb", "PutItem"), ("dynamodb", "UpdateItem"), ("dynamodb", "DeleteItem"), ("dynamodb", "BatchWriteItem"),
    ("dynamodb", "TransactWriteItems"), ("states", "StartExecution"), ("lambda", "Invoke"), ("events", "PutEvents"),
    ("ses", "SendEmail"), *ACTS,
}  # fmt: skip
# Five seconds in AWS; here the clock runs sixty times as fast and the machine does not.
LOOK_HOLDS_S = 5 + 4 * 60
STATUS_CHECKS_TAKE_S = 60
# All that these calls may say: anything else would change what an owner has set.
ASKS_FOR = {
    "UpdateService": {"cluster", "service", "desiredCount"},
    "RegisterScalableTarget": {"ServiceNamespace", "ResourceId", "ScalableDimension", "SuspendedState"},
}

Call = dict[str, Any]


def broken(scene: Scene) -> list[str]:
    calls = scene.calls()
    acts = [c for c in calls if (c["service"], c["operation"]) in ACTS and by_lockstep(c)]
    return [
        *only_allowed_verbs(calls),
        *nothing_else_is_asked_for(acts),
        *grace_is_waited_out(scene, acts),
        *([] if scene.reads_are_stale else every_act_follows_a_fresh_look(scene, calls, acts)),
        *only_what_we_stopped_is_started(scene, calls),
        *units_stop_before_their_server(scene, calls),
        *units_start_after_the_checks(scene, calls),
        *one_execution_at_a_time(scene),
        *each_mail_once(scene),
    ]


def only_allowed_verbs(calls: list[Call]) -> Iterator[str]:
    for call in calls:
        verb = (call["service"], call["operation"])
        if call["mutating"] and by_lockstep(call) and (verb not in VERBS or "Force" in call["request"]):
            yield f"S13: {':'.join(verb)} is none of the verbs of Lockstep"


def nothing_else_is_asked_for(acts: list[Call]) -> Iterator[str]:
    for call in acts:
        known = ASKS_FOR.get(call["operation"])
        if known and (more := call["request"].keys() - known):
            yield f"S13: {call['operation']} asks for {', '.join(sorted(more))}, too"


def grace_is_waited_out(scene: Scene, acts: list[Call]) -> Iterator[str]:
    """By the record of the run in whose name the call was made."""
    for call in filter(stops, acts):
        run = ledger.run(scene.cloud, call["step"]["run"])
        if run is None:
            yield f"S1: {call['operation']} at {call['at_s']:.0f} s belongs to no run"
        elif moment(call["time"]) < moment(run["grace_ends_at"]):
            yield f"S1: {call['operation']} of {run['run']} came before {run['grace_ends_at']}"


def every_act_follows_a_fresh_look(scene: Scene, calls: list[Call], acts: list[Call]) -> Iterator[str]:
    """S2, S3 and S4: a look at the key right before, and what it saw is the reason for the act."""
    for call in acts:
        key = next((k for k in scene.keys if k.rsplit("/", 1)[-1] in call["step"]["run"]), scene.key)
        looks = [
            c for c in calls
            if c["operation"] == "DescribeKey" and c["outcome"] == "ok" and by_lockstep(c) and key in c["resources"]
            and 0 <= call["at_s"] - c["at_s"] <= LOOK_HOLDS_S * scene.slowness
        ]  # fmt: skip
        if not any(is_off(calls, key, look["at_s"]) == stops(call) for look in looks):
            yield f"S2: no look at the key allowed {call['operation']} at {call['at_s']:.0f} s"


def only_what_we_stopped_is_started(scene: Scene, calls: list[Call]) -> Iterator[str]:
    ours: set[str] = set()
    for call in calls:
        if (call["service"], call["operation"]) not in ACTS or call["service"] == "ssm" or not by_lockstep(call):
            continue
        named = set(call["resources"])
        if stops(call) and call["outcome"].endswith("ok"):
            ours |= named
        elif not stops(call) and named - ours:
            yield f"S7: {named - ours} was started and never stopped by us"


def units_stop_before_their_server(scene: Scene, calls: list[Call]) -> Iterator[str]:
    for server in scene.servers.values():
        down_since = None
        for call in about(calls, server.id):
            if call["operation"] == "StopInstances" and call["outcome"] == "ok" and by_lockstep(call):
                down_since = call["at_s"]
            elif call["operation"] == "StartInstances":
                down_since = None
            elif call["service"] == "systemd" and commanded(call, "stop") and down_since is not None:
                yield f"S5: {call['resources']} was stopped at {call['at_s']:.0f} s, its server at {down_since:.0f} s"


def units_start_after_the_checks(scene: Scene, calls: list[Call]) -> Iterator[str]:
    for server in scene.servers.values():
        runs_since = None
        for call in about(calls, server.id):
            if call["operation"] == "StateChange" and call["outcome"] == "running":
                runs_since = call["at_s"]
            elif commanded(call, "start") and runs_since and call["at_s"] < runs_since + STATUS_CHECKS_TAKE_S:
                yield f"S9: {call['resources']} was started {call['at_s'] - runs_since:.0f} s after its server"


def one_execution_at_a_time(scene: Scene) -> Iterator[str]:
    """S10: of one epoch, the next attempt begins when the one before is over."""
    epoch = lambda run: run["name"].rsplit("-", 1)[0]  # noqa: E731
    for name, attempts in groupby(sorted(scene.runs(), key=lambda run: (epoch(run), str(run["startDate"]))), epoch):
        attempts = list(attempts)
        for before, after in pairwise(attempts):
            # What has its ending written may still mail: mails keep nothing waiting.
            ended = (ledger.run(scene.cloud, before["name"]) or {}).get("ended_at")
            over = min(filter(None, (before["stopDate"], ended)), default=None, key=moment)
            if over is None or moment(over) > moment(after["startDate"]):
                yield f"S10: two attempts of {name} ran at the same time"


def each_mail_once(scene: Scene) -> Iterator[str]:
    sent = Counter((mail["Headers"]["X-Lockstep-Mail"], *mail["To"], mail["Subject"]) for mail in scene.mails())
    for mail, copies in sent.items():
        if copies > scene.copies_of_a_mail:
            yield f"S19: {mail} was sent {copies} times"


def commanded(call: Call, verb: str) -> bool:
    return call["service"] == "systemd" and call["operation"] == verb and "cause" not in call["request"]


def is_off(calls: list[Call], key: str, at_s: float) -> bool:
    """What the key really was, by the calls of its owner. A change and a look at one moment may be either."""
    changes = {"DisableKey": True, "ScheduleKeyDeletion": True, "EnableKey": False, "CancelKeyDeletion": True}
    past = [c for c in calls if c["operation"] in changes and c["at_s"] <= at_s and key in c["resources"]]
    return changes[past[-1]["operation"]] if past else False


def about(calls: Iterable[Call], id: str) -> Iterator[Call]:
    return (call for call in calls if any(named.split("/")[0] == id for named in call["resources"]))


def moment(time: str) -> datetime:
    return datetime.fromisoformat(time.replace("Z", "+00:00"))
