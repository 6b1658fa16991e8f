"""ECS over virtual time: services keep as many tasks as they want, on servers that come and go.

Sources: Amazon ECS Developer Guide, "Task lifecycle", "Amazon ECS services" (daemons) and "Amazon ECS container
instance lifecycle": a stopped server keeps its container instance, whose agent is disconnected, and loses its
tasks; a terminated one is deregistered.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from moto.ecs.models import ContainerInstance, Task, ecs_backends

from tests.cloud import calls, world
from tests.cloud.clock import timeline
from tests.cloud.moto_service import lock

GONE = ("shutting-down", "terminated")
# How long after a server came or went the scheduler places tasks anew.
SCHEDULER_LOOKS_AFTER_S = 5


@dataclass
class Service:
    """What moto does not know of one of its services."""

    record: Any
    task_start_takes_s: float = 30
    # The signal is given 30 seconds by default before a container is killed.
    task_stop_takes_s: float = 30
    # So many tasks will stop instead of running.
    failing_starts: int = 0
    # Those that have not stopped.
    tasks: list[Task] = field(default_factory=list)

    @property
    def arn(self) -> str:
        return self.record.arn

    @property
    def backend(self) -> Any:
        return self.record._backend

    @property
    def is_daemon(self) -> bool:
        return self.record.scheduling_strategy == "DAEMON"

    @property
    def group(self) -> str:
        return f"service:{self.record.name}"

    @property
    def tags(self) -> dict[str, str]:
        return {tag["key"]: tag["value"] for tag in self.record.tags}

    @property
    def is_steady(self) -> bool:
        return len(self.tasks) == self.record.running_count == self.record.desired_count

    def reconcile(self) -> None:
        """Starts what it lacks and stops what it has too many of."""
        hosts = list(open_instances(self.backend, self.record.cluster_name))
        if self.is_daemon:
            self.record.desired_count = len(hosts) if self.record.status == "ACTIVE" else 0
        wanted = self.record.desired_count if self.record.status == "ACTIVE" else 0
        kept = [task for task in self.tasks if task.desired_status == "RUNNING"]
        for task in kept[wanted:]:
            self.stop(task)
        for _ in range(wanted - len(kept)):
            if (host := self.host_for_one_more(hosts)) is not None or self.record.launch_type == "FARGATE":
                self.start(host)
        self.count()

    def host_for_one_more(self, hosts: list[ContainerInstance]) -> ContainerInstance | None:
        """The one with the fewest tasks; a daemon has one task on each."""
        if self.record.launch_type == "FARGATE":
            return None
        neighbours = [self] if self.is_daemon else in_cluster(self.backend, self.record.cluster_name)
        load = Counter(
            task.container_instance_arn
            for service in neighbours
            for task in service.tasks
            if task.desired_status == "RUNNING"
        )
        free = [host for host in hosts if not (self.is_daemon and load[host.container_instance_arn])]
        return min(free, key=lambda host: load[host.container_instance_arn], default=None)

    def start(self, host: ContainerInstance | None) -> None:
        task = Task(
            self.backend.clusters[self.record.cluster_name],
            self.backend.describe_task_definition(self.record.task_definition),
            host.container_instance_arn if host else None,
            None,
            self.backend,
            self.group,
            launch_type=self.record.launch_type,
            started_by=self.record.deployments[0]["id"] if self.record.deployments else "",
            networking_configuration=self.record.network_configuration or None,
        )
        task.last_status = "PENDING"
        self.tasks.append(task)
        self.backend.tasks.setdefault(self.record.cluster_name, {})[task.task_arn] = task
        timeline.after(self.task_start_takes_s, lambda: self.finish_start(task))

    def finish_start(self, task: Task) -> None:
        with lock:
            if (task.last_status, task.desired_status) != ("PENDING", "RUNNING"):
                return
            if self.failing_starts > 0:
                self.failing_starts -= 1
                self.end(task, "Essential container in task exited")
                self.reconcile()
                return
            task.last_status = "RUNNING"
            self.count()
        calls.world_did("ecs", "TaskStateChange", [task.task_arn, self.arn], "RUNNING")

    def stop(self, task: Task) -> None:
        task.desired_status = "STOPPED"
        if task.last_status == "PENDING":
            self.end(task, "Scaling activity")
            return
        task.last_status = "DEACTIVATING"
        timeline.after(self.task_stop_takes_s, lambda: self.end(task, "Scaling activity"))

    def end(self, task: Task, reason: str) -> None:
        with lock:
            if task.last_status == "STOPPED":
                return
            task.last_status = task.desired_status = "STOPPED"
            task.stopped_reason = reason
            self.tasks.remove(task)
            self.count()
        calls.world_did("ecs", "TaskStateChange", [task.task_arn, self.arn], "STOPPED", reason=reason)

    def count(self) -> None:
        """Writes down what DescribeServices tells; a task that is being stopped still counts as running."""
        states = [task.last_status for task in self.tasks]
        self.record.running_count = len(states) - states.count("PENDING")
        self.record.pending_count = states.count("PENDING")
        for deployment in self.record.deployments:
            deployment["desiredCount"] = self.record.desired_count
            deployment["runningCount"] = self.record.running_count
            deployment["pendingCount"] = self.record.pending_count
            if self.is_steady:
                deployment["rolloutState"] = "COMPLETED"


# By ARN.
services: dict[str, Service] = {}


def install() -> None:
    # A task changes by virtual time and not by being looked at.
    Task.advance = lambda self: None
    world.power_changed.append(_power_changed)


def of(record: Any) -> Service:
    known = services.get(record.arn)
    if known is None or known.record is not record:
        known = services[record.arn] = Service(record)
    return known


def open_instances(backend: Any, cluster: str) -> Iterator[ContainerInstance]:
    """Where tasks can be placed."""
    every = backend.container_instances.get(cluster, {}).values()
    return (host for host in every if host.status == "ACTIVE" and host.agent_connected)


def reconcile_cluster(backend: Any, cluster: str) -> None:
    for service in in_cluster(backend, cluster):
        service.reconcile()


def in_cluster(backend: Any, cluster: str) -> list[Service]:
    return [s for s in list(services.values()) if s.backend is backend and s.record.cluster_name == cluster]


def count_cluster(backend: Any, name: str) -> None:
    """Writes down what is told of a cluster and of its container instances."""
    tasks = [task for task in backend.tasks.get(name, {}).values() if task.last_status != "STOPPED"]
    cluster = backend.clusters[name]
    cluster.registered_container_instances_count = len(backend.container_instances.get(name, {}))
    cluster.pending_tasks_count = sum(task.last_status == "PENDING" for task in tasks)
    cluster.running_tasks_count = len(tasks) - cluster.pending_tasks_count
    cluster.active_services_count = sum(
        service.cluster_name == name and service.status == "ACTIVE" for service in backend.services.values()
    )
    for host in backend.container_instances.get(name, {}).values():
        here = [task for task in tasks if task.container_instance_arn == host.container_instance_arn]
        host.pending_tasks_count = sum(task.last_status == "PENDING" for task in here)
        host.running_tasks_count = len(here) - host.pending_tasks_count


def _power_changed(server: world.Server) -> None:
    backend = ecs_backends[server.account][server.region]
    with lock:
        for cluster, hosts in backend.container_instances.items():
            for id, host in list(hosts.items()):
                if host.ec2_instance_id == server.id:
                    host.agent_connected = server.state == "running"
                    if not host.agent_connected:
                        _lose_tasks(backend, cluster, host, f"Host EC2 (instance {server.id}) {server.state}.")
                    if server.state in GONE:
                        backend.deregister_container_instance(cluster, id, True)
                    _reconcile_soon(backend, cluster)


def _lose_tasks(backend: Any, cluster: str, host: ContainerInstance, reason: str) -> None:
    for service in in_cluster(backend, cluster):
        for task in list(service.tasks):
            if task.container_instance_arn == host.container_instance_arn:
                service.end(task, reason)
    # Those of no service are not started again by anyone.
    for task in backend.tasks.get(cluster, {}).values():
        if task.container_instance_arn == host.container_instance_arn and task.last_status != "STOPPED":
            task.last_status = task.desired_status = "STOPPED"
            task.stopped_reason = reason


# Clusters at which the scheduler will look.
_awaited: set[str] = set()


def _reconcile_soon(backend: Any, cluster: str) -> None:
    arn = backend.clusters[cluster].arn
    if arn in _awaited:
        return
    _awaited.add(arn)

    def look() -> None:
        with lock:
            _awaited.discard(arn)
            reconcile_cluster(backend, cluster)

    timeline.after(SCHEDULER_LOOKS_AFTER_S, look)


def clear() -> None:
    services.clear()
    _awaited.clear()
