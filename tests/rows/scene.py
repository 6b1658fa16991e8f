"""The scene of one row: a key, its servers, and what goes wrong with them. Many scenes are played side by side."""

from dataclasses import dataclass, field
from typing import Any

from tests.world import fleet, ledger, resources, story
from tests.world.cloud import Cloud
from tests.world.fleet import Fleet, Server
from tests.world.notice import notice
from tests.world.resources import Resource
from tests.world.story import Story

UNITS = "postgresql.service pgbouncer.service"
HOUR_S = 3600
# All that Lockstep may call to change the fleet.
ACTS = {
    ("ec2", "StopInstances"), ("ec2", "StartInstances"), ("ssm", "SendCommand"),
    *(("rds", f"{verb}DB{what}") for verb in ("Stop", "Start") for what in ("Instance", "Cluster")),
    ("autoscaling", "SuspendProcesses"), ("autoscaling", "ResumeProcesses"),
    # Of these two, what they ask for says whether they stop or start.
    ("ecs", "UpdateService"), ("application-autoscaling", "RegisterScalableTarget"),
}  # fmt: skip


@dataclass
class Fault:
    id: str
    cloud: Cloud

    @property
    def fired(self) -> int:
        return next((fault["fired"] for fault in self.cloud.ask("GET", "faults") if fault["id"] == self.id), 0)


@dataclass
class Scene:
    cloud: Cloud
    fleet: Fleet
    servers: dict[str, Server] = field(default_factory=dict)
    resources: dict[str, Resource] = field(default_factory=dict)
    # How many tasks the owner of an ECS service wants.
    counts: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    # Watched keys other than the fleet's own that the ending switches on, too.
    more_keys: list[str] = field(default_factory=list)
    # What the fixed ending must know of: servers that are rightly not as before, and declared exceptions.
    left: set[str] = field(default_factory=set)
    copies_of_a_mail: int = 1
    reads_are_stale: bool = False
    # How much longer than usual this machine may take between a look and the act.
    slowness: float = 1
    began_s: float = 0

    @property
    def key(self) -> str:
        return self.fleet.key

    @property
    def keys(self) -> tuple[str, ...]:
        return self.key, *self.more_keys

    @property
    def key_id(self) -> str:
        return self.key.rsplit("/", 1)[-1]

    @property
    def about(self) -> list[str]:
        keys = [key.rsplit("/", 1)[-1] for key in self.keys]
        return [*keys, self.fleet.suffix, *(server.id for server in self.servers.values())]

    def id(self, name: str = "one") -> str:
        return self.servers[name].id

    def admin(self, app: str = "orders") -> str:
        return f"dba-{self.fleet.app(app)}@example.com"

    def begin(self, **servers: dict[str, Any]) -> "Scene":
        """Makes the servers (name: app, units and more; one if none is named), and enrols everything."""
        for name, options in (servers or {"one": {}}).items():
            app = options.pop("app", "orders")
            app = self.fleet.app(app) if app else None
            self.servers[name] = self.fleet.server(name, app, options.pop("units", UNITS), **options)
        fleet.until_ready(self.cloud, *self.servers.values())
        for app in sorted({server.app for server in self.servers.values() if server.app}):
            fleet.set_app(self.cloud, app, [f"dba-{app}@example.com"])
        for key in self.keys:
            fleet.watch_key(self.cloud, key)
        return self

    def another_key(self) -> str:
        """A key that is watched, too, once the scene begins, and that the ending switches on."""
        self.more_keys.append(fleet.make_key(self.cloud))
        return self.more_keys[-1]

    def add_database(self, name: str, kind: str = "database", **settings: Any) -> None:
        """A DB instance or a cluster of the app `orders`, available and, if the settings do not say else, quick."""
        made = getattr(self.fleet, kind)(name, self.fleet.app("orders"))
        resources.until_state(self.cloud, "available", made)
        resources.change(self.cloud, made, **{"stop_takes_s": 60, "start_takes_s": 60} | settings)
        self.resources[name] = made

    def add_group(self, name: str, *members: str) -> None:
        """An Auto Scaling group of the app `orders` around servers."""
        servers = [self.servers[member] for member in members]
        self.resources[name] = self.fleet.group(name, self.fleet.app("orders"), *servers)

    def add_ecs_service(self, name: str, *servers: str, count: int = 2, **options: Any) -> None:
        """A steady ECS service of the app `orders`, scaled between 1 and 4 tasks if `options` do not say otherwise."""
        hosts, wanted = [self.servers[server] for server in servers], {"limits": (1, 4), **options}
        made = self.fleet.ecs_service(name, self.fleet.app("orders"), *hosts, count=count, **wanted)
        resources.until_state(self.cloud, "steady", made)
        self.resources[name], self.counts[name] = made, count

    def disable(self, key: str | None = None) -> float:
        at_s = self.cloud.at_s()
        story.disable(self.cloud, key or self.key)
        return at_s

    def enable(self, key: str | None = None) -> float:
        at_s = self.cloud.at_s()
        story.enable(self.cloud, key or self.key)
        return at_s

    def ended(self, direction: str, epoch: int, attempt: int = 1, key: str | None = None) -> Story:
        key = key or self.key
        run = story.run_name(key, epoch, direction, attempt)
        # The rest before a third attempt is longer than a story waits for the first.
        self.cloud.until(f"run {run} starts", lambda: story.execution(self.cloud, run), 2 * HOUR_S, 0.25)
        return story.until_ended(self.cloud, key, epoch, direction, self.began_s, attempt, about=self.about)

    def shut_down(self, epoch: int = 1, attempt: int = 1) -> Story:
        self.disable()
        return self.ended("shutdown", epoch, attempt)

    def start_up(self, epoch: int = 2, attempt: int = 1) -> Story:
        self.enable()
        return self.ended("startup", epoch, attempt)

    def fault(self, service: str, operation: str, kind: str, match: str | None = None, **more: Any) -> Fault:
        """A fault that strikes only what this scene is about."""
        scoped = {} if "run" in more else {"match": match or self.key_id}
        wanted = {"service": service, "operation": operation, "kind": kind, **scoped, **more}
        self.faults.append(Fault(self.cloud.ask("POST", "faults", wanted)["id"], self.cloud))
        return self.faults[-1]

    def fault_at(self, step: str, kind: str, **more: Any) -> Fault:
        """A fault at a task of this scene's workflows, named `machine: state`."""
        return self.fault("*", "*", kind, run=self.key_id, step=f"{self.cloud.stack}-{step}", **more)

    def faults_off(self) -> None:
        """A fault that never fired has proven nothing."""
        silent = [fault.id for fault in self.faults if not fault.fired]
        self.take_faults_away()
        assert not silent, f"faults that never fired: {silent}"

    def take_faults_away(self) -> None:
        if self.faults:
            self.cloud.ask("DELETE", "faults", {"ids": [fault.id for fault in self.faults]})
        self.faults.clear()

    def until_fired(self, fault: Fault, times: int = 1) -> None:
        self.cloud.until(f"{fault.id} fired {times} times", lambda: fault.fired >= times, 2 * HOUR_S)

    def lose_events(self, number: int = 1) -> None:
        self.cloud.ask("POST", "events", {"lose": number, "key": self.key})

    def change(self, name: str, **wanted: Any) -> None:
        self.cloud.ask("PATCH", f"servers/{self.id(name)}", wanted)

    def change_units(self, name: str, **settings: Any) -> None:
        """The same settings for every unit of a server."""
        self.change(name, units={unit: settings for unit in self.servers[name].units})

    def state(self, name: str = "one") -> dict[str, Any]:
        return self.cloud.server(self.id(name))

    def calls(self, operation: str | None = None, name: str | None = None, since: float = 0) -> list[dict[str, Any]]:
        about = [self.id(name)] if name else self.about
        return self.cloud.calls(since=max(since, self.began_s), about=about, operation=operation)

    def acts(self, since: float = 0) -> list[dict[str, Any]]:
        """What Lockstep changed in the fleet."""
        return [c for c in self.calls(since=since) if (c["service"], c["operation"]) in ACTS and by_lockstep(c)]

    def until_called(self, operation: str, name: str | None = None, since: float = 0) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            return next((c for c in self.calls(operation, name, since) if c["outcome"] != "in flight"), None)

        return self.cloud.until(f"{operation} is called", look, 2 * HOUR_S)

    def until_state(self, state: str, name: str = "one") -> None:
        self.cloud.until(f"{name} is {state}", lambda: self.state(name)["state"] == state, HOUR_S)

    def until_warned(self) -> None:
        self.cloud.until("the admins are warned", lambda: self.cloud.mails(self.admin()), HOUR_S)

    def hear(self, name: str = "DisableKey", **detail: Any) -> dict[str, Any]:
        """An event about the key reaches the function past the bus; as Lambda does, one that can pass is repeated."""
        told = notice(self.key, name, **detail)
        for _ in range(2):
            try:
                return fleet.invoke(self.cloud, self.cloud.outputs["ReceiveKeyEventFunctionName"], told)
            except fleet.Refused as refused:
                if refused.kind != "Retryable":
                    raise
        return fleet.invoke(self.cloud, self.cloud.outputs["ReceiveKeyEventFunctionName"], told)

    def ask(self, action: str, **more: Any) -> dict[str, Any]:
        return fleet.enrol(self.cloud, {"action": action, "key": self.key, **more})

    def runs(self, key: str | None = None) -> list[dict[str, Any]]:
        """The runs; a notice about the key is none."""
        named = self.cloud.executions((key or self.key).rsplit("/", 1)[-1])
        return [execution for execution in named if "-notice-" not in execution["name"]]

    def run(self, direction: str, epoch: int, attempt: int = 1) -> dict[str, Any]:
        return ledger.run(self.cloud, story.run_name(self.key, epoch, direction, attempt)) or {}

    def record(self, key: str | None = None) -> dict[str, Any]:
        return ledger.item(self.cloud, f"KEY#{key or self.key}", "KEY") or {}

    def kill(self, direction: str, epoch: int, attempt: int = 1) -> None:
        """Aborts an execution: no Catch runs for it."""
        found = story.execution(self.cloud, story.run_name(self.key, epoch, direction, attempt))
        self.cloud.client("stepfunctions").stop_execution(executionArn=found["executionArn"])

    def mails(self) -> list[dict[str, Any]]:
        return self.cloud.mails(self.fleet.suffix)


def by_lockstep(call: dict[str, Any]) -> bool:
    return call["actor"] == "lockstep"


def begin(cloud: Cloud) -> Scene:
    return Scene(cloud, Fleet(cloud, fleet.make_key(cloud)), began_s=cloud.at_s())
