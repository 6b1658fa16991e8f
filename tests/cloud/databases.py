"""RDS over virtual time: the states of DB instances and clusters, their keys, and the start after seven days.

Sources: Amazon RDS User Guide, "Stopping an Amazon RDS DB instance temporarily" and "Encrypting Amazon RDS
resources"; Aurora User Guide, "Stopping and starting an Amazon Aurora DB cluster".
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from moto.core.utils import utcnow
from moto.rds.models import DBInstanceClustered, rds_backends

from tests.cloud import calls, database_events, keys
from tests.cloud.clock import timeline
from tests.cloud.moto_service import lock

DAY_S = 24 * 60 * 60
RECOVERABLE = "inaccessible-encryption-credentials-recoverable"
LOST = "inaccessible-encryption-credentials"
# From these a start is accepted.
STARTABLE = ("stopped", RECOVERABLE)


@dataclass
class Database:
    """What moto does not know of a DB instance that is no cluster's member, or of a DB cluster with its members."""

    record: Any
    create_takes_s: float = 60
    stop_takes_s: float = 300
    start_takes_s: float = 420
    # RDS says that it takes the storage away two hours after it has noticed that the key is off.
    notices_key_after_s: float = 2 * 60 * 60
    # Stopped for so long, it is started by RDS itself; without its key for so long, it is lost.
    restarts_after_s: float = 7 * DAY_S
    lost_after_s: float = 7 * DAY_S
    # So many starts will be accepted and end in `stopped`.
    failing_starts: int = 0
    # Counts the changes of its state, and of its key while it is available; what was planned before is void.
    turn: int = 0

    @property
    def arn(self) -> str:
        return self.record.arn

    @property
    def is_cluster(self) -> bool:
        return self.record.resource_type == "cluster"

    @property
    def key(self) -> str | None:
        return self.record.storage_key

    @property
    def has_its_key(self) -> bool:
        return self.key is None or keys.is_usable(self.key)

    @property
    def tags(self) -> dict[str, str]:
        return {tag["Key"]: tag["Value"] for tag in self.record.get_tags()}

    @property
    def members(self) -> list[Any]:
        return self.record.members if self.is_cluster else []

    def create(self) -> None:
        self.enter("creating")
        self.later(self.create_takes_s, lambda: self.arrive("available"))

    def stop(self) -> None:
        self.enter("stopping")
        self.later(self.stop_takes_s, lambda: self.arrive("stopped"))

    def start(self) -> None:
        self.enter("starting")
        self.later(self.start_takes_s, self.finish_start)

    def finish_start(self) -> None:
        if self.failing_starts > 0:
            self.failing_starts -= 1
            self.arrive("stopped")
        elif not self.has_its_key:
            self.lose_key()
        else:
            self.arrive("available")
            database_events.say(self.record, database_events.STARTED)

    def start_by_itself(self) -> None:
        calls.world_did("rds", "AutomaticRestart", [self.arn], "starting")
        database_events.say(self.record, database_events.STARTED_BY_RDS)
        self.start() if self.has_its_key else self.lose_key()

    def arrive(self, state: str) -> None:
        """Reaches a state in which it will stay until someone, or time, does something about it."""
        self.enter(state)
        calls.world_did("rds", "StateChange", [self.arn], state)
        if state == "stopped":
            self.record.automatic_restart_time = utcnow() + timedelta(seconds=self.restarts_after_s)
            self.later(self.restarts_after_s, self.start_by_itself)
            database_events.say(self.record, database_events.STOPPED)
        elif state == "available":
            self.look_at_key()
        elif state == RECOVERABLE:
            self.later(self.lost_after_s, lambda: self.arrive(LOST))

    def enter(self, state: str) -> None:
        self.turn += 1
        self.record.automatic_restart_time = None
        for record in (self.record, *self.members):
            record.status = state

    def look_at_key(self) -> None:
        """Its key has changed, or it has become available. What keeps no backups is never taken away."""
        self.turn += 1
        if not self.has_its_key and self.record.backup_retention_period:
            self.later(self.notices_key_after_s, self.lose_key)

    def lose_key(self) -> None:
        self.arrive(RECOVERABLE if may_be_recovered(self.record) else LOST)

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        planned_in = self.turn

        def act_if_nothing_came_between() -> None:
            with lock:
                if self.turn == planned_in:
                    act()

        timeline.after(seconds, act_if_nothing_came_between)


# By ARN.
databases: dict[str, Database] = {}


def install() -> None:
    keys.changed.append(_key_changed)


def of(record: Any) -> Database:
    """The database of one of moto's records; the cluster, if it is a member."""
    record = record.cluster if isinstance(record, DBInstanceClustered) else record
    known = databases.get(record.arn)
    if known is None or known.record is not record:
        known = databases[record.arn] = Database(record)
    return known


def may_be_recovered(record: Any) -> bool:
    """What cannot be stopped is lost at once with its key, and so is a member of an Aurora global database."""
    if record.resource_type == "cluster":
        return not global_members(record)
    return not (record.is_replica or record.replicas)


def global_members(cluster: Any) -> list[Any]:
    """The clusters of the global database that this one belongs to, itself included."""
    for backend in rds_backends[cluster.account_id].values():
        for database in backend.global_clusters.values():
            if cluster in database.members:
                return database.members
    return []


def _key_changed(arn: str) -> None:
    with lock:
        for database in list(databases.values()):
            if database.key == arn and database.record.status == "available":
                database.look_at_key()
