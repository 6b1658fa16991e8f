"""RDS's answers where moto's lack keys, states, pages or refusals.

The codes of refusals are what people have met: `InvalidDBInstanceState` cloud-custodian#1687, `InvalidParameter-
Combination … not eligible for stopping and starting` instance-scheduler-on-aws#111 (docdb) and #208 (members of
a cluster), `Cannot stop or start a Read-Replica instance` base2Services/cfn-start-stop-stack#65 (its code is not
told there). For clusters the API Reference lists `InvalidDBClusterStateFault` and nothing that would fit better.
"""

import itertools
from typing import Any

from ministack.core.responses import get_account_id
from moto.core.responses import ActionResult
from moto.rds.exceptions import (
    DBClusterNotFoundError,
    InvalidDBClusterStateFault,
    InvalidDBInstanceStateError,
    InvalidParameterCombination,
    InvalidParameterValue,
    KMSKeyNotAccessibleFault,
    RDSClientError,
)
from moto.rds.models import DBCluster, DBInstance, RDSBackend
from moto.rds.responses import RDSResponse
from moto.rds.utils import ClusterEngine, DbInstanceEngine

from tests.cloud import databases, key_policies, keys
from tests.cloud.databases import STARTABLE, global_members

SHORTEST_PAGE, LONGEST_PAGE = 20, 100
# What moto's tables of defaults lack. DescribeDBInstances tells of Amazon DocumentDB, too.
DEFAULTS = {
    "docdb": {"engine_version": "5.0.0", "port": 27017, "allocated_storage": 1},
    "mariadb": {"engine_version": "10.11.8"},
}
CUSTOM = {"engine_version": "19.0.0", "port": 1521, "allocated_storage": 40}


def install() -> None:
    DbInstanceEngine.valid_db_instance_engine = classmethod(_instance_engines)
    ClusterEngine.list_cluster_engines = classmethod(_cluster_engines)
    # moto's cluster becomes available when someone looks at it.
    DBCluster.status = property(lambda self: self._status, lambda self, state: setattr(self, "_status", state))
    DBInstance.storage_key = DBCluster.storage_key = None
    RDSBackend.create_db_instance = _create_db_instance
    RDSBackend.create_db_instance_read_replica = _create_read_replica
    RDSBackend.create_db_cluster = _create_db_cluster
    RDSBackend.stop_db_instance = _stop_db_instance
    RDSBackend.start_db_instance = _start_db_instance
    RDSBackend.stop_db_cluster = _stop_db_cluster
    RDSBackend.start_db_cluster = _start_db_cluster
    RDSResponse.describe_db_instances = _describe_db_instances
    RDSResponse.describe_db_clusters = _describe_db_clusters


_moto_create_db_instance = RDSBackend.create_db_instance
_moto_create_read_replica = RDSBackend.create_db_instance_read_replica
_moto_create_db_cluster = RDSBackend.create_db_cluster


def _instance_engines(cls) -> list[str]:
    return sorted(["docdb", *(engine.value for engine in cls)])


def _cluster_engines(cls) -> list[str]:
    return sorted(["docdb", *(engine.value for engine in cls)])


def _create_db_instance(self, db_kwargs: Any) -> DBInstance:
    wanted = _with_defaults(db_kwargs)
    member = wanted.get("db_cluster_identifier") is not None
    key = None if member else _take_key(wanted)
    record = _moto_create_db_instance(self, wanted)
    if member:
        record.status = record.cluster.status
    else:
        record.storage_key = key
        databases.of(record).create()
    return record


def _create_read_replica(self, db_kwargs: Any) -> DBInstance:
    record = _moto_create_read_replica(self, db_kwargs)
    # moto copies the source, and with it the very list of its tags.
    record.tags = db_kwargs.get("tags") or []
    databases.of(record).create()
    return record


def _create_db_cluster(self, kwargs: Any) -> DBCluster:
    wanted = _with_defaults(kwargs)
    if wanted["db_cluster_identifier"] in self.clusters:
        raise RDSClientError("DBClusterAlreadyExistsFault", "DB Cluster already exists")
    key = _take_key(wanted)
    record = _moto_create_db_cluster(self, wanted)
    record.storage_key = record.kms_key_id = key
    databases.of(record).create()
    return record


def _with_defaults(asked: Any) -> dict[str, Any]:
    engine = asked.get("engine", "")
    return (CUSTOM if engine.startswith("custom-") else DEFAULTS.get(engine, {})) | dict(asked)


def _take_key(wanted: dict[str, Any]) -> str | None:
    """The ARN of the key of the storage, which RDS takes as an ARN, an id, an alias ARN or an alias name."""
    given = wanted.get("kms_key_id")
    if not wanted.get("storage_encrypted"):
        if given:
            raise InvalidParameterCombination("KmsKeyId can only be given for encrypted storage")
        return None
    wanted["kms_key_id"] = keys.full_arn(given or "aws-rds")
    if not key_policies.is_usable_by(wanted["kms_key_id"], get_account_id(), "rds"):
        raise KMSKeyNotAccessibleFault(given)
    return wanted["kms_key_id"]


def _stop_db_instance(self, db_instance_identifier: str, db_snapshot_identifier: str | None = None) -> DBInstance:
    [record] = self.describe_db_instances(db_instance_identifier)
    _refuse_stop(record)
    if record.status != "available":
        raise InvalidDBInstanceStateError(db_instance_identifier, "stop")
    if db_snapshot_identifier:
        self.create_db_snapshot(db_instance_identifier, db_snapshot_identifier)
    databases.of(record).stop()
    return record


def _start_db_instance(self, db_instance_identifier: str) -> DBInstance:
    [record] = self.describe_db_instances(db_instance_identifier)
    _refuse_member(record)
    if record.status not in STARTABLE:
        raise InvalidDBInstanceStateError(db_instance_identifier, "start")
    _start(record)
    return record


def _start(record: Any) -> None:
    database = databases.of(record)
    if not database.has_its_key:
        raise KMSKeyNotAccessibleFault(database.key)
    database.start()


def _refuse_member(record: DBInstance) -> None:
    if record.db_cluster_identifier or record.engine.startswith("custom-oracle"):
        message = f"{record.engine} DB instances are not eligible for stopping and starting."
        raise InvalidParameterCombination(message)


def _refuse_stop(record: DBInstance) -> None:
    _refuse_member(record)
    if record.is_replica:
        raise RDSClientError("InvalidDBInstanceState", "Cannot stop or start a Read-Replica instance")
    if record.replicas:
        raise RDSClientError("InvalidDBInstanceState", "Cannot stop or start an instance with Read-Replicas")
    if record.multi_az and "sqlserver" in record.engine:
        raise InvalidParameterCombination("Cannot stop or start a SQLServer MultiAz instance")


def _stop_db_cluster(self, cluster_identifier: str) -> DBCluster:
    cluster = _cluster(self, cluster_identifier)
    if reason := _why_no_stop(cluster):
        raise InvalidDBClusterStateFault(f"DbCluster {cluster_identifier} cannot be stopped: {reason}")
    _expect(cluster, "available")
    databases.of(cluster).stop()
    return cluster


def _why_no_stop(cluster: DBCluster) -> str | None:
    if cluster.engine in ("mysql", "postgres"):
        return "it is a Multi-AZ DB cluster"
    if cluster.engine_mode == "serverless":
        return "it is an Aurora Serverless v1 DB cluster"
    if cluster.replication_source_identifier:
        return "it is a cross-Region read replica"
    if len(global_members(cluster)) > 1:
        return "it is not the only cluster of its Aurora global database"
    return None


def _start_db_cluster(self, cluster_identifier: str) -> DBCluster:
    cluster = _cluster(self, cluster_identifier)
    _expect(cluster, *STARTABLE)
    _start(cluster)
    return cluster


def _cluster(backend: RDSBackend, identifier: str) -> DBCluster:
    # An ARN is accepted, too.
    found = backend.clusters.get(identifier.rsplit(":", 1)[-1])
    if found is None:
        raise DBClusterNotFoundError(identifier)
    return found


def _expect(cluster: DBCluster, *states: str) -> None:
    if cluster.status not in states:
        message = f"DbCluster {cluster.resource_id} is in {cluster.status} state but expected it to be one of "
        raise InvalidDBClusterStateFault(message + ",".join(states) + ".")


def _describe_db_instances(self) -> ActionResult:
    found = self.backend.describe_db_instances(self.params.get("DBInstanceIdentifier"), filters=_filters(self))
    page, marker = _page_of(self, found)
    return ActionResult({"DBInstances": page, "Marker": marker})


def _describe_db_clusters(self) -> ActionResult:
    found = self.backend.describe_db_clusters(self.params.get("DBClusterIdentifier"), filters=_filters(self))
    page, marker = _page_of(self, found)
    return ActionResult({"DBClusters": page, "Marker": marker})


def _filters(response: RDSResponse) -> dict[str, list[str]]:
    return {wanted["Name"]: wanted["Values"] for wanted in response.params.get("Filters", [])}


def _page_of(response: RDSResponse, found: list[Any]) -> tuple[list[Any], str | None]:
    size = int(response.params.get("MaxRecords") or LONGEST_PAGE)
    if not SHORTEST_PAGE <= size <= LONGEST_PAGE:
        message = f"Invalid value {size} for MaxRecords. Must be between {SHORTEST_PAGE} and {LONGEST_PAGE}"
        raise InvalidParameterValue(message)
    first = int(response.params.get("Marker") or 0)
    ordered = sorted(found, key=lambda record: record.resource_id)
    page = list(itertools.islice(ordered, first, first + size))
    return page, str(first + size) if first + size < len(ordered) else None
