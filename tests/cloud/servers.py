"""Makes moto's EC2 take its time and refuse what EC2 refuses: start, stop, and a disabled volume key."""

import logging

from ministack.core.responses import get_account_id, get_region
from moto.ec2.exceptions import EC2ClientError, InvalidInstanceIdError, OperationDisableApiStopNotPermitted
from moto.ec2.models.amis import AmiBackend
from moto.ec2.models.elastic_block_store import EBSBackend
from moto.ec2.models.instances import InstanceBackend, StateReason

from tests.cloud import calls, key_policies, keys, permissions
from tests.cloud.clock import timeline
from tests.cloud.moto_service import lock
from tests.cloud.world import Server, servers

CODES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}
LAUNCH_ERROR = StateReason("Client.InternalError: Client error on launch", "Client.InternalError")

log = logging.getLogger("lockstep.servers")

Change = tuple[str, str, str]


def install() -> None:
    InstanceBackend.run_instances = _run_instances
    InstanceBackend.terminate_instances = _terminate_instances
    InstanceBackend.get_instance = _get_instance
    InstanceBackend.get_multi_instances_by_id = _get_many
    EBSBackend.create_volume = _create_volume
    AmiBackend.describe_images = _describe_images


_moto_run_instances = InstanceBackend.run_instances
_moto_terminate_instances = InstanceBackend.terminate_instances
_moto_create_volume = EBSBackend.create_volume
_moto_get_instance = InstanceBackend.get_instance
_moto_describe_images = AmiBackend.describe_images


def _run_instances(self, image_id, count, user_data, security_group_names, **options):
    reservation = _moto_run_instances(self, image_id, count, user_data, security_group_names, **options)
    for instance in reservation.instances:
        servers[instance.id] = Server(instance, get_account_id(), get_region())
    return reservation


def _create_volume(self, *arguments, kms_key_id=None, **options):
    return _moto_create_volume(self, *arguments, kms_key_id=kms_key_id and keys.full_arn(kms_key_id), **options)


def _get_instance(self, instance_id):
    # moto walks through all instances for each lookup, which a fleet of thousands cannot afford.
    server = servers.get(instance_id)
    return server.instance if server else _moto_get_instance(self, instance_id)


def _describe_images(self, ami_ids=None, filters=None, exec_users=None, owners=None):
    # For each server that is made moto compares every image with the one that is named.
    image = self.amis.get(filters["image-id"]) if filters and filters.keys() == {"image-id"} else None
    return [image] if image else _moto_describe_images(self, ami_ids, filters, exec_users, owners)


def _get_many(self, instance_ids, filters=None):
    mine = (get_account_id(), get_region())
    found = [servers[i] for i in instance_ids if i in servers and (servers[i].account, servers[i].region) == mine]
    if len(found) < len(instance_ids):
        known = {server.id for server in found}
        raise InvalidInstanceIdError([i for i in instance_ids if i not in known])
    return [server.instance for server in found if server.instance.applies(filters)]


def stop(ids: list[str]) -> list[Change]:
    """Id, previous and current state of each; one that cannot be stopped fails them all."""
    chosen = _choose(ids, refused=("pending", "shutting-down", "terminated"), verb="stopped")
    for server in chosen:
        if server.state == "running" and server.instance.disable_api_stop:
            raise OperationDisableApiStopNotPermitted(server.id)
    changes = []
    for server in chosen:
        before = server.state
        if before == "running":
            server.instance.stop()
            _set_state(server, "stopping")
            server.lose_power()
            timeline.after(server.stop_takes_s, lambda s=server: _settle(s, "stopping", "stopped"))
        changes.append((server.id, before, server.state))
    return changes


def start(ids: list[str]) -> list[Change]:
    chosen = _choose(ids, refused=("stopping", "shutting-down", "terminated"), verb="started")
    changes = []
    for server in chosen:
        before = server.state
        if before == "stopped":
            server.instance.start()
            server.started_by = permissions.asking.get()
            _set_state(server, "pending")
            timeline.after(server.start_takes_s, lambda s=server: _finish_start(s))
        changes.append((server.id, before, server.state))
    return changes


def _choose(ids: list[str], refused: tuple[str, ...], verb: str) -> list[Server]:
    _get_many(None, ids)
    chosen = [servers[i] for i in ids]
    wrong = [server.id for server in chosen if server.state in refused]
    if wrong:
        message = f"The instance '{wrong[0]}' is not in a state from which it can be {verb}."
        raise EC2ClientError("IncorrectInstanceState", message)
    return chosen


def _finish_start(server: Server) -> None:
    if server.failing_starts > 0 or not _may_open_disks(server):
        server.failing_starts = max(server.failing_starts - 1, 0)
        _settle(server, "pending", "stopped", LAUNCH_ERROR)
        return
    _settle(server, "pending", "running")
    server.boot()


def _may_open_disks(server: Server) -> bool:
    return all(
        key_policies.is_usable_by(arn, server.account, "ec2") and permissions.may_open_disk(server.started_by, arn)
        for arn in volume_keys(server)
    )


def volume_keys(server: Server) -> set[str]:
    volumes = server.instance.ec2_backend.volumes
    disks = [volumes.get(device.volume_id) for _, device in server.instance.get_block_device_mapping]
    return {disk.kms_key_id for disk in disks if disk and disk.kms_key_id}


def _settle(server: Server, expected: str, state: str, reason: StateReason | None = None) -> None:
    with lock:
        if server.state != expected:
            return
        _set_state(server, state)
        if reason:
            server.instance.state_reason = reason
            server.instance._reason = reason.message
    details = {"reason": reason.code} if reason else {}
    calls.world_did("ec2", "StateChange", [server.id], state, **details)


def _set_state(server: Server, state: str) -> None:
    server.instance._state.name = state
    server.instance._state.code = CODES[state]


def _terminate_instances(self, instance_ids):
    changes = _moto_terminate_instances(self, instance_ids)
    for instance, _ in changes:
        if instance.id in servers:
            servers[instance.id].lose_power()
    return changes
