"""Plays of keys that are another account's, and of every way in which a key is lost and regained."""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.system.plays import UNITS, Play, begin, disable, shut_down, start_up, states, until_warned
from tests.world import fleet, keys, story
from tests.world.cloud import ACCOUNT, Cloud
from tests.world.notice import notice

HOUR_S = 3600
# Longer than the grace and all that follows it.
NOTHING_HAPPENS_FOR_S = 1500

Change = Callable[[], Any]


def customer_key(cloud: Cloud) -> str:
    return keys.make_customer_key(cloud, f"orders-{uuid.uuid4().hex[:6]}")


def a_customers_key(cloud: Cloud) -> Play:
    """The story that users start with: the customer makes a key and switches it; the provider runs databases on it."""
    play = begin(cloud, {"one": {"units": UNITS}}, customer_key(cloud))
    play.resources["orders"] = play.fleet.database("orders", play.fleet.app("orders"))
    shut_down(play)
    start_up(play)
    return play


def forged_events(cloud: Cloud) -> Play:
    """What others say of a watched key, while it is on."""
    play = begin(cloud, {"one": {}}, customer_key(cloud))
    own = fleet.make_key(cloud)
    fleet.watch_key(cloud, own)
    began_s, bus = cloud.at_s(), cloud.outputs["KeyOwnerBusArn"]

    def forge(account: str, key: str, **fields: Any) -> str:
        event = {**notice(key), "account": account, **fields}
        return cloud.ask("POST", "forged-events", {"bus": bus, "account": account, "event": event})["outcome"]

    play.states_up = {
        "a third account": forge(keys.STRANGER, play.fleet.key),
        "another source": forge(keys.OWNER, play.fleet.key, source="lockstep"),
        "of a key of ours": forge(keys.OWNER, own),
        "of its own key": forge(keys.OWNER, play.fleet.key),
    }
    foreign = {**notice(own), "account": keys.OWNER}
    answer = fleet.invoke(cloud, cloud.outputs["ReceiveKeyEventFunctionName"], foreign)
    cloud.sleep(NOTHING_HAPPENS_FOR_S)
    calls = cloud.calls(since=began_s, about=[own, play.fleet.key, play.servers["one"].id])
    play.states_down = {"calls": calls, "answer": answer}
    return play


def imported(cloud: Cloud, valid_to: datetime | None = None) -> str:
    key = keys.make_imported_key(cloud)
    keys.import_material(cloud.client("kms"), key, valid_to)
    return key


def material_is_deleted(cloud: Cloud) -> tuple[str, Change, Change]:
    key, kms = imported(cloud), cloud.client("kms")
    return key, lambda: kms.delete_imported_key_material(KeyId=key), lambda: keys.import_material(kms, key)


def material_expires(cloud: Cloud) -> tuple[str, Change, Change]:
    """Its validity is given anew, so that it ends in two minutes."""
    key, kms = imported(cloud), cloud.client("kms")

    def expire() -> None:
        now = datetime.fromisoformat(cloud.ask("GET", "clock")["now"]).astimezone(UTC)
        keys.import_material(kms, key, now + timedelta(seconds=120))

    return key, expire, lambda: keys.import_material(kms, key)


def key_store_is_disconnected(cloud: Cloud) -> tuple[str, Change, Change]:
    """A customer's, whose events make Lockstep look at all keys of that account and of no other."""
    lent, kms, name = customer_key(cloud), cloud.client("kms", keys.OWNER), f"store-{uuid.uuid4().hex[:6]}"
    store = kms.create_custom_key_store(
        CustomKeyStoreName=name,
        CloudHsmClusterId=f"cluster-{uuid.uuid4().hex[:11]}",
        TrustAnchorCertificate="certificate",
        KeyStorePassword="password",
    )["CustomKeyStoreId"]

    def connect() -> None:
        kms.connect_custom_key_store(CustomKeyStoreId=store)
        cloud.until("the key store is connected", is_connected, HOUR_S)

    def is_connected() -> bool:
        [found] = kms.describe_custom_key_stores(CustomKeyStoreName=name)["CustomKeyStores"]
        return found["ConnectionState"] == "CONNECTED"

    def regain() -> None:
        """Connecting takes longer than its event; the sweep would find it, which is off here."""
        connect()
        fleet.invoke(cloud, cloud.outputs["ReceiveKeyEventFunctionName"], told_by_its_owner(key))

    connect()
    policy = kms.get_key_policy(KeyId=lent, PolicyName="default")["Policy"]
    made = kms.create_key(Origin="AWS_CLOUDHSM", CustomKeyStoreId=store, Policy=policy)
    key = made["KeyMetadata"]["Arn"]
    return key, lambda: kms.disconnect_custom_key_store(CustomKeyStoreId=store), regain


def told_by_its_owner(key: str) -> dict[str, Any]:
    return {**notice(key, "EnableKey"), "account": key.split(":")[4]}


def policy_is_taken_away(cloud: Cloud) -> tuple[str, Change, Change]:
    key = customer_key(cloud)
    kms = keys.kms_of(cloud, key)
    policy = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    own = policy.replace(f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:iam::{keys.OWNER}:root")
    put = lambda text: kms.put_key_policy(KeyId=key, PolicyName="default", Policy=text)  # noqa: E731
    assert own != policy
    return key, lambda: put(own), lambda: put(policy)


def key_is_updating(cloud: Cloud) -> tuple[str, Change, Change]:
    """A state in between, such as `Creating`; no event tells of it, so one that is invented makes Lockstep look."""
    key = fleet.make_key(cloud)

    def put_into(state: str) -> None:
        cloud.ask("POST", "keys", {"arn": key, "state": state})
        fleet.invoke(cloud, cloud.outputs["ReceiveKeyEventFunctionName"], told_by_its_owner(key))

    return key, lambda: put_into("Updating"), lambda: put_into("Enabled")


def key_is_deleted(cloud: Cloud) -> tuple[str, Change, None]:
    """It is gone for good: its waiting period has passed while nobody looked."""
    key = fleet.make_key(cloud)

    def delete() -> None:
        cloud.ask("POST", "events", {"lose": 1, "key": key})
        cloud.client("kms").schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        cloud.ask("PATCH", f"keys/{key}", {"deletion_after_s": 30})

    return key, delete, None


# How a key is lost so that nobody can tell whether it is on, what the operator reads of it, and what is to be done.
UNKNOWN: dict[str, tuple[Callable[[Cloud], tuple[str, Change, Change | None]], str, str]] = {
    "imported material is deleted": (material_is_deleted, "PendingImport", "imports its key material"),
    "imported material expires": (material_expires, "PendingImport", "imports its key material"),
    "its key store is disconnected": (key_store_is_disconnected, "Unavailable", "custom key store"),
    "its policy is taken away": (policy_is_taken_away, "AccessDeniedException", "kms:DescribeKey"),
    "a state in between": (key_is_updating, "Updating", "ask the key's owner"),
    "it is deleted": (key_is_deleted, "NotFoundException", "restore the data"),
}


def lost(name: str) -> Callable[[Cloud], Play]:
    def play_it(cloud: Cloud) -> Play:
        key, lose, regain = UNKNOWN[name][0](cloud)
        play = begin(cloud, {"one": {}}, key)
        began_s = cloud.at_s()
        lose()
        until_told(cloud, key, "nobody can tell")
        cloud.sleep(NOTHING_HAPPENS_FOR_S)
        play.states_down = states(play) | {"runs": story.runs_of(cloud, key)}
        if regain:
            regain()
            until_told(cloud, key, "can be read again")
        about = [key.rsplit("/", 1)[-1], play.servers["one"].id]
        play.states_up = {"calls": cloud.calls(since=began_s, about=about), "mails": cloud.mails(key)}
        return play

    return play_it


def until_told(cloud: Cloud, key: str, words: str) -> list[dict[str, Any]]:
    told = lambda: [mail for mail in cloud.mails(key) if words in mail["Subject"]]  # noqa: E731
    return cloud.until(f"a mail says: {words}", told, HOUR_S)


def a_deletion(cloud: Cloud) -> Play:
    """Of a key that is on; when everything is down, the deletion is cancelled, and later the key is enabled."""
    play = begin(cloud, {"one": {}})
    key, kms, at_s = play.fleet.key, cloud.client("kms"), cloud.at_s()
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=14)
    play.down = story.until_ended(cloud, key, 1, "shutdown", at_s)
    kms.cancel_key_deletion(KeyId=key)
    until_told(cloud, key, "still disabled")
    cloud.sleep(NOTHING_HAPPENS_FOR_S)
    play.states_down = states(play) | {"runs": story.runs_of(cloud, key)}
    start_up(play)
    return play


def a_deletion_of_a_key_that_is_off(cloud: Cloud) -> Play:
    play = begin(cloud, {"one": {}})
    at_s = disable(play)
    until_warned(play)
    play.down = story.until_ended(cloud, play.fleet.key, 1, "shutdown", at_s)
    cloud.client("kms").schedule_key_deletion(KeyId=play.fleet.key, PendingWindowInDays=14)
    until_told(cloud, play.fleet.key, "to be deleted")
    cloud.sleep(NOTHING_HAPPENS_FOR_S)
    play.states_down = states(play) | {"runs": story.runs_of(cloud, play.fleet.key)}
    return play


def every_loss() -> Iterator[tuple[str, Callable[[Cloud], Play]]]:
    """As plays of their own, by name."""
    for name in UNKNOWN:
        yield f"lost: {name}", lost(name)
