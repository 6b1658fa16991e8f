"""What RDS says on the default bus of a database that was stopped, was started, or is started by RDS itself.

Source: Amazon RDS User Guide, "Amazon RDS event categories and event messages" and "Creating a rule that triggers
on an Amazon RDS event"; Aurora User Guide for clusters.
"""

import json
from typing import Any

from ministack.services import eventbridge

from tests.cloud import clock

STOPPED, STARTED, STARTED_BY_RDS = "stopped", "started", "being started due to it exceeding the maximum allowed time"
# By what is said: the ids for an instance and for a cluster.
IDS = {
    STOPPED: ("RDS-EVENT-0087", "RDS-EVENT-0150"),
    STARTED: ("RDS-EVENT-0088", "RDS-EVENT-0151"),
    STARTED_BY_RDS: ("RDS-EVENT-0154", "RDS-EVENT-0153"),
}


def say(record: Any, what: str) -> None:
    is_cluster = record.resource_type == "cluster"
    kind = "Cluster" if is_cluster else "Instance"
    message = f"DB {kind.lower()} is {what} being stopped." if what == STARTED_BY_RDS else f"DB {kind.lower()} {what}"
    detail = {
        "EventCategories": ["notification"],
        "SourceType": "CLUSTER" if is_cluster else "DB_INSTANCE",
        "SourceArn": record.arn,
        "Date": clock.iso(),
        "Message": message,
        "SourceIdentifier": record.resource_id,
        "EventID": IDS[what][is_cluster],
    }
    entry = {"Source": "aws.rds", "DetailType": f"RDS DB {kind} Event", "Detail": json.dumps(detail)}
    eventbridge._put_events({"Entries": [{**entry, "Resources": [record.arn]}]}, allow_aws_source=True)
