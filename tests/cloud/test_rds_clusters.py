"""DB clusters: they stop and start as one, and some do not at all."""

import pytest

from tests.cloud.database_words import available, encrypted, make, make_cluster, slow, told
from tests.cloud.test_cloud import code_of
from tests.cloud.test_steps import chain, task


def test_a_cluster_stops_and_starts_with_its_members(cloud, key):
    rds = cloud.client("rds")
    arn = make_cluster(cloud, "books", **encrypted(key.rsplit("/", 1)[-1]))
    members = ("books-1", "books-2")
    for name in members:
        make(cloud, name, "aurora-postgresql", as_is=True, DBClusterIdentifier="books")
    assert [m["DBInstanceIdentifier"] for m in rds.describe_db_clusters()["DBClusters"][0]["DBClusterMembers"]] == [
        *members
    ]
    assert {told(cloud, name)["KmsKeyId"] for name in members} == {key}
    rds.stop_db_cluster(DBClusterIdentifier="books")
    assert {told(cloud, name)["DBInstanceStatus"] for name in members} == {"stopping"}
    assert code_of(rds.stop_db_cluster, DBClusterIdentifier="books") == "InvalidDBClusterStateFault"
    cloud.until(lambda: {told(cloud, name)["DBInstanceStatus"] for name in members} == {"stopped"})
    [stopped] = rds.describe_db_clusters(DBClusterIdentifier="books")["DBClusters"]
    assert stopped["Status"] == "stopped" and "AutomaticRestartTime" in stopped
    cloud.client("kms").disable_key(KeyId=key)
    assert code_of(rds.start_db_cluster, DBClusterIdentifier="books") == "KMSKeyNotAccessibleFault"
    cloud.client("kms").enable_key(KeyId=key)
    rds.start_db_cluster(DBClusterIdentifier="books")
    available(cloud, arn)
    assert {told(cloud, name)["DBInstanceStatus"] for name in members} == {"available"}


@pytest.mark.parametrize("kind", ["global", "serverless", "multi-az"])
def test_a_cluster_that_cannot_be_stopped_is_refused(cloud, kind):
    rds = cloud.client("rds")
    if kind == "global":
        arn = make_cluster(cloud, "books")
        rds.create_global_cluster(GlobalClusterIdentifier="world", SourceDBClusterIdentifier=arn)
        make_cluster(cloud, "second", GlobalClusterIdentifier="world")
    elif kind == "serverless":
        make_cluster(cloud, "books", EngineMode="serverless")
    else:
        make_cluster(cloud, "books", "postgres", AllocatedStorage=100, DBClusterInstanceClass="db.r6gd.large")
    assert code_of(rds.stop_db_cluster, DBClusterIdentifier="books") == "InvalidDBClusterStateFault"


def test_a_field_that_is_spelled_as_the_api_has_it_is_refused(cloud):
    ended = cloud.run(chain(Stop=task("aws-sdk:rds:stopDBCluster", {"DBClusterIdentifier": "books"})))
    assert ended["error"] == "States.Runtime"
    assert 'The field "DBClusterIdentifier" is not supported by Step Functions' in ended["cause"]


def test_a_workflow_stops_a_cluster(cloud):
    arn = slow(cloud, make_cluster(cloud, "books"))
    make(cloud, "books-1", "aurora-postgresql", as_is=True, DBClusterIdentifier="books")
    wanted = {"DbClusterIdentifier": "books"}
    again = task("aws-sdk:rds:stopDBCluster", wanted)
    again["Catch"] = [{"ErrorEquals": ["Rds.InvalidDbClusterStateException"], "Next": "Look"}]
    ended = cloud.run(
        chain(
            Stop=task("aws-sdk:rds:stopDBCluster", wanted),
            Again=again,
            Look=task("aws-sdk:rds:describeDBClusters", wanted, Output="{% $states.result.DbClusters[0] %}"),
        )
    )
    seen = ended["output"]
    assert (seen["DbClusterArn"], seen["Status"], seen["ReadReplicaIdentifiers"]) == (arn, "stopping", [])
    assert [member["DbInstanceIdentifier"] for member in seen["DbClusterMembers"]] == ["books-1"]
