"""All the ways in which a key is lost and regained, and what KMS tells of each on the bus of its account."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.cloud.test_accounts import grant_of, policy
from tests.cloud.test_cloud import code_of
from tests.world import keys
from tests.world.keys import OWNER

MATERIAL = b"m" * 32
CLUSTER = "cluster-1a23b4cdefg"


@pytest.fixture
def owned(owner) -> str:
    return owner.create_key()["KeyMetadata"]["Arn"]


def state_of(owner, key: str) -> str:
    return owner.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]


def import_material(cloud, owner, key: str, for_s: float | None = None) -> None:
    """Imports material, for good or for so many seconds of the cloud's time."""
    now = datetime.fromisoformat(cloud.get("clock")["now"]).astimezone(UTC)
    keys.import_material(owner, key, now + timedelta(seconds=for_s) if for_s else None)


def test_imported_material_is_what_such_a_key_lives_by(cloud, owner, told):
    key = owner.create_key(Origin="EXTERNAL")["KeyMetadata"]["Arn"]
    assert state_of(owner, key) == "PendingImport"
    assert code_of(owner.enable_key, KeyId=key) == "KMSInvalidStateException"
    assert code_of(owner.create_grant, **grant_of(key)) == "KMSInvalidStateException"
    import_material(cloud, owner, key)
    assert state_of(owner, key) == "Enabled"
    event = told()
    assert (event["account"], event["detail"]["eventName"]) == (OWNER, "ImportKeyMaterial")
    assert event["detail"]["requestParameters"] == {"keyId": key, "expirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
    owner.delete_imported_key_material(KeyId=key)
    assert state_of(owner, key) == "PendingImport"
    assert told()["detail"]["eventName"] == "DeleteImportedKeyMaterial"
    import_material(cloud, owner, key)
    assert state_of(owner, key) == "Enabled"


def test_a_key_that_is_off_stays_off_when_its_material_is_imported_anew(cloud, owner):
    key = owner.create_key(Origin="EXTERNAL")["KeyMetadata"]["Arn"]
    import_material(cloud, owner, key)
    owner.disable_key(KeyId=key)
    import_material(cloud, owner, key)
    assert state_of(owner, key) == "Disabled"


def test_imported_material_expires_when_its_time_is_over(cloud, owner, told):
    key = owner.create_key(Origin="EXTERNAL")["KeyMetadata"]["Arn"]
    import_material(cloud, owner, key, for_s=120)
    seen, asked = owner.describe_key(KeyId=key)["KeyMetadata"], told()["detail"]["requestParameters"]
    assert asked["validTo"] == seen["ValidTo"].astimezone(UTC).strftime("%b %-d, %Y, %-I:%M:%S %p")
    assert (asked["expirationModel"], seen["ExpirationModel"]) == ("KEY_MATERIAL_EXPIRES", "KEY_MATERIAL_EXPIRES")
    event = told()
    assert state_of(owner, key) == "PendingImport"
    assert (event["source"], event["detail-type"]) == ("aws.kms", "KMS Imported Key Material Expiration")
    assert (event["account"], event["resources"]) == (OWNER, [key])
    assert event["detail"].keys() == {"key-id", "key-material-id"}
    assert event["detail"]["key-id"] == key.split("/")[-1]


def test_material_that_was_imported_anew_lives_by_its_new_date(cloud, owner):
    key = owner.create_key(Origin="EXTERNAL")["KeyMetadata"]["Arn"]
    import_material(cloud, owner, key, for_s=60)
    import_material(cloud, owner, key)
    cloud.sleep(90)
    assert state_of(owner, key) == "Enabled"


def test_a_key_is_gone_when_the_waiting_for_its_deletion_ends(cloud, owner, owned, told):
    owner.create_alias(AliasName="alias/doomed", TargetKeyId=owned)
    owner.schedule_key_deletion(KeyId=owned, PendingWindowInDays=7)
    now = datetime.fromisoformat(cloud.get("clock")["now"]).astimezone(UTC)
    date = owner.describe_key(KeyId=owned)["KeyMetadata"]["DeletionDate"].astimezone(UTC)
    assert timedelta(days=6, hours=23) < date - now < timedelta(days=7, hours=1)
    detail = told()["detail"]
    assert detail["requestParameters"] == {"keyId": owned, "pendingWindowInDays": 7}
    assert detail["responseElements"].pop("deletionDate") == date.strftime("%b %-d, %Y, %-I:%M:%S %p")
    assert detail["responseElements"] == {"keyId": owned, "keyState": "PendingDeletion"}
    assert code_of(owner.enable_key, KeyId=owned) == "KMSInvalidStateException"
    assert code_of(owner.schedule_key_deletion, KeyId=owned) == "KMSInvalidStateException"
    cloud.ask("PATCH", f"keys/{owned}", {"deletion_after_s": 60})
    event = told()
    assert (event["detail-type"], event["account"], event["resources"]) == ("KMS CMK Deletion", OWNER, [owned])
    assert event["detail"] == {"key-id": owned.split("/")[-1]}
    assert code_of(owner.describe_key, KeyId=owned) == "NotFoundException"
    assert code_of(owner.describe_key, KeyId="alias/doomed") == "NotFoundException"


def test_a_server_never_starts_again_on_a_key_that_is_gone(cloud, key):
    ec2, kms = cloud.client("ec2"), cloud.client("kms")
    [id] = cloud.servers(1, key=key)
    ec2.stop_instances(InstanceIds=[id])
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    cloud.ask("PATCH", f"keys/{key}", {"deletion_after_s": 1})
    cloud.until(lambda: cloud.server(id)["state"] == "stopped")
    assert code_of(kms.describe_key, KeyId=key) == "NotFoundException"
    ec2.start_instances(InstanceIds=[id])
    cloud.until(lambda: cloud.server(id)["state"] == "stopped")
    assert [call["outcome"] for call in cloud.calls("ec2", "StateChange")] == ["stopped", "stopped"]


def test_a_deletion_that_is_cancelled_leaves_the_key_off(cloud, owner, owned, told):
    assert code_of(owner.cancel_key_deletion, KeyId=owned) == "KMSInvalidStateException"
    owner.schedule_key_deletion(KeyId=owned, PendingWindowInDays=7)
    cloud.ask("PATCH", f"keys/{owned}", {"deletion_after_s": 30})
    owner.cancel_key_deletion(KeyId=owned)
    assert [told()["detail"]["eventName"] for _ in range(2)] == ["ScheduleKeyDeletion", "CancelKeyDeletion"]
    cloud.sleep(40)
    seen = owner.describe_key(KeyId=owned)["KeyMetadata"]
    assert seen["KeyState"] == "Disabled" and "DeletionDate" not in seen


def test_a_policy_and_a_grant_that_change_are_told_without_an_answer(cloud, owner, owned, told):
    owner.put_key_policy(KeyId=owned, PolicyName="default", Policy=(text := policy()))
    detail = told()["detail"]
    assert detail["requestParameters"] == {"keyId": owned, "policyName": "default", "policy": text}
    assert (detail["responseElements"], detail["resources"][0]["ARN"]) == (None, owned)
    grant = owner.create_grant(**grant_of(owned))["GrantId"]
    id = owned.split("/")[-1]
    owner.revoke_grant(KeyId=id, GrantId=grant)
    detail = told()["detail"]
    assert (detail["eventName"], detail["requestParameters"]) == ("RevokeGrant", {"keyId": id, "grantId": grant})
    assert (detail["responseElements"], detail["resources"][0]["ARN"]) == (None, owned)


def test_nobody_hears_of_a_change_that_the_state_of_a_key_refused(cloud, owner, owned):
    owner.schedule_key_deletion(KeyId=owned)
    assert code_of(owner.disable_key, KeyId=owned) == "KMSInvalidStateException"
    cloud.until(lambda: cloud.calls("events", "DeliverEvent"))
    cloud.sleep(10)
    assert [call["request"]["eventName"] for call in cloud.calls("events", "DeliverEvent")] == ["ScheduleKeyDeletion"]
