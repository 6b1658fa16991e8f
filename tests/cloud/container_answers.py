"""ECS's answers where moto's lack tasks, pages, limits or refusals.

Limits are those of the API Reference. What a workflow catches is spelled `Ecs.ServiceNotFoundException`, as the
SDK for Java 2 has it; ECS models its exceptions, but for the service's own `Ecs.EcsException`.
"""

import re
from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.exceptions import ECSException, InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend as Backend
from moto.ecs.models import Service
from moto.ecs.responses import EC2ContainerServiceResponse as Response

from tests.cloud import containers

MOST_SERVICES = 10
MOST_DESCRIBED = 100
LONGEST_PAGE = 100
# ListServices gives no more unless it is asked to.
SERVICES_PAGE = 10
NO_COUNT = (
    "The daemon scheduling strategy does not support a desired count for services. "
    "Remove the desired count value and try again."
)
FILTER = re.compile(r"^\s*ec2InstanceId\s*(?:==\s*(?P<one>\S+)|in\s*\[(?P<several>[^]]*)])\s*$")


def install() -> None:
    Backend.create_cluster = _create_cluster
    Backend.create_service = _create_service
    Backend.update_service = _update_service
    Backend.stop_task = _stop_task
    Backend.delete_service = _delete_service
    Backend.register_container_instance = _register_container_instance
    Backend.describe_container_instances = _describe_container_instances
    Backend.describe_clusters = _describe_clusters
    Backend.describe_services = _describe_services
    Response.list_clusters = _list_clusters
    Response.list_services = _list_services
    Response.list_tasks = _list_tasks
    Response.list_container_instances = _list_container_instances


_moto_create_cluster = Backend.create_cluster
_moto_create_service = Backend.create_service
_moto_update_service = Backend.update_service
_moto_stop_task = Backend.stop_task
_moto_delete_service = Backend.delete_service
_moto_register = Backend.register_container_instance
_moto_describe_hosts = Backend.describe_container_instances
_moto_describe_clusters = Backend.describe_clusters
_moto_describe_services = Backend.describe_services


def _create_service(
    self,
    cluster_str: str,
    service_name: str,
    desired_count: int | None,
    task_definition_str: str | None = None,
    load_balancers: Any = None,
    scheduling_strategy: str | None = None,
    *rest: Any,
    **options: Any,
) -> Service:
    if scheduling_strategy == "DAEMON" and desired_count is not None:
        raise InvalidParameterException(NO_COUNT)
    name = f"{self._get_cluster(cluster_str).name}:{service_name}"
    if name in self.services and self.services[name].status == "ACTIVE":
        raise InvalidParameterException("Creation of service was not idempotent.")
    wanted = (cluster_str, service_name, desired_count, task_definition_str, load_balancers, scheduling_strategy)
    record = _moto_create_service(self, *wanted, *rest, **options)
    containers.of(record).reconcile()
    return record


def _update_service(self, service_properties: dict[str, Any]) -> Service:
    record = self._get_service(service_properties.get("cluster", "default"), service_properties["service"])
    if record.status != "ACTIVE":
        raise ECSException("ServiceNotActiveException", "Service was not ACTIVE.")
    count = service_properties.pop("desired_count", None)
    if count is not None and record.scheduling_strategy == "DAEMON":
        raise InvalidParameterException(NO_COUNT)
    _moto_update_service(self, service_properties)
    if count is not None:
        # moto has all tasks running at once.
        record.desired_count = count
    containers.of(record).reconcile()
    return record


def _delete_service(self, cluster_name: str, service_name: str, force: bool) -> Service:
    record = _moto_delete_service(self, cluster_name, service_name, force)
    containers.of(record).reconcile()
    return record


def _stop_task(self, cluster_str: str, task_str: str, reason: str) -> Any:
    """A service puts another in its place."""
    cluster, id = self._get_cluster(cluster_str).name, task_str.rsplit("/", 1)[-1]
    for service in containers.in_cluster(self, cluster):
        for task in service.tasks:
            if task.task_arn.endswith(id):
                service.stop(task)
                service.reconcile()
                return task
    return _moto_stop_task(self, cluster_str, task_str, reason)


def _register_container_instance(self, cluster_str: str, ec2_instance_id: str) -> Any:
    host = _moto_register(self, cluster_str, ec2_instance_id)
    containers.reconcile_cluster(self, cluster_str.rsplit("/", 1)[-1])
    return host


def _describe_container_instances(self, cluster_str: str, list_container_instance_ids: list[str]) -> Any:
    _at_most(MOST_DESCRIBED, list_container_instance_ids, "Container instances")
    cluster = self._get_cluster(cluster_str).name
    self.container_instances.setdefault(cluster, {})
    containers.count_cluster(self, cluster)
    return _moto_describe_hosts(self, cluster_str, list_container_instance_ids)


def _create_cluster(self, cluster_name: str, *rest: Any, **options: Any) -> Any:
    """Making a cluster that is there already changes nothing; moto would begin anew."""
    return self.clusters.get(cluster_name) or _moto_create_cluster(self, cluster_name, *rest, **options)


def _describe_clusters(self, cluster_names: list[str]) -> Any:
    for name in self.clusters:
        containers.count_cluster(self, name)
    return _moto_describe_clusters(self, cluster_names)


def _describe_services(self, cluster_str: str, service_names_or_arns: list[str]) -> Any:
    _at_most(MOST_SERVICES, service_names_or_arns, "Services")
    return _moto_describe_services(self, cluster_str, service_names_or_arns)


def _at_most(limit: int, named: list[str], what: str) -> None:
    if len(named or ()) > limit:
        raise InvalidParameterException(f"{what} cannot have more than {limit} elements.")


def _list_clusters(self) -> ActionResult:
    return _page_of(self, "clusterArns", self.ecs_backend.list_clusters())


def _list_services(self) -> ActionResult:
    found = self.ecs_backend.list_services(
        self._get_param("cluster", "default"), self._get_param("schedulingStrategy"), self._get_param("launchType")
    )
    return _page_of(self, "serviceArns", found, SERVICES_PAGE)


def _list_tasks(self) -> ActionResult:
    """By cluster, container instance, service and wanted state, which is `RUNNING` if it is not told."""
    backend = self.ecs_backend
    cluster = backend._get_cluster(self._get_param("cluster", "default")).name
    host, service = (self._get_param(name) for name in ("containerInstance", "serviceName"))
    wanted = self._get_param("desiredStatus", "RUNNING")
    found = [
        task.task_arn
        for task in backend.tasks.get(cluster, {}).values()
        if task.desired_status == wanted
        and (host is None or (task.container_instance_arn or "").endswith(host.rsplit("/", 1)[-1]))
        and (service is None or task.group == f"service:{service.rsplit('/', 1)[-1]}")
    ]
    return _page_of(self, "taskArns", found)


def _list_container_instances(self) -> ActionResult:
    backend = self.ecs_backend
    cluster = backend._get_cluster(self._get_param("cluster", "default")).name
    status, servers = self._get_param("status"), _servers_of(self._get_param("filter"))
    found = [
        host.container_instance_arn
        for host in backend.container_instances.get(cluster, {}).values()
        if status in (None, host.status) and (servers is None or host.ec2_instance_id in servers)
    ]
    return _page_of(self, "containerInstanceArns", found)


def _servers_of(text: str | None) -> list[str] | None:
    """Of the cluster query language, what names EC2 instances."""
    if text is None:
        return None
    if not (match := FILTER.match(text)):
        raise InvalidParameterException(f"the filter {text!r} is not known here; ec2InstanceId is")
    return [name.strip(" '\"") for name in (match["one"] or match["several"]).split(",")]


def _page_of(response: Response, member: str, found: list[str], usual: int = LONGEST_PAGE) -> ActionResult:
    size = int(response._get_param("maxResults") or usual)
    if not 1 <= size <= LONGEST_PAGE:
        raise InvalidParameterException(f"Invalid maxResults. It must be between 1 and {LONGEST_PAGE}.")
    first = int(response._get_param("nextToken") or 0)
    found = sorted(found)
    more = str(first + size) if first + size < len(found) else None
    return ActionResult({member: found[first : first + size], "nextToken": more})
