"""Auto Scaling's answers where moto's lack pages, limits or refusals, or act at once."""

from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import AutoScalingBackend as Backend
from moto.autoscaling.models import FakeAutoScalingGroup
from moto.autoscaling.responses import AutoScalingResponse as Response
from moto.core.responses import ActionResult

from tests.cloud import clock, groups

PROCESSES = (
    "Launch", "Terminate", "AddToLoadBalancer", "AlarmNotification", "AZRebalance", "HealthCheck", "InstanceRefresh",
    "ReplaceUnhealthy", "ScheduledActions",
)  # fmt: skip
# Of DescribeAutoScalingInstances, and of the groups that are asked for by name; of a page of all groups.
MOST_NAMED, LONGEST_PAGE = 50, 100
MOST_ATTACHED = 20


def install() -> None:
    FakeAutoScalingGroup.suspended_processes = property(_suspended_processes, _set_suspended_processes)
    Backend.create_auto_scaling_group = _create_auto_scaling_group
    Backend.attach_instances = _attach_instances
    Backend.set_instance_health = _set_instance_health
    Backend.suspend_processes = _suspend_processes
    Backend.resume_processes = _resume_processes
    # moto replaces what is terminated in the same moment.
    Backend.notify_terminate_instances = lambda self, instance_ids: None
    Response.describe_auto_scaling_groups = _describe_auto_scaling_groups
    Response.describe_auto_scaling_instances = _describe_auto_scaling_instances


_moto_create = Backend.create_auto_scaling_group
_moto_attach = Backend.attach_instances
_moto_set_health = Backend.set_instance_health


def _suspended_processes(self) -> list[dict[str, str]]:
    return [{"ProcessName": name, "SuspensionReason": reason} for name, reason in self._suspended_processes.items()]


def _set_suspended_processes(self, names: list[str]) -> None:
    known = getattr(self, "_suspended_processes", {})
    now = f"User suspended at {clock.iso()}"
    self._suspended_processes = {name: known.get(name, now) for name in PROCESSES if name in names}


def _create_auto_scaling_group(self, name: str, *rest: Any, **options: Any) -> FakeAutoScalingGroup:
    if name in self.autoscaling_groups:
        raise ValidationError("AutoScalingGroup by this name already exists - A group with that name already exists")
    record = _moto_create(self, name, *rest, **options)
    groups.of(record)
    return record


def _group(backend: Backend, name: str) -> FakeAutoScalingGroup:
    if name not in backend.autoscaling_groups:
        raise ValidationError("AutoScalingGroup name not found - null")
    return backend.autoscaling_groups[name]


def _attach_instances(self, group_name: str, instance_ids: list[str]) -> None:
    record = _group(self, group_name)
    _at_most(MOST_ATTACHED, instance_ids)
    if record.desired_capacity + len(instance_ids) > record.max_size:
        raise ValidationError("The group would be larger than its maximum size")
    members = [groups.servers.get(id) for id in instance_ids]
    if not all(server and server.state == "running" for server in members):
        raise ValidationError(f"One of {instance_ids} is not in correct state. Instance must be in: [running]")
    _moto_attach(self, group_name, instance_ids)
    groups.of(record).volumes = groups.volumes_of(members[0].instance)


def _set_instance_health(self, instance_id: str, health_status: str) -> None:
    server = groups.servers.get(instance_id)
    found = list(groups.with_member(server)) if server else []
    if not found:
        raise ValidationError(f"Instance Id not found - No managed instance found for instance ID {instance_id}")
    _moto_set_health(self, instance_id, health_status)
    for member in found[0].members:
        if member.instance_id == instance_id and health_status == "Unhealthy":
            found[0].find_unhealthy(member)


def _suspend_processes(self, group_name: str, scaling_processes: list[str]) -> None:
    record = _group(self, group_name)
    before = [process["ProcessName"] for process in record.suspended_processes]
    record.suspended_processes = [*before, *_known(scaling_processes)]


def _resume_processes(self, group_name: str, scaling_processes: list[str]) -> None:
    record = _group(self, group_name)
    before = [process["ProcessName"] for process in record.suspended_processes]
    resumed = _known(scaling_processes)
    record.suspended_processes = [name for name in before if name not in resumed]
    groups.of(record).resume()


def _known(names: list[str]) -> list[str]:
    """All of them, if none is named."""
    if wrong := [name for name in names or () if name not in PROCESSES]:
        raise ValidationError(f"{wrong[0]} is not a valid process type")
    return names or list(PROCESSES)


def _at_most(limit: int, named: list[str]) -> None:
    if len(named) > limit:
        raise ValidationError(f"The number of items exceeds the maximum of {limit}")


def _describe_auto_scaling_groups(self) -> ActionResult:
    names = self._get_param("AutoScalingGroupNames", [])
    size = _size_of_page(self, LONGEST_PAGE)
    _at_most(size, names)
    found = self.autoscaling_backend.describe_auto_scaling_groups(names, filters=self._get_param("Filters", []))
    return _page_of(self, "AutoScalingGroups", found, size)


def _describe_auto_scaling_instances(self) -> ActionResult:
    """Ids that are in no group are passed over. Only this operation tells health in capitals."""
    ids = self._get_param("InstanceIds", [])
    _at_most(MOST_NAMED, ids)
    found = [
        {
            "InstanceId": member.instance_id,
            "InstanceType": member.instance_type,
            "AutoScalingGroupName": member.auto_scaling_group_name,
            "AvailabilityZone": member.availability_zone,
            "LifecycleState": member.lifecycle_state,
            "HealthStatus": member.health_status.upper(),
            "ProtectedFromScaleIn": bool(member.protected_from_scale_in),
            "LaunchTemplate": member.launch_template,
        }
        for member in self.autoscaling_backend.describe_auto_scaling_instances(ids)
    ]
    return _page_of(self, "AutoScalingInstances", found, _size_of_page(self, MOST_NAMED))


def _size_of_page(response: Response, longest: int) -> int:
    size = int(response._get_param("MaxRecords") or MOST_NAMED)
    if not 1 <= size <= longest:
        raise ValidationError(f"MaxRecords must be between 1 and {longest}")
    return size


def _page_of(response: Response, member: str, found: list[Any], size: int) -> ActionResult:
    first = int(response._get_param("NextToken") or 0)
    more = str(first + size) if first + size < len(found) else None
    return ActionResult({member: found[first : first + size], "NextToken": more})
