"""Keys of another account: whom their policies let in, and what EC2 and RDS make of them."""

import json
from typing import Any

import pytest

from tests.cloud.conftest import ACCOUNT
from tests.cloud.test_cloud import code_of
from tests.cloud.test_workflows import one, task
from tests.world.keys import OWNER

USE = ["kms:Describe*", "kms:GenerateDataKey*", "kms:Encrypt", "kms:Decrypt", "kms:ListGrants", "kms:GetKey*"]
FOR_AWS = {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def allow(principal: str, action: str | list[str], **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action, "Resource": "*", **more}


def root(account: str) -> str:
    return f"arn:aws:iam::{account}:root"


def policy(*statements: dict[str, Any], owner: str = OWNER) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [allow(root(owner), "kms:*"), *statements]})


LENT = policy(allow(root(ACCOUNT), USE), allow(root(ACCOUNT), "kms:CreateGrant", Condition=FOR_AWS))


def make_key(cloud, text: str | None = LENT) -> str:
    return cloud.client("kms", OWNER).create_key(**({"Policy": text} if text else {}))["KeyMetadata"]["Arn"]


def grant_of(key: str, **more: Any) -> dict[str, Any]:
    return {"KeyId": key, "GranteePrincipal": root(ACCOUNT), "Operations": ["Decrypt"], **more}


@pytest.mark.parametrize("principal", [root(ACCOUNT), ACCOUNT])
def test_a_key_is_used_by_the_account_its_policy_names(cloud, principal):
    kms, key = cloud.client("kms"), make_key(cloud, policy(allow(principal, USE)))
    told = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert (told["Arn"], told["AWSAccountId"], told["KeyState"]) == (key, OWNER, "Enabled")
    assert kms.generate_data_key_without_plaintext(KeyId=key, KeySpec="AES_256")["KeyId"] == key
    secret = kms.encrypt(KeyId=key, Plaintext=b"text")["CiphertextBlob"]
    assert kms.decrypt(KeyId=key, CiphertextBlob=secret)["Plaintext"] == b"text"
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is False
    assert kms.list_grants(KeyId=key)["Grants"] == []


def test_a_key_is_refused_in_the_words_of_aws_to_an_account_its_policy_does_not_name(cloud):
    kms, key = cloud.client("kms"), make_key(cloud, text=None)
    with pytest.raises(kms.exceptions.ClientError) as refused:
        kms.describe_key(KeyId=key)
    assert refused.value.response["Error"] == {
        "Code": "AccessDeniedException",
        "Message": f"User: arn:aws:iam::{ACCOUNT}:user/operator is not authorized to perform: kms:DescribeKey on "
        f"resource: {key} because no resource-based policy allows the kms:DescribeKey action",
    }
    gone = key.replace(key[-4:], "0000")
    assert code_of(kms.describe_key, KeyId=gone) == "AccessDeniedException"


def test_an_action_that_the_policy_leaves_out_or_denies_is_refused(cloud):
    denied = {**allow(root(ACCOUNT), "kms:Encrypt"), "Effect": "Deny"}
    kms, key = cloud.client("kms"), make_key(cloud, policy(allow(root(ACCOUNT), ["kms:D*", "kms:Encrypt"]), denied))
    kms.describe_key(KeyId=key)
    assert code_of(kms.list_grants, KeyId=key) == "AccessDeniedException"
    assert code_of(kms.encrypt, KeyId=key, Plaintext=b"text") == "AccessDeniedException"


@pytest.mark.parametrize("operation", ["disable_key", "enable_key", "schedule_key_deletion", "get_key_policy"])
def test_no_policy_lets_another_account_change_a_key(cloud, operation):
    kms, key = cloud.client("kms"), make_key(cloud, policy(allow(root(ACCOUNT), "kms:*")))
    assert code_of(getattr(kms, operation), KeyId=key) == "AccessDeniedException"
    assert code_of(kms.put_key_policy, KeyId=key, Policy=LENT) == "AccessDeniedException"
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"


def test_a_grant_that_is_for_aws_alone_is_refused_to_a_caller(cloud):
    key = make_key(cloud)
    assert code_of(cloud.client("kms").create_grant, **grant_of(key)) == "AccessDeniedException"


def test_a_grant_is_issued_by_the_account_that_asked_for_it(cloud):
    kms, key = cloud.client("kms"), make_key(cloud, policy(allow(root(ACCOUNT), ["kms:*Grant", "kms:ListGrants"])))
    made = kms.create_grant(**grant_of(key))["GrantId"]
    [seen] = cloud.client("kms", OWNER).list_grants(KeyId=key)["Grants"]
    assert (seen["GrantId"], seen["IssuingAccount"]) == (made, root(ACCOUNT))
    kms.revoke_grant(KeyId=key, GrantId=made)
    assert kms.list_grants(KeyId=key)["Grants"] == []


def test_a_workflow_is_held_to_the_policy_of_a_key_as_well(cloud):
    lent, kept = make_key(cloud), make_key(cloud, text=None)
    ended = cloud.run(one(task("aws-sdk:kms:describeKey", {"KeyId": lent})))
    assert ended["output"]["KeyMetadata"]["Arn"] == lent
    ended = cloud.run(one(task("aws-sdk:kms:describeKey", {"KeyId": kept})))
    # The model of KMS has no error of that name.
    assert ended["error"] == "Kms.KmsException" and "not authorized to perform: kms:DescribeKey" in ended["cause"]


def test_a_dry_run_tells_what_would_have_happened(cloud):
    owner, kms = cloud.client("kms", OWNER), cloud.client("kms")
    key = make_key(cloud, policy(allow(root(ACCOUNT), [*USE, "kms:CreateGrant"])))

    def codes() -> list[str]:
        grant = code_of(kms.create_grant, **grant_of(key, DryRun=True))
        return [grant, code_of(kms.generate_data_key_without_plaintext, KeyId=key, KeySpec="AES_256", DryRun=True)]

    assert codes() == ["DryRunOperationException"] * 2
    assert not any(call["mutating"] for call in cloud.calls("kms", "CreateGrant"))
    assert kms.list_grants(KeyId=key)["Grants"] == []
    owner.disable_key(KeyId=key)
    assert codes() == ["DisabledException"] * 2
    owner.schedule_key_deletion(KeyId=key)
    assert codes() == ["KMSInvalidStateException"] * 2
    owner.put_key_policy(KeyId=key, Policy=policy())
    assert codes() == ["AccessDeniedException"] * 2


def test_a_key_whose_policy_was_taken_away_is_denied_to_its_own_account_until_it_is_given_back(cloud, key):
    kms = cloud.client("kms")
    kept = json.dumps({"Version": "2012-10-17", "Statement": [allow(root(ACCOUNT), "kms:PutKeyPolicy")]})
    kms.put_key_policy(KeyId=key, Policy=kept)
    assert code_of(kms.describe_key, KeyId=key) == "AccessDeniedException"
    kms.put_key_policy(KeyId=key, Policy=policy(owner=ACCOUNT))
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"] == key


def test_a_policy_that_nobody_could_change_again_is_refused(cloud, key):
    kms = cloud.client("kms")
    nobody = json.dumps({"Version": "2012-10-17", "Statement": []})
    assert code_of(kms.put_key_policy, KeyId=key, Policy=nobody) == "MalformedPolicyDocumentException"
    kms.put_key_policy(KeyId=key, Policy=nobody, BypassPolicyLockoutSafetyCheck=True)
    assert code_of(kms.describe_key, KeyId=key) == "AccessDeniedException"


def stopped(cloud, id: str) -> None:
    cloud.client("ec2").stop_instances(InstanceIds=[id])
    cloud.until(lambda: cloud.server(id)["state"] == "stopped")


def starts(cloud, id: str) -> bool:
    cloud.client("ec2").start_instances(InstanceIds=[id])
    assert cloud.server(id)["state"] == "pending"
    return cloud.until(lambda: (state := cloud.server(id)["state"]) != "pending" and state) == "running"


def test_a_server_on_a_key_of_another_account_starts_only_while_that_key_is_on(cloud):
    key, owner = make_key(cloud), cloud.client("kms", OWNER)
    owner.create_alias(AliasName="alias/lent", TargetKeyId=key)
    [id] = cloud.servers(1, key=f"{key.split(':key/')[0]}:alias/lent")
    assert [volume["KmsKeyId"] for volume in cloud.client("ec2").describe_volumes()["Volumes"]] == [key]
    stopped(cloud, id)
    owner.disable_key(KeyId=key)
    assert not starts(cloud, id)
    owner.enable_key(KeyId=key)
    assert starts(cloud, id)


def test_a_server_does_not_start_when_the_grants_of_aws_are_taken_away(cloud):
    key = make_key(cloud)
    [id] = cloud.servers(1, key=key)
    stopped(cloud, id)
    cloud.client("kms", OWNER).put_key_policy(KeyId=key, Policy=policy(allow(root(ACCOUNT), USE)))
    cloud.client("kms").describe_key(KeyId=key)
    assert not starts(cloud, id)


def test_a_volume_keeps_the_full_arn_of_a_key_of_another_account(cloud):
    made = cloud.client("ec2").create_volume(
        AvailabilityZone="us-east-1a", Size=8, Encrypted=True, KmsKeyId=(key := make_key(cloud))
    )
    assert made["KmsKeyId"] == key


def test_a_database_takes_a_key_of_another_account_and_loses_it_with_that_key(cloud):
    rds, owner, key = cloud.client("rds"), cloud.client("kms", OWNER), make_key(cloud)
    wanted = {"Engine": "postgres", "DBInstanceClass": "db.t4g.medium", "AllocatedStorage": 20, "MasterUsername": "app"}
    storage = {"StorageEncrypted": True, "KmsKeyId": key}
    arn = rds.create_db_instance(DBInstanceIdentifier="lent", **wanted, **storage)["DBInstance"]["DBInstanceArn"]
    cloud.until(lambda: cloud.get(f"databases/{arn}")["state"] == "available")
    assert cloud.get(f"databases/{arn}")["key"] == key
    cloud.ask("PATCH", f"databases/{arn}", {"notices_key_after_s": 30})
    owner.disable_key(KeyId=key)
    cloud.until(lambda: cloud.get(f"databases/{arn}")["state"].startswith("inaccessible"))
    assert code_of(rds.start_db_instance, DBInstanceIdentifier="lent") == "KMSKeyNotAccessibleFault"
    not_lent = {"StorageEncrypted": True, "KmsKeyId": make_key(cloud, text=None)}
    assert code_of(rds.create_db_instance, DBInstanceIdentifier="x", **wanted, **not_lent) == "KMSKeyNotAccessibleFault"
