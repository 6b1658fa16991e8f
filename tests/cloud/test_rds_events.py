"""RDS tells the default bus what became of a database."""

import json

import pytest

from tests.cloud.database_words import available, make, make_cluster


@pytest.mark.parametrize(
    ("kind", "ids"),
    [
        ("Instance", ["RDS-EVENT-0087", "RDS-EVENT-0154", "RDS-EVENT-0088"]),
        ("Cluster", ["RDS-EVENT-0150", "RDS-EVENT-0153", "RDS-EVENT-0151"]),
    ],
)
def test_a_database_that_rds_starts_by_itself_is_heard_on_the_bus(cloud, queue, kind, ids):
    events, rds, (url, queue_arn) = cloud.client("events"), cloud.client("rds"), queue
    events.put_rule(Name="databases", EventPattern=json.dumps({"source": ["aws.rds"]}))
    events.put_targets(Rule="databases", Targets=[{"Id": "queue", "Arn": queue_arn}])
    arn = make(cloud, "orders") if kind == "Instance" else make_cluster(cloud, "orders")
    cloud.ask("PATCH", f"databases/{arn}", {"restarts_after_s": 60})
    if kind == "Instance":
        rds.stop_db_instance(DBInstanceIdentifier="orders")
    else:
        rds.stop_db_cluster(DBClusterIdentifier="orders")
    cloud.until(lambda: cloud.calls("rds", "AutomaticRestart"))
    available(cloud, arn)
    heard = []

    def listen() -> bool:
        found = cloud.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        heard.extend(json.loads(message["Body"]) for message in found)
        return len(heard) == len(ids)

    cloud.until(listen)
    events.remove_targets(Rule="databases", Ids=["queue"])
    assert [event["detail"]["EventID"] for event in sorted(heard, key=lambda e: e["detail"]["Date"])] == ids
    assert {(event["detail-type"], event["resources"][0]) for event in heard} == {(f"RDS DB {kind} Event", arn)}
    assert {event["detail"]["SourceIdentifier"] for event in heard} == {"orders"}
