"""What an operator asks of an account before relying on it: trails, rules, and whether SES would send."""

import pytest

from tests.cloud.test_cloud import code_of
from tests.cloud.test_workflows import one, task
from tests.world.keys import OWNER

SENDER = "operator@example.com"
BASIC = {"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}
WITHOUT_KMS = {**BASIC, "ExcludeManagementEventSources": ["kms.amazonaws.com"]}


@pytest.fixture
def trail(cloud) -> str:
    trails = cloud.client("cloudtrail")
    arn = trails.create_trail(Name="main", S3BucketName="trail-logs", IsMultiRegionTrail=True)["TrailARN"]
    trails.start_logging(Name="main")
    trails.put_event_selectors(TrailName="main", EventSelectors=[WITHOUT_KMS])
    return arn


@pytest.fixture
def identity(cloud):
    mails = cloud.client("sesv2")
    mails.create_email_identity(EmailIdentity=SENDER)
    yield SENDER
    mails.delete_email_identity(EmailIdentity=SENDER)


def test_a_trail_tells_whether_it_logs_and_what(cloud, trail):
    trails = cloud.client("cloudtrail")
    [told] = trails.describe_trails()["trailList"]
    assert (told["TrailARN"], told["HomeRegion"], told["IsMultiRegionTrail"]) == (trail, "us-east-1", True)
    assert trails.get_trail_status(Name=trail)["IsLogging"] is True
    [selector] = trails.get_event_selectors(TrailName=trail)["EventSelectors"]
    assert selector["ExcludeManagementEventSources"] == ["kms.amazonaws.com"]
    assert (selector["ReadWriteType"], selector["IncludeManagementEvents"]) == ("WriteOnly", True)
    trails.stop_logging(Name="main")
    assert trails.get_trail_status(Name=trail)["IsLogging"] is False
    assert code_of(trails.get_trail_status, Name="unknown") == "TrailNotFoundException"
    assert cloud.client("cloudtrail", OWNER).describe_trails()["trailList"] == []


def test_a_workflow_sees_the_same_trail(cloud, trail):
    def asked(operation: str, **arguments: str) -> dict:
        ended = cloud.run(one(task(f"aws-sdk:cloudtrail:{operation}", arguments)))
        assert ended["status"] == "SUCCEEDED", ended["cause"]
        return ended["output"]

    assert [told["TrailARN"] for told in asked("describeTrails")["TrailList"]] == [trail]
    assert asked("getTrailStatus", Name=trail)["IsLogging"] is True
    [selector] = asked("getEventSelectors", TrailName=trail)["EventSelectors"]
    assert selector["ExcludeManagementEventSources"] == ["kms.amazonaws.com"]
    ended = cloud.run(one(task("aws-sdk:cloudtrail:getTrailStatus", {"Name": "unknown"})))
    assert ended["error"] == "CloudTrail.TrailNotFoundException"


def test_an_account_without_trails_has_an_empty_list(cloud):
    ended = cloud.run(one(task("aws-sdk:cloudtrail:describeTrails", {})))
    assert ended["output"]["TrailList"] == []


def test_a_workflow_looks_at_a_rule(cloud):
    events = cloud.client("events")
    events.put_rule(Name="of-keys", EventPattern='{"source": ["aws.kms"]}', State="DISABLED")
    ended = cloud.run(one(task("aws-sdk:eventbridge:describeRule", {"Name": "of-keys"})))
    assert (ended["output"]["State"], ended["output"]["EventPattern"]) == ("DISABLED", '{"source": ["aws.kms"]}')
    events.delete_rule(Name="of-keys")
    ended = cloud.run(one(task("aws-sdk:eventbridge:describeRule", {"Name": "of-keys"})))
    assert ended["error"] == "EventBridge.ResourceNotFoundException"


def test_the_account_is_in_the_sandbox_once_it_is_put_there(cloud, identity):
    mails = cloud.client("sesv2")
    assert mails.get_account()["ProductionAccessEnabled"] is True
    cloud.ask("PATCH", "mail-account", {"production_access": False})
    assert mails.get_account()["ProductionAccessEnabled"] is False
    content = {"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "text"}}}}
    mail = {"FromEmailAddress": SENDER, "Content": content}
    to_anyone = {"ToAddresses": ["anyone@example.com"]}
    assert code_of(mails.send_email, **mail, Destination=to_anyone) == "MessageRejected"
    mails.send_email(**mail, Destination={"ToAddresses": [SENDER]})
    ended = cloud.run(one(task("aws-sdk:sesv2:getAccount", {})))
    assert ended["output"]["ProductionAccessEnabled"] is False
    cloud.ask("POST", "reset")
    assert mails.get_account()["ProductionAccessEnabled"] is True


def test_an_identity_tells_whether_it_is_verified(cloud, identity):
    mails = cloud.client("sesv2")
    assert mails.get_email_identity(EmailIdentity=identity)["VerifiedForSendingStatus"] is True
    cloud.ask("PATCH", f"identities/{identity}", {"verified": False})
    assert mails.get_email_identity(EmailIdentity=identity)["VerifiedForSendingStatus"] is False
    assert code_of(mails.get_email_identity, EmailIdentity="nobody@example.com") == "NotFoundException"
    ended = cloud.run(one(task("aws-sdk:sesv2:getEmailIdentity", {"EmailIdentity": identity})))
    assert ended["output"]["VerifiedForSendingStatus"] is False
    ended = cloud.run(one(task("aws-sdk:sesv2:getEmailIdentity", {"EmailIdentity": "nobody@example.com"})))
    assert ended["error"] == "SesV2.NotFoundException"
    assert [call["outcome"] for call in cloud.calls("ses", "GetEmailIdentity")] == [
        "ok", "ok", "NotFoundException", "ok", "NotFoundException",
    ]  # fmt: skip
