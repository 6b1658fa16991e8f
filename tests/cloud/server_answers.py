"""EC2's answers about servers and volumes, where moto's lack pages, states or checks."""

from collections.abc import Sequence
from itertools import islice
from types import SimpleNamespace
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses.elastic_block_store import ElasticBlockStore
from moto.ec2.responses.instances import InstanceResponse

from tests.cloud import servers
from tests.cloud.world import Server

LONGEST_PAGE = 1000
# Of DescribeInstanceStatus.
MOST_IDS = 100


def install() -> None:
    InstanceResponse.stop_instances = _stop_instances
    InstanceResponse.start_instances = _start_instances
    InstanceResponse.describe_instances = _describe_instances
    InstanceResponse.describe_instance_status = _describe_instance_status
    ElasticBlockStore.describe_volumes = _describe_volumes


def _stop_instances(self) -> ActionResult:
    self.error_on_dryrun()
    return ActionResult({"StoppingInstances": _changes(servers.stop(_wanted_ids(self)))})


def _start_instances(self) -> ActionResult:
    self.error_on_dryrun()
    return ActionResult({"StartingInstances": _changes(servers.start(_wanted_ids(self)))})


def _wanted_ids(response: Any) -> list[str]:
    ids = response._get_param("InstanceIds", [])
    if not ids:
        raise EC2ClientError("MissingParameter", "The request must contain the parameter InstanceIds")
    return list(dict.fromkeys(ids))


def _changes(changes: list[servers.Change]) -> list[dict]:
    return [
        {"InstanceId": id, "PreviousState": _state(before), "CurrentState": _state(now)} for id, before, now in changes
    ]


def _state(name: str) -> dict:
    return {"Code": servers.CODES[name], "Name": name}


def _describe_instances(self) -> ActionResult:
    self.error_on_dryrun()
    ids = self._get_param("InstanceIds", [])
    backend = self.ec2_backend
    if ids:
        backend.get_multi_instances_by_id(ids)
    reservations = backend.describe_instances(filters=self._filters_from_querystring() or None)
    chosen = [(r, i) for r in reservations for i in r.instances if not ids or i.id in ids]
    page, token = page_of(self, chosen, exclusive_with=ids)
    grouped: dict[str, SimpleNamespace] = {}
    for reservation, instance in page:
        entry = grouped.setdefault(
            reservation.id,
            SimpleNamespace(id=reservation.id, owner_id=reservation.owner_id, groups=reservation.groups, instances=[]),
        )
        entry.instances.append(instance)
    return ActionResult({"Reservations": list(grouped.values()), "NextToken": token})


def _describe_instance_status(self) -> ActionResult:
    ids = self._get_param("InstanceIds", [])
    if len(ids) > MOST_IDS:
        raise EC2ClientError("InvalidParameterValue", f"At most {MOST_IDS} instance ids can be asked for at once")
    everything = self._get_bool_param("IncludeAllInstances", False)
    filters = [{"name": name, "values": values} for name, values in self._filters_from_querystring().items()]
    found = self.ec2_backend.describe_instance_status(ids, True, filters)
    chosen = [servers.servers[i.id] for i in found if i.id in servers.servers]
    if not everything:
        chosen = [server for server in chosen if server.state == "running"]
    page, token = page_of(self, chosen, exclusive_with=ids)
    return ActionResult({"InstanceStatuses": [_status(server) for server in page], "NextToken": token})


def _status(server: Server) -> dict:
    checks: dict[str, Any] = {"Status": server.status_checks}
    if server.status_checks != "not-applicable":
        reachability = "passed" if server.status_checks == "ok" else "initializing"
        checks["Details"] = [{"Name": "reachability", "Status": reachability}]
    return {
        "AvailabilityZone": server.instance.availability_zone,
        "InstanceId": server.id,
        "InstanceState": _state(server.state),
        "SystemStatus": checks,
        "InstanceStatus": checks,
        "AttachedEbsStatus": checks,
    }


def _describe_volumes(self) -> ActionResult:
    ids = self._get_param("VolumeIds", [])
    chosen = self.ec2_backend.describe_volumes(volume_ids=ids, filters=self._filters_from_querystring())
    page, token = page_of(self, chosen, exclusive_with=ids)
    return ActionResult({"Volumes": page, "NextToken": token})


def page_of(response: Any, everything: list, exclusive_with: Sequence = ()) -> tuple[list, str | None]:
    size = int(response._get_param("MaxResults") or 0)
    if size and exclusive_with:
        message = "The parameter MaxResults cannot be used together with a list of ids"
        raise EC2ClientError("InvalidParameterCombination", message)
    if size and not 5 <= size <= LONGEST_PAGE:
        message = f"Value ( {size} ) for parameter maxResults is invalid. Expecting a value of 5 to {LONGEST_PAGE}."
        raise EC2ClientError("InvalidParameterValue", message)
    size = size or LONGEST_PAGE
    first = int(response._get_param("NextToken") or 0)
    page = list(islice(everything, first, first + size))
    return page, str(first + size) if first + size < len(everything) else None
