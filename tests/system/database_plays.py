"""Plays of databases: what is stopped and started, what cannot be, and what RDS does of its own accord."""

from typing import Any

from tests.system.plays import Play, begin, fault, shut_down, start_up
from tests.world import fleet, resources
from tests.world.cloud import Cloud
from tests.world.resources import Resource

QUICK = {"stop_takes_s": 90, "start_takes_s": 90}


def add(play: Play, name: str, kind: str = "database", app: str | None = "orders", **options: Any) -> Resource:
    """A DB instance or a cluster of an app of the play; it is still being created when this returns."""
    make = getattr(play.fleet, kind)
    play.resources[name] = make(name, play.fleet.app(app) if app else None, **options)
    return play.resources[name]


def until_available(play: Play) -> None:
    resources.until_state(play.cloud, "available", *play.resources.values())
    for resource in play.resources.values():
        resources.change(play.cloud, resource, **QUICK)


def databases_and_a_cluster(cloud: Cloud) -> Play:
    """What is in use, what was stopped before, what has another key, and what nobody manages."""
    play = begin(cloud, {"server": {}})
    add(play, "orders")
    add(play, "late", tags={"lockstep:tier": "3"})
    add(play, "ledger", "cluster", members=2)
    add(play, "stopped-before")
    add(play, "other-key", key=fleet.make_key(cloud))
    add(play, "unmanaged", app=None)
    add(play, "excluded", tags={"lockstep:exclude": "true"})
    until_available(play)
    stopped = play.resources["stopped-before"]
    cloud.client("rds").stop_db_instance(DBInstanceIdentifier=stopped.name)
    resources.until_state(cloud, "stopped", stopped)
    shut_down(play)
    start_up(play)
    return play


def what_cannot_be_stopped(cloud: Cloud) -> Play:
    play = begin(cloud, {"server": {}})
    source = add(play, "source")
    add(play, "custom", Engine="custom-oracle-ee", DBInstanceClass="db.m5.large")
    add(play, "mirrored", Engine="sqlserver-se", MultiAZ=True, LicenseModel="license-included")
    add(play, "documents", "cluster", Engine="docdb")
    add(play, "graph", "cluster", Engine="neptune")
    add(play, "serverless", "cluster", members=0, EngineMode="serverless")
    add(play, "two-zones", "cluster", members=0, Engine="postgres", AllocatedStorage=100,
        DBClusterInstanceClass="db.r6gd.large")  # fmt: skip
    world = add(play, "world", "cluster")
    until_available(play)
    rds = cloud.client("rds")
    tags = [{"Key": "lockstep:app", "Value": play.fleet.app("orders")}]
    replica = rds.create_db_instance_read_replica(
        DBInstanceIdentifier=play.fleet.app("replica"), SourceDBInstanceIdentifier=source.name, Tags=tags
    )["DBInstance"]
    play.resources["replica"] = Resource("databases", replica["DBInstanceArn"], play.fleet.app("replica"), source.app)
    on_another_key = rds.create_db_instance_read_replica(
        DBInstanceIdentifier=play.fleet.app("follower"), SourceDBInstanceIdentifier=source.name, Tags=tags,
        KmsKeyId=fleet.make_key(cloud),
    )["DBInstance"]  # fmt: skip
    play.resources["follower"] = Resource(
        "databases", on_another_key["DBInstanceArn"], play.fleet.app("follower"), source.app
    )
    rds.create_global_cluster(GlobalClusterIdentifier=play.fleet.app("globe"), SourceDBClusterIdentifier=world.arn)
    until_available(play)
    shut_down(play)
    return play


def databases_that_are_in_the_way(cloud: Cloud) -> Play:
    """One is refused for good, one is throttled, and one answer is lost after the stop was carried out."""
    play = begin(cloud, {"server": {}})
    for name in ("refused", "throttled", "lost", "fine"):
        add(play, name)
    until_available(play)
    name = {key: resource.name for key, resource in play.resources.items()}
    fault(play, "rds", "StopDBInstance", "error", name["refused"], code="InvalidParameterCombination")
    fault(play, "rds", "StopDBInstance", "throttle", name["throttled"], times=2)
    fault(play, "rds", "StopDBInstance", "lost_answer", name["lost"])
    shut_down(play)
    start_up(play)
    return play


def a_database_that_fails_to_start(cloud: Cloud) -> Play:
    play = begin(cloud, {"server": {}})
    add(play, "orders")
    until_available(play)
    resources.change(cloud, play.resources["orders"], failing_starts=1)
    shut_down(play)
    start_up(play)
    return play
