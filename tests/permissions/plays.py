"""What no play of tests/system does: the sweep at work, all that operators ask, a checkup, an event that fails."""

import json
from collections.abc import Callable

from tests.cli.conftest import Operator
from tests.rows import scene as scenes
from tests.world import fleet, ledger, roles, story
from tests.world.cloud import ACCOUNT, ROOT, Cloud
from tests.world.fleet import Fleet, Server
from tests.world.stack import SENDER

NEEDED = ROOT / "target" / "proof" / "needed-permissions.json"
HOUR_S = 3600


def all_of_them(cloud: Cloud) -> dict[str, set[str]]:
    needed: dict[str, set[str]] = {}
    before: set[str] = set()
    for name, play in PLAYS.items():
        play(cloud)
        now = {f"{owner}: {permission}" for owner, permission in roles.needed(cloud)}
        needed[name], before = now - before, now
    NEEDED.parent.mkdir(parents=True, exist_ok=True)
    NEEDED.write_text(json.dumps({name: sorted(found) for name, found in needed.items()}, indent=2) + "\n")
    return needed


def a_watched_server(cloud: Cloud) -> tuple[Fleet, Server]:
    made = Fleet(cloud, fleet.make_key(cloud))
    server = made.server("one", made.app("orders"), "db.service")
    fleet.until_ready(cloud, server)
    fleet.set_app(cloud, server.app, [made.admin("dba")])
    fleet.watch_key(cloud, made.key)
    return made, server


def a_day_without_events(cloud: Cloud) -> None:
    """What events would have told is found by the sweep, and so is that nobody can tell how the key stands."""
    made, _ = a_watched_server(cloud)
    cloud.ask("POST", "events", {"lose": 10, "key": made.key})
    story.disable(cloud, made.key)
    story.until_ended(cloud, made.key, 1, "shutdown", cloud.at_s())
    story.enable(cloud, made.key)
    story.until_ended(cloud, made.key, 2, "startup", cloud.at_s())
    cloud.ask("POST", "keys", {"arn": made.key, "state": "Unavailable"})
    key = made.key.rsplit("/", 1)[-1]
    cloud.until("it is told", lambda: cloud.executions(f"{key}-notice"), HOUR_S)
    cloud.ask("POST", "keys", {"arn": made.key, "state": "Enabled"})


def an_operator_asks_for_everything(cloud: Cloud) -> None:
    """A hold is released by hand while the key is off; then the key and the app go."""
    made, server = a_watched_server(cloud)
    story.disable(cloud, made.key)
    story.until_ended(cloud, made.key, 1, "shutdown", cloud.at_s())
    asked = {"key": made.key, "resource": server.id, "reason": "it is needed"}
    fleet.enrol(cloud, {"action": "pause_key", "key": made.key})
    fleet.enrol(cloud, {"action": "resume_key", "key": made.key})
    fleet.enrol(cloud, {"action": "release_hold", **asked})
    fleet.enrol(cloud, {"action": "unwatch_key", "key": made.key})
    fleet.enrol(cloud, {"action": "remove_app", "app": server.app})
    assert ledger.item(cloud, f"HOLD#{server.id}", "HOLD") is None


def a_checkup(cloud: Cloud) -> None:
    made = Fleet(cloud, fleet.make_key(cloud))
    trails = cloud.client("cloudtrail")
    trails.create_trail(Name="everything", S3BucketName="trail-logs", IsMultiRegionTrail=True)
    trails.start_logging(Name="everything")
    server = made.server("one", made.app("orders"), "db.service")
    fleet.until_ready(cloud, server)
    fleet.watch_key(cloud, made.key)
    # It asks for the address, and for its domain if the address is not verified by itself.
    for verified in ((), (SENDER,)):
        for name in verified:
            cloud.client("sesv2").create_email_identity(EmailIdentity=name)
        Operator(cloud).run("doctor")


def a_mail_that_is_throttled(cloud: Cloud) -> None:
    """The claim is given back, and the mail is sent by the next try. What is verified is the sender's address."""
    cloud.ask("POST", "faults", {"service": "ses", "operation": "SendEmail", "kind": "throttle"})
    made, _ = a_watched_server(cloud)
    story.disable(cloud, made.key)
    cloud.until("the admin is warned", lambda: cloud.mails(made.suffix), HOUR_S)
    story.enable(cloud, made.key)


def a_mail_that_is_given_up(cloud: Cloud) -> None:
    """Nobody can be warned until the grace is over; then the sweep takes the warning out of the outbox."""
    fault = cloud.ask(
        "POST", "faults", {"service": "ses", "operation": "SendEmail", "kind": "throttle", "times": 1_000}
    )
    made, _ = a_watched_server(cloud)
    story.disable(cloud, made.key)
    cloud.until("the warning is given up", lambda: is_needed(cloud, "SweepKeysFunction", "DeleteItem"), HOUR_S, 1)
    cloud.ask("DELETE", "faults", {"ids": [fault["id"]]})
    story.enable(cloud, made.key)


def is_needed(cloud: Cloud, owner: str, action: str) -> bool:
    return any(who == owner and f":{action} on" in permission for who, permission in roles.needed(cloud))


def two_keys_of_one_server(cloud: Cloud) -> None:
    """The second key joins a hold, and the first one leaves it."""
    other = fleet.make_key(cloud)
    made = Fleet(cloud, fleet.make_key(cloud))
    server = made.server("one", made.app("orders"), tags={"lockstep:key": other})
    fleet.until_ready(cloud, server)
    for key in (made.key, other):
        fleet.watch_key(cloud, key)
    story.disable(cloud, made.key)
    story.until_ended(cloud, made.key, 1, "shutdown", cloud.at_s())
    story.disable(cloud, other)
    held = lambda: (ledger.item(cloud, f"HOLD#{server.id}", "HOLD") or {}).get("keys", ())  # noqa: E731
    cloud.until("the second key joins", lambda: len(held()) == 2, HOUR_S)
    for key in (made.key, other):
        story.enable(cloud, key)
        story.until_ended(cloud, key, 2, "startup", cloud.at_s())


def a_key_that_is_paused_between_two_batches(cloud: Cloud) -> None:
    """The next batch is told that it may not act any more, and its run lets go for good."""
    scene = scenes.begin(cloud).begin()
    scene.change_units("one", takes_s=60)
    scene.disable()
    scene.until_called("SendCommand")
    scene.ask("pause_key")
    assert scene.ended("shutdown", 1).ending == "shutdown_superseded"
    scene.enable()
    scene.ask("resume_key")


def a_database_that_comes_up_while_its_key_is_paused(cloud: Cloud) -> None:
    """The look that sees it up may not let go of its hold any more, so its run does."""
    scene = scenes.begin(cloud).begin()
    scene.add_database("orders", start_takes_s=300)
    scene.shut_down()
    scene.enable()
    scene.until_called("StartDBInstance")
    scene.ask("pause_key")
    assert scene.ended("startup", 2).ending == "startup_superseded"
    scene.ask("resume_key")


def a_key_store_that_is_disconnected(cloud: Cloud) -> None:
    """Its event names no key, so all of the account are looked at."""
    text = (ROOT / "tests" / "fixtures" / "events" / "eventbridge-DisconnectCustomKeyStore.json").read_text()
    event = json.loads(text.replace("111122223333", ACCOUNT))
    fleet.invoke(cloud, cloud.outputs["ReceiveKeyEventFunctionName"], event)


def an_event_that_is_refused(cloud: Cloud) -> None:
    """Lambda tries it three times and hands it over to the queue."""
    function = cloud.outputs["ReceiveKeyEventFunctionName"]
    cloud.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=b'{"no": "event"}')
    url, sqs = cloud.outputs["KeyEventDeadLetterQueueUrl"], cloud.client("sqs")
    cloud.until("it is in the queue", lambda: sqs.receive_message(QueueUrl=url).get("Messages"), HOUR_S)


PLAYS: dict[str, Callable[[Cloud], None]] = {
    play.__name__: play
    for play in (
        a_day_without_events,
        an_operator_asks_for_everything,
        a_checkup,
        a_mail_that_is_throttled,
        a_mail_that_is_given_up,
        two_keys_of_one_server,
        a_key_that_is_paused_between_two_batches,
        a_database_that_comes_up_while_its_key_is_paused,
        a_key_store_that_is_disconnected,
        an_event_that_is_refused,
    )
}
