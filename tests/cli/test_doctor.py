"""The checkup: nothing is found where nothing is wrong, and each thing that is wrong is found with its remedy."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.cli.conftest import FOUND, Operator, changes
from tests.world import fleet
from tests.world.cloud import Cloud
from tests.world.fleet import Fleet, Server
from tests.world.stack import SENDER

TRAIL = "everything"


@pytest.fixture(scope="module")
def well(cloud: Cloud, operator: Operator) -> Iterator[Server]:
    """An account in which nothing is wrong; its one server."""
    for listed in operator.tells("key", "list"):
        operator.run("key", "remove", listed["key"])
    trails = cloud.client("cloudtrail")
    trails.create_trail(Name=TRAIL, S3BucketName="trail-logs", IsMultiRegionTrail=True)
    trails.start_logging(Name=TRAIL)
    put_selector(cloud)
    cloud.client("sesv2").create_email_identity(EmailIdentity=SENDER)
    made = Fleet(cloud, fleet.make_key(cloud))
    cloud.client("kms").enable_key_rotation(KeyId=made.key)
    operator.says("app", "set", made.app("orders"), "dba@example.com")
    operator.says("key", "add", made.key)
    server = made.server("one", made.app("orders"), "db.service web.service")
    fleet.until_ready(cloud, server)
    yield server
    operator.says("key", "remove", made.key)


def put_selector(cloud: Cloud, **differs: object) -> None:
    selector = {"ReadWriteType": "All", "IncludeManagementEvents": True} | differs
    cloud.client("cloudtrail").put_event_selectors(TrailName=TRAIL, EventSelectors=[selector])


def rule(cloud: Cloud, about: str) -> str:
    stack = cloud.client("cloudformation")
    return stack.describe_stack_resource(StackName=cloud.stack, LogicalResourceId=about)["StackResourceDetail"][
        "PhysicalResourceId"
    ]


def test_nothing_is_found_where_nothing_is_wrong(operator, well):
    ran = operator.run("doctor")
    assert (ran.code, ran.err) == (0, ""), ran.out
    assert "1 server" in ran.out and "Nothing would make" in ran.out


@contextmanager
def trail_stopped(cloud: Cloud, server: Server) -> Iterator[None]:
    cloud.client("cloudtrail").stop_logging(Name=TRAIL)
    yield
    cloud.client("cloudtrail").start_logging(Name=TRAIL)


@contextmanager
def trail_without_kms(cloud: Cloud, server: Server) -> Iterator[None]:
    put_selector(cloud, ExcludeManagementEventSources=["kms.amazonaws.com"])
    yield
    put_selector(cloud)


@contextmanager
def sandbox(cloud: Cloud, server: Server) -> Iterator[None]:
    cloud.ask("PATCH", "mail-account", {"production_access": False})
    yield
    cloud.ask("PATCH", "mail-account", {"production_access": True})


@contextmanager
def sender_not_verified(cloud: Cloud, server: Server) -> Iterator[None]:
    cloud.ask("PATCH", f"identities/{SENDER}", {"verified": False})
    yield
    cloud.ask("PATCH", f"identities/{SENDER}", {"verified": True})


@contextmanager
def sweep_off(cloud: Cloud, server: Server) -> Iterator[None]:
    cloud.client("events").disable_rule(Name=rule(cloud, "SweepSchedule"))
    yield
    cloud.client("events").enable_rule(Name=rule(cloud, "SweepSchedule"))


@contextmanager
def key_events_off(cloud: Cloud, server: Server) -> Iterator[None]:
    cloud.client("events").disable_rule(Name=rule(cloud, "KeyEventRule"))
    yield
    cloud.client("events").enable_rule(Name=rule(cloud, "KeyEventRule"))


@contextmanager
def agent_offline(cloud: Cloud, server: Server) -> Iterator[None]:
    cloud.ask("PATCH", f"servers/{server.id}", {"agent": "offline"})
    yield
    cloud.ask("PATCH", f"servers/{server.id}", {"agent": "online"})


@contextmanager
def unit_unknown(cloud: Cloud, server: Server) -> Iterator[None]:
    cloud.ask("PATCH", f"servers/{server.id}", {"units": {"db.service": {"is_missing": True}}})
    yield
    cloud.ask("PATCH", f"servers/{server.id}", {"units": {"db.service": {"is_missing": False}}})


@contextmanager
def bad_tier(cloud: Cloud, server: Server) -> Iterator[None]:
    for value in ("ten", "0"):
        tags = [{"Key": "lockstep:tier", "Value": value}]
        cloud.client("ec2").create_tags(Resources=[server.id], Tags=tags)
        if value == "ten":
            yield


@contextmanager
def without_the_tag(cloud: Cloud, server: Server) -> Iterator[None]:
    tags = cloud.client("ec2")
    tags.delete_tags(Resources=[server.id], Tags=[{"Key": "lockstep:app"}])
    yield
    tags.create_tags(Resources=[server.id], Tags=[{"Key": "lockstep:app", "Value": server.app}])


FAULTS: dict[str, Callable] = {
    "no_trail": trail_stopped,
    "no_trail (without KMS)": trail_without_kms,
    "mail_sandbox": sandbox,
    "sender_unverified": sender_not_verified,
    "sweep_disabled": sweep_off,
    "key_events_disabled": key_events_off,
    "agent_offline": agent_offline,
    "unit_unknown": unit_unknown,
    "unstoppable": bad_tier,
    "not_managed": without_the_tag,
}


@pytest.mark.parametrize(("check", "fault"), FAULTS.items(), ids=FAULTS.keys())
def test_each_thing_that_is_wrong_is_found_with_its_remedy(cloud, operator, well, check, fault):
    with fault(cloud, well):
        told = operator.tells("doctor", code=FOUND)
    found = [finding for finding in told["findings"] if finding["severity"] == "fails"]
    assert [finding["check"] for finding in found] == [check.split(" ")[0]], told
    assert len(found[0]["remedy"]) > 20 and found[0]["value"]


def test_a_paused_key_is_found(operator, well):
    operator.says("pause", "--all")
    told = operator.tells("doctor", code=FOUND)
    operator.says("resume", "--all")
    assert "key_paused" in [finding["check"] for finding in told["findings"]]


def test_an_app_without_admins_is_only_advice(operator, well):
    operator.says("app", "remove", well.app)
    told = operator.tells("doctor")
    operator.says("app", "set", well.app, "dba@example.com")
    assert [(finding["check"], finding["severity"]) for finding in told["findings"]] == [("no_admins", "advice")]


def test_a_checkup_changes_nothing(cloud, operator, well):
    before_s = cloud.at_s()
    operator.says("doctor")
    [sent] = changes(cloud, before_s)
    assert (sent["operation"], sent["request"]["Parameters"]["Verb"]) == ("SendCommand", ["look"])
