"""Two PostgreSQL servers of which one takes the other's place, by the commands of the page and by nothing else."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from tests.examples import pages
from tests.system import postgres
from tests.system.postgres import OWNER, Postgres, Writer

PAGE = pages.ROOT / "docs" / "moving-to-a-key.md"
DATABASE = "orders"
BLOCKS = pages.blocks(PAGE)
# Of the first section: who is who, which the tests say themselves; the words; and the checks.
PLACEHOLDERS, WORDS = (block.commands for block in BLOCKS[:2])
# What the page's commands use of a server's operating system, for two servers on one machine.
SYSTEMCTL = """#!/bin/sh
# Whatever else is asked for stops the unit: `stop`, and `disable --now`.
case "$1" in
  start) exec {start} ;;
  *) exec {stop} ;;
esac
"""
RUNUSER = '#!/bin/sh\nshift 3\nexec {change} "$@"\n'
# The page looks once a second.
SLEEP = "#!/bin/sh\nexec /bin/sleep 0.05\n"
LOOKS = 200
WITHIN_S = 30


class App:
    """What writes: to whichever database it was pointed at last."""

    def __init__(self, database: Postgres, role: str = "postgres") -> None:
        self.database, self.role = database, role

    def client(self) -> list[str]:
        return [*self.database.client(), f"--dbname={DATABASE}", f"--username={self.role}"]


class Server:
    """A database, and the commands of the server that it is on."""

    def __init__(self, database: Postgres) -> None:
        self.database = database
        self.programs = database.folder / "programs"
        self.programs.mkdir()
        # A copy has the settings of its original, and would open the original's door.
        own_door = f"--options='-c unix_socket_directories={database.folder}'"
        start, stop = (" ".join(database.commands[verb]) for verb in ("start", "stop"))
        change = f"setpriv --reuid={OWNER} --regid={OWNER} --clear-groups" if os.geteuid() == 0 else ""
        self._write("systemctl", SYSTEMCTL.format(start=f"{start} {own_door}", stop=stop))
        self._write("runuser", RUNUSER.format(change=change))
        self._write("sleep", SLEEP)

    def _write(self, name: str, text: str) -> None:
        program = self.programs / name
        program.write_text(text)
        program.chmod(0o755)

    def ask(self, sql: str) -> list[str]:
        """In the app's database."""
        asked = [*App(self.database).client(), f"--command={sql}"]
        return subprocess.run(asked, capture_output=True, text=True, check=True, cwd="/").stdout.splitlines()

    def rows(self) -> set[int]:
        return {int(row) for row in self.ask("SELECT number FROM written")}

    def refusal(self, role: str = "postgres") -> str:
        """What keeps a role, a superuser if not said otherwise, from writing for the app; nothing if nothing does."""
        write = [*App(self.database, role).client(), "--command=INSERT INTO written VALUES (-1)"]
        return subprocess.run(write, capture_output=True, text=True, cwd="/").stderr


class Move:
    """The page, carried out step by step, while the app writes."""

    def __init__(self, old: Server, new: Server, writer: Writer, looks: int = LOOKS) -> None:
        self.old, self.new, self.writer, self.looks = old, new, writer, looks

    def step(self, heading: str, on: Server | None = None) -> subprocess.CompletedProcess[str]:
        """All commands under one heading."""
        done = self.attempt(heading, on)
        assert done.returncode == 0, f"{heading}: {done.stdout}{done.stderr}"
        return done

    def attempt(self, heading: str, on: Server | None = None) -> subprocess.CompletedProcess[str]:
        commands = [block for block in pages.under(PAGE, heading) if block not in (PLACEHOLDERS, WORDS)]
        return self.run("\n".join(commands), on)

    def run(self, commands: str, on: Server | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f"{WORDS}\n{commands}"],
            cwd="/", env=self.environment(on or self.new), capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    def environment(self, server: Server) -> dict[str, str]:
        return {
            "OLD_HOST": str(self.old.database.folder), "OLD_PORT": "5432",
            "NEW_HOST": str(self.new.database.folder), "NEW_PORT": "5432",
            "NEW_DATA": str(self.new.database.data), "DATABASES": DATABASE,
            "PGPASSFILE": os.devnull, "PATIENCE_S": str(self.looks),
            "PATH": f"{server.programs}:{server.database.bin}:{os.environ['PATH']}", "LANG": "C",
        }  # fmt: skip

    def until_written(self) -> None:
        before = len(self.writer.committed)
        until("another row is committed", lambda: len(self.writer.committed) > before)

    def until_refused(self) -> range:
        """Rows that were tried from here on, none of them committed; whatever was under way is not among them."""
        first = self.writer.tried + 2
        until("some rows are refused", lambda: self.writer.tried > first + 3)
        return range(first, self.writer.tried)


@contextmanager
def two_servers() -> Iterator[tuple[Server, Server]]:
    """Both run, and have no database of the app."""
    with ExitStack() as folders:
        old, new = (Server(folders.enter_context(postgres.folder())) for _ in range(2))
        for server in (old, new):
            server.database.init()
            server.database.run("start")
        yield old, new


@contextmanager
def a_database_to_move(looks: int = LOOKS) -> Iterator[Move]:
    """An old server whose app writes, and a new one that is empty."""
    with two_servers() as (old, new):
        old.database.ask(f"CREATE DATABASE {DATABASE}")
        old.ask("CREATE TABLE written (number integer PRIMARY KEY)")
        with Writer(App(old.database)) as writer:
            move = Move(old, new, writer, looks)
            move.until_written()
            yield move


def until(what: str, condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < ends, f"not within {WITHIN_S} s: {what}"
        time.sleep(0.02)
