"""Run Command: an invocation waits for its agent, works through the units one by one, and reports.

The shell of a document is not interpreted. A document with the parameters `Verb` and `Units` is simulated:
for each unit in order the state before, the verb, and the state after, one line of output each. The state
before a stop is noted until the unit is started or the server goes down; units after one that did not start
are not started. Any other document succeeds without output.
"""

import time
from dataclasses import dataclass, field
from typing import Any

from tests.cloud import calls
from tests.cloud.clock import timeline
from tests.cloud.units import WANTED, Unit
from tests.cloud.world import Server

DELIVERY_TAKES_S = 1
DELIVERY_RETRIES_EVERY_S = 5
DELAYED_AFTER_S = 30
STARTING_TAKES_S = 1
# What a script wrote to its standard error follows its output after this line.
ERRORS_FOLLOW = "\n----------ERROR-------\n"


@dataclass
class Invocation:
    """One command on one server."""

    command: dict[str, Any]
    server: Server
    delivery_timeout_s: float
    execution_timeout_s: float
    sent: float = field(default_factory=time.time)
    status: str = "Pending"
    details: str = "Pending"
    response_code: int = -1
    # What the script printed so far; the agent reports it when the script has ended.
    printed: str = ""
    output: str = ""
    errors: str = ""
    started: float | None = None
    ended: float | None = None

    @property
    def is_over(self) -> bool:
        return self.ended is not None

    def deliver(self) -> None:
        if self.is_over or self.started:
            return
        waited = time.time() - self.sent
        if waited >= self.delivery_timeout_s:
            self.finish("TimedOut", "Delivery Timed Out", -1)
        elif self.server.agent == "online":
            self.run()
        else:
            if waited >= DELAYED_AFTER_S:
                self.status = self.details = "Delayed"
            left = self.delivery_timeout_s - waited
            timeline.after(min(DELIVERY_RETRIES_EVERY_S, left), self.deliver)

    def run(self) -> None:
        self.started = time.time()
        self.status = self.details = "InProgress"
        timeline.after(self.execution_timeout_s, self.give_up)
        verb = self.parameter("Verb")
        if verb not in WANTED:
            timeline.after(STARTING_TAKES_S, lambda: self.finish("Success", "Success", 0))
            return
        names = " ".join(self.command["Parameters"].get("Units", [])).split()
        timeline.after(STARTING_TAKES_S, lambda: self.next_unit(verb, names, failed=False))

    def next_unit(self, verb: str, names: list[str], failed: bool) -> None:
        if self.is_over or self.server.agent != "online":
            # A command whose server went away is not heard of again until its time is up.
            return
        if not names:
            self.finish("Failed", "Failed", 1) if failed else self.finish("Success", "Success", 0)
            return
        name, *rest = names
        unit = self.server.units.get(name)
        if unit is None or unit.is_missing:
            self.printed += f"{name} unknown unknown\n"
            self.next_unit(verb, rest, failed=True)
            return
        before = self.server.note(unit) if verb == "stop" else unit.state
        if verb == "look" or (verb == "start" and failed):
            self.printed += f"{name} {before} {unit.state}\n"
            self.next_unit(verb, rest, failed)
            return
        timeline.after(unit.takes_s, lambda: self.do_unit(verb, unit, before, rest, failed))

    def do_unit(self, verb: str, unit: Unit, before: str, rest: list[str], failed: bool) -> None:
        if self.is_over or self.server.agent != "online":
            return

        def then() -> None:
            self.printed += f"{unit.name} {before} {unit.state}\n"
            if verb == "start" and unit.reached(verb):
                self.server.noted_states.pop(unit.name, None)
            if verb == "stop" and unit.state == "inactive" and unit.restarts_after_s is not None:
                timeline.after(unit.restarts_after_s, lambda: self.restart(unit.name))
            self.next_unit(verb, rest, failed or not unit.reached(verb))

        self.server.change_unit(unit, verb, then, before=before)

    def restart(self, name: str) -> None:
        unit = self.server.units.get(name)
        if unit and unit.state == "inactive" and self.server.state == "running":
            self.server.change_unit(unit, "start", cause="restarts by itself")

    def give_up(self) -> None:
        if not self.is_over:
            self.finish("TimedOut", "Execution Timed Out", -1)

    def finish(self, status: str, details: str, response_code: int) -> None:
        # Whoever sees the end, in whatever thread, sees what was printed.
        if self.started and self.server.agent == "online":
            self.output = self.printed
        if status == "Failed":
            self.errors = f"{ERRORS_FOLLOW}failed to run commands: exit status {response_code}"
        self.ended = time.time()
        self.status, self.details, self.response_code = status, details, response_code
        command = self.command["CommandId"]
        calls.world_did("ssm", "CommandEnded", [self.server.id, command], details)

    def parameter(self, name: str) -> str | None:
        values = self.command["Parameters"].get(name)
        return values[0] if values else None


def command_status(invocations: list[Invocation]) -> str:
    states = {invocation.status for invocation in invocations}
    for status in ("Pending", "Delayed", "InProgress"):
        if status in states:
            return "InProgress" if len(states) > 1 and status != "InProgress" else status
    for status in ("Failed", "TimedOut"):
        if status in states:
            return status
    return "Success"
