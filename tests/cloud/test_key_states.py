"""All the ways in which a key is lost and regained, and what KMS tells of each on the bus of its account."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from tests.cloud.test_accounts import OWNER, grant_of, policy
from tests.cloud.test_buses import OF_KEYS
from tests.cloud.test_cloud import code_of

MATERIAL = b"m" * 32
CLUSTER = "cluster-1a23b4cdefg"


@pytest.fixture
def told(cloud, queue) -> Iterator[Any]:
    """What KMS says to the owner of keys: waits for one event and gives it, with its top-level fields."""
    events, sqs = cloud.client("events", OWNER), cloud.client("sqs", OWNER)
    url = sqs.create_queue(QueueName="of-keys")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="keys", EventPattern=OF_KEYS)
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
def kms(cloud) -> Any:
    return cloud.client("kms", OWNER)


@pytest.fixture
def owned(kms) -> str:
    return kms.create_key()["KeyMetadata"]["Arn"]


def state_of(kms, key: str) -> str:
    return kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]


def import_material(cloud, kms, key: str, for_s: float | None = None) -> None:
    """Imports material, for good or for so many seconds of the cloud's time."""
    means = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
    given = kms.get_parameters_for_import(KeyId=key, **means)
    digest = hashes.SHA256()
    wrapped = serialization.load_der_public_key(given["PublicKey"]).encrypt(
        MATERIAL, padding.OAEP(mgf=padding.MGF1(algorithm=digest), algorithm=digest, label=None)
    )
    until = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
    if for_s:
        now = datetime.fromisoformat(cloud.get("clock")["now"]).astimezone(UTC)
        until = {"ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": now + timedelta(seconds=for_s)}
    kms.import_key_material(KeyId=key, ImportToken=given["ImportToken"], EncryptedKeyMaterial=wrapped, **until)


def test_imported_material_is_what_such_a_key_lives_by(cloud, kms, told):
    key = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["Arn"]
    assert state_of(kms, key) == "PendingImport"
    assert code_of(kms.enable_key, KeyId=key) == "KMSInvalidStateException"
    assert code_of(kms.create_grant, **grant_of(key)) == "KMSInvalidStateException"
    import_material(cloud, kms, key)
    assert state_of(kms, key) == "Enabled"
    event = told()
    assert (event["account"], event["detail"]["eventName"]) == (OWNER, "ImportKeyMaterial")
    assert event["detail"]["requestParameters"] == {"keyId": key, "expirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
    kms.delete_imported_key_material(KeyId=key)
    assert state_of(kms, key) == "PendingImport"
    assert told()["detail"]["eventName"] == "DeleteImportedKeyMaterial"
    import_material(cloud, kms, key)
    assert state_of(kms, key) == "Enabled"


def test_a_key_that_is_off_stays_off_when_its_material_is_imported_anew(cloud, kms):
    key = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["Arn"]
    import_material(cloud, kms, key)
    kms.disable_key(KeyId=key)
    import_material(cloud, kms, key)
    assert state_of(kms, key) == "Disabled"


def test_imported_material_expires_when_its_time_is_over(cloud, kms, told):
    key = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["Arn"]
    import_material(cloud, kms, key, for_s=120)
    seen, asked = kms.describe_key(KeyId=key)["KeyMetadata"], told()["detail"]["requestParameters"]
    assert asked["validTo"] == seen["ValidTo"].astimezone(UTC).strftime("%b %-d, %Y, %-I:%M:%S %p")
    assert (asked["expirationModel"], seen["ExpirationModel"]) == ("KEY_MATERIAL_EXPIRES", "KEY_MATERIAL_EXPIRES")
    event = told()
    assert state_of(kms, key) == "PendingImport"
    assert (event["source"], event["detail-type"]) == ("aws.kms", "KMS Imported Key Material Expiration")
    assert (event["account"], event["resources"]) == (OWNER, [key])
    assert event["detail"].keys() == {"key-id", "key-material-id"}
    assert event["detail"]["key-id"] == key.split("/")[-1]


def test_material_that_was_imported_anew_lives_by_its_new_date(cloud, kms):
    key = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["Arn"]
    import_material(cloud, kms, key, for_s=60)
    import_material(cloud, kms, key)
    cloud.sleep(90)
    assert state_of(kms, key) == "Enabled"


def test_a_key_is_gone_when_the_waiting_for_its_deletion_ends(cloud, kms, owned, told):
    kms.create_alias(AliasName="alias/doomed", TargetKeyId=owned)
    kms.schedule_key_deletion(KeyId=owned, PendingWindowInDays=7)
    now = datetime.fromisoformat(cloud.get("clock")["now"]).astimezone(UTC)
    date = kms.describe_key(KeyId=owned)["KeyMetadata"]["DeletionDate"].astimezone(UTC)
    assert timedelta(days=6, hours=23) < date - now < timedelta(days=7, hours=1)
    detail = told()["detail"]
    assert detail["requestParameters"] == {"keyId": owned, "pendingWindowInDays": 7}
    assert detail["responseElements"].pop("deletionDate") == date.strftime("%b %-d, %Y, %-I:%M:%S %p")
    assert detail["responseElements"] == {"keyId": owned, "keyState": "PendingDeletion"}
    assert code_of(kms.enable_key, KeyId=owned) == "KMSInvalidStateException"
    assert code_of(kms.schedule_key_deletion, KeyId=owned) == "KMSInvalidStateException"
    cloud.ask("PATCH", f"keys/{owned}", {"deletion_after_s": 60})
    event = told()
    assert (event["detail-type"], event["account"], event["resources"]) == ("KMS CMK Deletion", OWNER, [owned])
    assert event["detail"] == {"key-id": owned.split("/")[-1]}
    assert code_of(kms.describe_key, KeyId=owned) == "NotFoundException"
    assert code_of(kms.describe_key, KeyId="alias/doomed") == "NotFoundException"


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


def test_a_deletion_that_is_cancelled_leaves_the_key_off(cloud, kms, owned, told):
    assert code_of(kms.cancel_key_deletion, KeyId=owned) == "KMSInvalidStateException"
    kms.schedule_key_deletion(KeyId=owned, PendingWindowInDays=7)
    cloud.ask("PATCH", f"keys/{owned}", {"deletion_after_s": 30})
    kms.cancel_key_deletion(KeyId=owned)
    assert [told()["detail"]["eventName"] for _ in range(2)] == ["ScheduleKeyDeletion", "CancelKeyDeletion"]
    cloud.sleep(40)
    seen = kms.describe_key(KeyId=owned)["KeyMetadata"]
    assert seen["KeyState"] == "Disabled" and "DeletionDate" not in seen


def test_a_policy_and_a_grant_that_change_are_told_without_an_answer(cloud, kms, owned, told):
    kms.put_key_policy(KeyId=owned, PolicyName="default", Policy=(text := policy()))
    detail = told()["detail"]
    assert detail["requestParameters"] == {"keyId": owned, "policyName": "default", "policy": text}
    assert (detail["responseElements"], detail["resources"][0]["ARN"]) == (None, owned)
    grant = kms.create_grant(**grant_of(owned))["GrantId"]
    id = owned.split("/")[-1]
    kms.revoke_grant(KeyId=id, GrantId=grant)
    detail = told()["detail"]
    assert (detail["eventName"], detail["requestParameters"]) == ("RevokeGrant", {"keyId": id, "grantId": grant})
    assert (detail["responseElements"], detail["resources"][0]["ARN"]) == (None, owned)


@pytest.fixture
def store(cloud, kms) -> str:
    """A custom key store that is connected."""
    made = kms.create_custom_key_store(
        CustomKeyStoreName="store",
        CloudHsmClusterId=CLUSTER,
        TrustAnchorCertificate="certificate",
        KeyStorePassword="password",
    )
    kms.connect_custom_key_store(CustomKeyStoreId=made["CustomKeyStoreId"])
    cloud.until(lambda: connection(kms) == "CONNECTED")
    return made["CustomKeyStoreId"]


def connection(kms) -> str:
    [store] = kms.describe_custom_key_stores(CustomKeyStoreName="store")["CustomKeyStores"]
    return store["ConnectionState"]


def test_the_keys_of_a_store_come_and_go_with_its_connection(cloud, kms, store):
    on, off, turned = (
        kms.create_key(Origin="AWS_CLOUDHSM", CustomKeyStoreId=store)["KeyMetadata"]["Arn"] for _ in range(3)
    )
    apart = kms.create_key()["KeyMetadata"]["Arn"]
    told = kms.describe_key(KeyId=on)["KeyMetadata"]
    assert (told["Origin"], told["CustomKeyStoreId"], told["CloudHsmClusterId"]) == ("AWS_CLOUDHSM", store, CLUSTER)
    kms.disable_key(KeyId=off)
    kms.disconnect_custom_key_store(CustomKeyStoreId=store)
    assert [state_of(kms, key) for key in (on, off, turned, apart)] == ["Unavailable"] * 3 + ["Enabled"]
    assert code_of(kms.encrypt, KeyId=on, Plaintext=b"text") == "KMSInvalidStateException"
    kms.create_grant(**grant_of(on))
    kms.disable_key(KeyId=turned)
    assert state_of(kms, turned) == "Unavailable"
    assert code_of(kms.create_key, Origin="AWS_CLOUDHSM", CustomKeyStoreId=store) == (
        "CustomKeyStoreInvalidStateException"
    )
    cloud.until(lambda: connection(kms) == "DISCONNECTED")
    kms.connect_custom_key_store(CustomKeyStoreId=store)
    cloud.until(lambda: connection(kms) == "CONNECTED")
    assert [state_of(kms, key) for key in (on, off, turned)] == ["Enabled", "Disabled", "Disabled"]


def test_a_store_is_told_of_by_its_id_and_no_key(cloud, kms, told, store):
    connected = told()["detail"]
    assert connected["eventName"] == "ConnectCustomKeyStore"
    kms.disconnect_custom_key_store(CustomKeyStoreId=store)
    detail = told()["detail"]
    assert (detail["eventName"], detail["requestParameters"]) == (
        "DisconnectCustomKeyStore",
        {"customKeyStoreId": store},
    )
    assert detail["additionalEventData"] == {"customKeyStoreName": "store", "clusterId": CLUSTER}
    assert detail["responseElements"] is None and "resources" not in detail


def test_a_store_refuses_what_does_not_fit_its_state(kms, store):
    assert code_of(kms.connect_custom_key_store, CustomKeyStoreId=store) == "CustomKeyStoreInvalidStateException"
    assert code_of(kms.disconnect_custom_key_store, CustomKeyStoreId="cks-0") == "CustomKeyStoreNotFoundException"
    assert code_of(kms.describe_custom_key_stores, CustomKeyStoreId="cks-0") == "CustomKeyStoreNotFoundException"
    again = {"CustomKeyStoreName": "store", "CloudHsmClusterId": CLUSTER}
    assert code_of(kms.create_custom_key_store, **again) == "CustomKeyStoreNameInUseException"


def test_a_database_hears_of_every_loss(cloud, kms):
    """A store that goes takes the storage of a database with it, as a key that is disabled does."""
    kms = cloud.client("kms")
    made = kms.create_custom_key_store(CustomKeyStoreName="store", CloudHsmClusterId=CLUSTER)
    kms.connect_custom_key_store(CustomKeyStoreId=(store := made["CustomKeyStoreId"]))
    cloud.until(lambda: connection(kms) == "CONNECTED")
    key = kms.create_key(Origin="AWS_CLOUDHSM", CustomKeyStoreId=store)["KeyMetadata"]["Arn"]
    wanted = {"Engine": "postgres", "DBInstanceClass": "db.t4g.medium", "AllocatedStorage": 20, "MasterUsername": "app"}
    storage = {"StorageEncrypted": True, "KmsKeyId": key}
    answer = cloud.client("rds").create_db_instance(DBInstanceIdentifier="stored", **wanted, **storage)
    arn = answer["DBInstance"]["DBInstanceArn"]
    cloud.until(lambda: cloud.get(f"databases/{arn}")["state"] == "available")
    cloud.ask("PATCH", f"databases/{arn}", {"notices_key_after_s": 30})
    kms.disconnect_custom_key_store(CustomKeyStoreId=store)
    cloud.until(lambda: cloud.get(f"databases/{arn}")["state"].startswith("inaccessible"))


def test_nobody_hears_of_a_change_that_the_state_of_a_key_refused(cloud, kms, owned):
    kms.schedule_key_deletion(KeyId=owned)
    assert code_of(kms.disable_key, KeyId=owned) == "KMSInvalidStateException"
    cloud.until(lambda: cloud.calls("events", "DeliverEvent"))
    cloud.sleep(10)
    assert [call["request"]["eventName"] for call in cloud.calls("events", "DeliverEvent")] == ["ScheduleKeyDeletion"]
