"""The servers of the world, as their owner would find them: power, agent and units."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.cloud import calls
from tests.cloud.units import Unit

AGENT_COMES_ONLINE_AFTER_S = 20
STATUS_CHECKS_TAKE_S = 60
SERVICES_TAG = "lockstep:services"


@dataclass
class Server:
    """What moto does not know of one of its instances."""

    instance: Any
    account: str
    region: str
    running_since: float = field(default_factory=time.time)
    # A node stays registered with Systems Manager once its agent has reported.
    first_started: float = field(default_factory=time.time)
    agent_is_cut_off: bool = False
    stop_takes_s: float = 45
    start_takes_s: float = 16
    status_checks_take_s: float = STATUS_CHECKS_TAKE_S
    agent_takes_s: float = AGENT_COMES_ONLINE_AFTER_S
    # So many starts will be accepted and end in `stopped`.
    failing_starts: int = 0
    # The role in whose name it was started last; None for the operator and for EC2 itself.
    started_by: str | None = None
    known_units: dict[str, Unit] = field(default_factory=dict)
    # What each unit was before it was stopped; on the server this is a folder of `/run`, which a stop empties.
    noted_states: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.instance.id

    @property
    def state(self) -> str:
        return self.instance._state.name

    @property
    def tags(self) -> dict[str, str]:
        return {tag["key"]: tag["value"] for tag in self.instance.get_tags()}

    @property
    def units(self) -> dict[str, Unit]:
        """The units its tag names, in start order. A unit that is new on a running server is active."""
        names = self.tags.get(SERVICES_TAG, "").split()
        for name in names:
            if name not in self.known_units:
                self.known_units[name] = Unit(name, "active" if self.state == "running" else "inactive")
        return {name: self.known_units[name] for name in names}

    @property
    def has_agent(self) -> bool:
        return SERVICES_TAG in self.tags

    @property
    def is_registered(self) -> bool:
        reported = time.time() >= self.first_started + AGENT_COMES_ONLINE_AFTER_S
        return self.has_agent and reported and self.state not in ("shutting-down", "terminated")

    @property
    def agent(self) -> str:
        """`online`, `offline` or `absent`."""
        if not self.has_agent:
            return "absent"
        up = self.state == "running" and time.time() >= self.running_since + self.agent_takes_s
        return "online" if up and not self.agent_is_cut_off else "offline"

    @property
    def status_checks(self) -> str:
        if self.state != "running":
            return "not-applicable"
        return "ok" if time.time() >= self.running_since + self.status_checks_take_s else "initializing"

    def note(self, unit: Unit) -> str:
        """The state of a unit before the first stop since it was started; noted before it is stopped."""
        if unit.state == "active" or unit.name not in self.noted_states:
            self.noted_states[unit.name] = unit.state
        return self.noted_states[unit.name]

    def change_unit(self, unit: Unit, verb: str, then: Callable[[], None] = lambda: None, **details: Any) -> None:
        """Stops or starts a unit; `then` follows when its state is what came of it."""

        def settle(succeeded: bool) -> None:
            if self.state != "running":
                # Its program was under way when the power went: it does not outlive the server.
                unit.kill()
                return
            unit.apply(verb, succeeded)
            calls.world_did("systemd", verb, [f"{self.id}/{unit.name}"], unit.state, **details)
            then()

        unit.ask(verb, settle)

    def lose_power(self) -> None:
        """The operating system shuts down: every unit goes with it, whatever refuses an ordinary stop."""
        self.noted_states.clear()
        for unit in self.units.values():
            if unit.state != "inactive":
                unit.kill()
                calls.world_did("systemd", "stop", [f"{self.id}/{unit.name}"], "inactive", cause="server stops")
        _tell_of_power(self)

    def boot(self) -> None:
        self.running_since = time.time()
        for unit in self.units.values():
            if unit.enabled_on_boot:
                self.change_unit(unit, "start", cause="enabled on boot")
        _tell_of_power(self)


servers: dict[str, Server] = {}

# Called with a server that has lost its power, or has booted.
power_changed: list[Callable[[Server], None]] = []


def _tell_of_power(server: Server) -> None:
    for listener in power_changed:
        listener(server)


def of_account(account: str, region: str) -> Iterator[Server]:
    return (s for s in list(servers.values()) if (s.account, s.region) == (account, region))
