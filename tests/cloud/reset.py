"""A new world under the same deployed stack."""

from ministack.services import cloudtrail, dynamodb, kms, sqs, stepfunctions
from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.autoscaling.models import autoscaling_backends
from moto.ec2.models import ec2_backends
from moto.ecs.models import ecs_backends
from moto.rds.models import rds_backends

from tests.cloud import (
    calls,
    clock,
    containers,
    faults,
    key_events,
    key_stores,
    keys,
    mails,
    snapshots,
    ssm,
    throttling,
)
from tests.cloud.databases import databases
from tests.cloud.groups import groups
from tests.cloud.moto_service import lock
from tests.cloud.world import servers


def reset(tables: bool = False) -> None:
    """No fleet, keys, trails, mails, messages, faults, log or executions; and, if asked, no rows in any table."""
    _abort_executions()
    clock.timeline.clear()
    with lock:
        servers.clear()
        ec2_backends.reset()
        databases.clear()
        groups.clear()
        containers.clear()
        for backends in (rds_backends, ecs_backends, applicationautoscaling_backends, autoscaling_backends):
            backends.reset()
    kms.reset()
    cloudtrail.reset()
    mails.clear()
    ssm.clear()
    faults.clear()
    throttling.stop()
    key_events.deliveries.clear()
    key_stores.clear()
    keys.deleted.clear()
    snapshots.clear()
    for queue in list(sqs._queues._data.values()):
        queue["messages"].clear()
    if tables:
        for table in list(dynamodb._tables._data.values()):
            table["items"].clear()
            table["ItemCount"] = 0
    calls.clear()


def _abort_executions() -> None:
    # Silently: an event about it would reach the rules of the stack and start mails of the old world.
    for execution in list(stepfunctions._executions._data.values()):
        if execution["status"] == "RUNNING":
            execution.update(status="ABORTED", stopDate=stepfunctions.now_iso())
    stepfunctions._executions._data.clear()
    stepfunctions._map_runs._data.clear()
