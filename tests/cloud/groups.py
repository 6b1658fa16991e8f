"""Auto Scaling over virtual time: a member that does not run is found unhealthy, terminated and replaced.

Source: Amazon EC2 Auto Scaling User Guide, "Health checks for instances in an Auto Scaling group" (any state but
running is unhealthy; unhealthy is for good unless SetInstanceHealth says otherwise) and "Suspend and resume
processes" (what each process needs; what is unhealthy when ReplaceUnhealthy resumes is replaced at once).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from moto.autoscaling.models import ASG_NAME_TAG, InstanceState, autoscaling_backends

from tests.cloud import calls, key_policies, world
from tests.cloud.clock import timeline
from tests.cloud.moto_service import lock
from tests.cloud.world import servers

Mapping = dict[str, Any]


@dataclass
class Group:
    """What moto does not know of one of its groups."""

    record: Any
    # How long after a server went down a health check finds it, and how long after that it is replaced.
    health_check_takes_s: float = 60
    replacement_takes_s: float = 60
    # A launch that has failed, such as for a key that is off, is tried again.
    launches_again_after_s: float = 300
    # The volumes of a new member, as those of the last one that was lost.
    volumes: list[Mapping] = field(default_factory=list)
    waits_to_launch: bool = False

    @property
    def arn(self) -> str:
        return self.record.arn

    @property
    def tags(self) -> dict[str, str]:
        return {tag["Key"]: tag["Value"] for tag in self.record.tags}

    @property
    def suspended(self) -> set[str]:
        return {process["ProcessName"] for process in self.record.suspended_processes}

    @property
    def members(self) -> list[InstanceState]:
        """Those in service; one in standby is left alone."""
        return self.record.active_instances()

    @property
    def is_whole(self) -> bool:
        healthy = [member for member in self.members if member.health_status == "Healthy" and is_running(member)]
        return len(healthy) == len(self.members) == self.record.desired_capacity

    def check_soon(self) -> None:
        self.later(self.health_check_takes_s, self.check)

    def check(self) -> None:
        if "HealthCheck" in self.suspended:
            return
        for member in self.members:
            if member.health_status == "Healthy" and not is_running(member):
                self.find_unhealthy(member)

    def find_unhealthy(self, member: InstanceState) -> None:
        member.health_status = "Unhealthy"
        calls.world_did("autoscaling", "HealthCheck", [self.record.name, member.instance_id], "Unhealthy")
        self.later(self.replacement_takes_s, self.replace)

    def replace(self) -> None:
        if "ReplaceUnhealthy" in self.suspended:
            return
        if "Terminate" not in self.suspended:
            for member in self.members:
                if member.health_status == "Unhealthy":
                    self.terminate(member)
        self.fill()

    def terminate(self, member: InstanceState) -> None:
        self.volumes = volumes_of(member.instance) or self.volumes
        self.record.instance_states.remove(member)
        calls.world_did("autoscaling", "Terminate", [self.record.name, member.instance_id], "Successful")
        # Termination protection holds off people, not Auto Scaling.
        member.instance.disable_api_termination = False
        self.record.ec2_backend.terminate_instances([member.instance_id])

    def fill(self) -> None:
        """Launches what is missing; a new server takes its volumes, and their key, after the last one that was lost."""
        for _ in range(self.record.desired_capacity - len(self.members)):
            if "Launch" in self.suspended:
                return
            used = {volume["Ebs"].get("KmsKeyId") for volume in self.volumes} - {None}
            account = self.record.ec2_backend.account_id
            if not all(key_policies.is_usable_by(arn, account, "ec2") for arn in used):
                reason = "Client.InternalError: Client error on launch"
                calls.world_did("autoscaling", "Launch", [self.record.name], "Failed", reason=reason)
                self.launch_later()
                return
            self.launch()

    def launch_later(self) -> None:
        if not self.waits_to_launch:
            self.waits_to_launch = True
            self.later(self.launches_again_after_s, self.launch_again)

    def launch_again(self) -> None:
        self.waits_to_launch = False
        self.fill()

    def launch(self) -> None:
        record = self.record
        reservation = record.ec2_backend.run_instances(
            record.image_id,
            1,
            record.user_data,
            record.security_groups,
            instance_type=record.instance_type,
            tags={"instance": record.get_propagated_tags() | record.instance_tags | {ASG_NAME_TAG: record.name}},
            placement=record.availability_zones[0],
            is_instance_type_default=False,
            block_device_mappings=[{**volume, "Ebs": dict(volume["Ebs"])} for volume in self.volumes],
        )
        [instance] = reservation.instances
        record.instance_states.append(InstanceState(instance, autoscaling_group=record))
        calls.world_did("autoscaling", "Launch", [record.name, instance.id], "Successful")

    def resume(self) -> None:
        """Nothing waits: what is found unhealthy now, or was before, is replaced at once."""
        self.check()
        self.replace()
        self.fill()

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        def act_alone() -> None:
            with lock:
                act()

        timeline.after(seconds, act_alone)


# By ARN.
groups: dict[str, Group] = {}


def install() -> None:
    world.power_changed.append(_power_changed)


def of(record: Any) -> Group:
    known = groups.get(record.arn)
    if known is None or known.record is not record:
        known = groups[record.arn] = Group(record)
    return known


def is_running(member: InstanceState) -> bool:
    return servers[member.instance_id].state == "running"


def volumes_of(instance: Any) -> list[Mapping]:
    """Block device mappings that make the same volumes, as far as they are still there."""
    every, mappings = instance.ec2_backend.volumes, []
    for name, device in instance.get_block_device_mapping:
        if volume := every.get(device.volume_id):
            disk = {"VolumeSize": volume.size, "Encrypted": volume.encrypted, "DeleteOnTermination": True}
            disk |= {"KmsKeyId": volume.kms_key_id} if volume.kms_key_id else {}
            mappings.append({"DeviceName": name, "Ebs": disk})
    return mappings


def with_member(server: world.Server) -> Iterator[Group]:
    for record in autoscaling_backends[server.account][server.region].autoscaling_groups.values():
        if any(member.instance_id == server.id for member in record.instance_states):
            yield of(record)


def _power_changed(server: world.Server) -> None:
    if server.state == "running":
        return
    with lock:
        for group in with_member(server):
            # What is terminated takes its volumes along.
            group.volumes = volumes_of(server.instance) or group.volumes
            group.check_soon()
