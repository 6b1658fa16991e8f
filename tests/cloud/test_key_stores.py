"""Custom key stores: what their connection does to their keys, and what is told of it."""

import pytest

from tests.cloud.test_accounts import grant_of
from tests.cloud.test_cloud import code_of
from tests.cloud.test_key_states import state_of

CLUSTER = "cluster-1a23b4cdefg"


@pytest.fixture
def store(cloud, owner) -> str:
    """A custom key store that is connected."""
    made = owner.create_custom_key_store(
        CustomKeyStoreName="store",
        CloudHsmClusterId=CLUSTER,
        TrustAnchorCertificate="certificate",
        KeyStorePassword="password",
    )
    owner.connect_custom_key_store(CustomKeyStoreId=made["CustomKeyStoreId"])
    cloud.until(lambda: connection(owner) == "CONNECTED")
    return made["CustomKeyStoreId"]


def connection(owner) -> str:
    [store] = owner.describe_custom_key_stores(CustomKeyStoreName="store")["CustomKeyStores"]
    return store["ConnectionState"]


def test_the_keys_of_a_store_come_and_go_with_its_connection(cloud, owner, store):
    on, off, turned = (
        owner.create_key(Origin="AWS_CLOUDHSM", CustomKeyStoreId=store)["KeyMetadata"]["Arn"] for _ in range(3)
    )
    apart = owner.create_key()["KeyMetadata"]["Arn"]
    told = owner.describe_key(KeyId=on)["KeyMetadata"]
    assert (told["Origin"], told["CustomKeyStoreId"], told["CloudHsmClusterId"]) == ("AWS_CLOUDHSM", store, CLUSTER)
    owner.disable_key(KeyId=off)
    owner.disconnect_custom_key_store(CustomKeyStoreId=store)
    assert [state_of(owner, key) for key in (on, off, turned, apart)] == ["Unavailable"] * 3 + ["Enabled"]
    assert code_of(owner.encrypt, KeyId=on, Plaintext=b"text") == "KMSInvalidStateException"
    owner.create_grant(**grant_of(on))
    owner.disable_key(KeyId=turned)
    assert state_of(owner, turned) == "Unavailable"
    assert code_of(owner.create_key, Origin="AWS_CLOUDHSM", CustomKeyStoreId=store) == (
        "CustomKeyStoreInvalidStateException"
    )
    cloud.until(lambda: connection(owner) == "DISCONNECTED")
    owner.connect_custom_key_store(CustomKeyStoreId=store)
    cloud.until(lambda: connection(owner) == "CONNECTED")
    assert [state_of(owner, key) for key in (on, off, turned)] == ["Enabled", "Disabled", "Disabled"]


def test_a_store_is_told_of_by_its_id_and_no_key(cloud, owner, told, store):
    connected = told()["detail"]
    assert connected["eventName"] == "ConnectCustomKeyStore"
    owner.disconnect_custom_key_store(CustomKeyStoreId=store)
    detail = told()["detail"]
    assert (detail["eventName"], detail["requestParameters"]) == (
        "DisconnectCustomKeyStore",
        {"customKeyStoreId": store},
    )
    assert detail["additionalEventData"] == {"customKeyStoreName": "store", "clusterId": CLUSTER}
    assert detail["responseElements"] is None and "resources" not in detail


def test_a_store_refuses_what_does_not_fit_its_state(owner, store):
    assert code_of(owner.connect_custom_key_store, CustomKeyStoreId=store) == "CustomKeyStoreInvalidStateException"
    assert code_of(owner.disconnect_custom_key_store, CustomKeyStoreId="cks-0") == "CustomKeyStoreNotFoundException"
    assert code_of(owner.describe_custom_key_stores, CustomKeyStoreId="cks-0") == "CustomKeyStoreNotFoundException"
    again = {"CustomKeyStoreName": "store", "CloudHsmClusterId": CLUSTER}
    assert code_of(owner.create_custom_key_store, **again) == "CustomKeyStoreNameInUseException"


def test_a_store_that_goes_takes_the_storage_of_a_database_with_it(cloud):
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
