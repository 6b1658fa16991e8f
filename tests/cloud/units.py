"""systemd units of a server, and how they answer to `stop`, `start` and `look`."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.cloud import programs

WANTED = {"stop": "inactive", "start": "active", "look": None}


@dataclass
class Unit:
    name: str
    state: str = "active"
    refuses_stop: bool = False
    fails_start: bool = False
    enabled_on_boot: bool = False
    takes_s: float = 5
    # The tag names it, and systemd does not know it.
    is_missing: bool = False
    # A unit with Restart=always, or a watchdog, comes back by itself after it was stopped.
    restarts_after_s: float | None = None
    # How to `start`, `stop` and `kill` a real program behind it. Without them the unit is no more than its state.
    commands: dict[str, list[str]] = field(default_factory=dict)

    def ask(self, verb: str, then: Callable[[bool], None]) -> None:
        """Has the program started or stopped; `then` is told whether that succeeded, and may `apply` it."""
        will_not = self.refuses_stop if verb == "stop" else self.fails_start
        if verb not in self.commands or self.reached(verb) or will_not:
            then(not will_not)
        else:
            programs.run(self.commands[verb], then)

    def apply(self, verb: str, succeeded: bool) -> None:
        if verb == "stop" and succeeded:
            self.state = "inactive"
        elif verb == "start":
            self.state = "active" if succeeded else "failed"

    def kill(self) -> None:
        """The power is gone: a program that still runs is given no time to end."""
        self.state = "inactive"
        if "kill" in self.commands:
            programs.run(self.commands["kill"], lambda succeeded: None)

    def reached(self, verb: str) -> bool:
        return WANTED[verb] in (None, self.state)
