"""systemd units of a server, and how they answer to `stop`, `start` and `status`."""

from dataclasses import dataclass

WANTED = {"stop": "inactive", "start": "active", "status": None}


@dataclass
class Unit:
    name: str
    state: str = "active"
    refuses_stop: bool = False
    fails_start: bool = False
    enabled_on_boot: bool = False
    takes_s: float = 5
    # A unit with Restart=always, or a watchdog, comes back by itself after it was stopped.
    restarts_after_s: float | None = None

    def apply(self, verb: str) -> None:
        if verb == "stop" and not self.refuses_stop:
            self.state = "inactive"
        elif verb == "start":
            self.state = "failed" if self.fails_start else "active"

    def reached(self, verb: str) -> bool:
        return WANTED[verb] in (None, self.state)
