"""Application Auto Scaling of ECS services: counts are pulled between the limits, and an alarm scales out.

From the API Reference of RegisterScalableTarget: if the resource is active, its capacity is changed to a value
within the limits; on an update that is so "even if you don't include the MinCapacity or MaxCapacity request
parameters". From the ECS Developer Guide, "Automatically scale your Amazon ECS service": a desired count below the
minimum is lifted to it by the next scale-out.
"""

import json
from typing import Any

from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.applicationautoscaling.models import (
    ApplicationAutoscalingBackend,
    FakeScalableTarget,
    applicationautoscaling_backends,
)
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse, _build_target

from tests.cloud import calls
from tests.cloud.clock import timeline
from tests.cloud.containers import Service
from tests.cloud.moto_service import lock

DIMENSION = "ecs:service:DesiredCount"
SUSPENSIONS = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
LONGEST_PAGE = 50


def install() -> None:
    ApplicationAutoscalingBackend.register_scalable_target = _register_scalable_target
    ApplicationAutoScalingResponse.describe_scalable_targets = _describe_scalable_targets


_moto_register = ApplicationAutoscalingBackend.register_scalable_target


def target_of(service: Service) -> FakeScalableTarget | None:
    record = service.record
    backend = applicationautoscaling_backends[record._account_id][record.region_name]
    return backend.targets.get(DIMENSION, {}).get(f"service/{record.cluster_name}/{record.name}")


def _register_scalable_target(
    self, namespace, r_id, dimension, min_capacity, max_capacity, role_arn, suspended_state
) -> FakeScalableTarget:
    known = self.targets.get(dimension, {}).get(r_id)
    if known is None and (min_capacity is None or max_capacity is None):
        raise AWSValidationException("MinCapacity and MaxCapacity are required for a new scalable target")
    low = min_capacity if min_capacity is not None else known.min_capacity
    high = max_capacity if max_capacity is not None else known.max_capacity
    if low > high:
        raise AWSValidationException("Maximum capacity cannot be less than minimum capacity")
    target = _moto_register(self, namespace, r_id, dimension, min_capacity, max_capacity, role_arn, suspended_state)
    if namespace == "ecs":
        _, cluster, name = r_id.split("/")
        [record], _ = self.ecs_backend.describe_services(cluster, [name])
        _set_count(record, min(max(record.desired_count, low), high))
    return target


def _set_count(record: Any, count: int) -> None:
    if record.status != "ACTIVE" or record.desired_count == count:
        return
    backend = record._backend
    backend.update_service({"cluster": record.cluster_name, "service": record.name, "desired_count": count})
    calls.world_did("application-autoscaling", "SetDesiredCount", [record.arn], str(count))


def scale_out(service: Service, after_s: float) -> None:
    """An alarm goes off that asks for more tasks."""
    timeline.after(after_s, lambda: _scale_out(service))


def _scale_out(service: Service) -> None:
    target = target_of(service)
    if target is None or suspended(target)["DynamicScalingOutSuspended"]:
        calls.world_did("application-autoscaling", "ScaleOut", [service.arn], "suspended" if target else "no target")
        return
    with lock:
        count = service.record.desired_count
        _set_count(service.record, min(max(count + 1, target.min_capacity), target.max_capacity))
    calls.world_did("application-autoscaling", "ScaleOut", [service.arn], "done", before=count)


def suspended(target: FakeScalableTarget) -> dict[str, bool]:
    return {name: bool((target.suspended_state or {}).get(name, False)) for name in SUSPENSIONS}


def _describe_scalable_targets(self) -> str:
    self._validate_params()
    found = self.applicationautoscaling_backend.describe_scalable_targets(
        self._get_param("ServiceNamespace"), self._get_param("ResourceIds"), self._get_param("ScalableDimension")
    )
    size = self._get_int_param("MaxResults") or LONGEST_PAGE
    first = int(self._get_param("NextToken") or 0)
    page = [_build_target(target) | {"SuspendedState": suspended(target)} for target in found[first : first + size]]
    more = {"NextToken": str(first + size)} if first + size < len(found) else {}
    return json.dumps({"ScalableTargets": page, **more})
