"""A real PostgreSQL in a folder of its own, a client that writes to it, and what its log and its rows tell."""

import contextlib
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

INSTALLED = Path("/usr/lib/postgresql")
# The user that Debian's package makes: PostgreSQL does not run as root.
OWNER = "postgres"
# Nobody but its own clients can reach it, and the log has the time in seconds since 1970.
SETTINGS = """
listen_addresses = ''
port = 5432
unix_socket_directories = '{folder}'
log_line_prefix = '%n '
max_connections = 20
shared_buffers = 16MB
"""
LINE = re.compile(r"(\d+\.\d+) (.*)")
# More than Linux ever gives to a process. The killed one keeps its own in a container whose first process reaps nobody.
NOBODY = 2**22 + 1
WRITES_EVERY_S = 0.1
# What the log says after a database was not given the time to end.
RECOVERY = ("was not properly shut down", "automatic recovery in progress", "was interrupted")


def programs() -> Path:
    """Of the newest version that is installed; what lies on the PATH chooses among clusters of Debian's making."""
    versions = [folder for folder in INSTALLED.glob("*/bin") if (folder / "pg_ctl").exists()]
    assert versions, "PostgreSQL is missing; run: make install"
    return max(versions, key=lambda folder: float(folder.parent.name))


class Postgres:
    def __init__(self, folder: Path) -> None:
        self.folder, self.data, self.log = folder, folder / "data", folder / "log"
        self.bin = programs()

    @property
    def commands(self) -> dict[str, list[str]]:
        """What a unit runs: Debian's own stops a database in the fast mode, too."""
        control = self._as_owner("pg_ctl", "--silent", "--wait", f"--pgdata={self.data}")
        # Its children end when they miss their parent. The last two are what a boot does to its locks.
        kill = f'kill -KILL "$(head -n 1 "$0")" && sed -i "1s/.*/{NOBODY}/" "$0" && rm "$1"'
        locks = [str(self.data / "postmaster.pid"), str(self.folder / ".s.PGSQL.5432.lock")]
        return {
            "start": [*control, f"--log={self.log}", "start"],
            "stop": [*control, "--mode=fast", "stop"],
            "kill": ["sh", "-c", kill, *locks],
        }

    def end_at_once(self) -> list[str]:
        return self._as_owner("pg_ctl", "--silent", f"--pgdata={self.data}", "--mode=immediate", "stop")

    def run(self, verb: str) -> None:
        _run(self.commands[verb])

    def init(self) -> None:
        options = ["--username=postgres", "--auth=trust", "--locale=C", "--encoding=UTF8", "--no-sync"]
        _run(self._as_owner("initdb", f"--pgdata={self.data}", *options))
        with (self.data / "postgresql.conf").open("a") as conf:
            conf.write(SETTINGS.format(folder=self.folder))

    def init_as_follower_of(self, leader: "Postgres") -> None:
        """Its leader keeps for it what it has not yet seen."""
        source = [f"--host={leader.folder}", "--username=postgres", "--checkpoint=fast", "--no-sync"]
        follow = ["--write-recovery-conf", "--wal-method=stream", "--create-slot", "--slot=follower"]
        _run(self._as_owner("pg_basebackup", f"--pgdata={self.data}", *source, *follow))
        with (self.data / "postgresql.conf").open("a") as conf:
            conf.write(SETTINGS.format(folder=self.folder))

    def ask(self, sql: str) -> list[str]:
        return _run([*self.client(), f"--command={sql}"]).splitlines()

    def client(self) -> list[str]:
        options = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]
        return [str(self.bin / "psql"), *options, f"--host={self.folder}", "--username=postgres"]

    def rows(self) -> set[int]:
        return {int(row) for row in self.ask("SELECT number FROM written")}

    def told(self) -> list[tuple[float, str]]:
        """The lines of its log, each with its time."""
        lines = [found.groups() for found in map(LINE.match, self.log.read_text().splitlines()) if found]
        return [(float(at), text) for at, text in lines]

    def forget(self) -> None:
        """Empties its log, to which it only ever appends."""
        self.log.write_text("")

    def _as_owner(self, program: str, *options: str) -> list[str]:
        change = ["setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--clear-groups"] if os.geteuid() == 0 else []
        return [*change, str(self.bin / program), *options]


@contextlib.contextmanager
def folder() -> Iterator[Postgres]:
    """A place for a database. Nothing of it is left, however this ends."""
    # Not below the folders of pytest, which only their owner may enter.
    place = Path(tempfile.mkdtemp(prefix="lockstep-postgres-"))
    if os.geteuid() == 0:
        owner = pwd.getpwnam(OWNER)
        os.chown(place, owner.pw_uid, owner.pw_gid)
    database = Postgres(place)
    try:
        yield database
    finally:
        if (database.data / "postmaster.pid").exists():
            subprocess.run(database.end_at_once(), stderr=subprocess.DEVNULL, check=False)
        shutil.rmtree(place, ignore_errors=True)


def _run(command: list[str]) -> str:
    done = subprocess.run(
        command, cwd="/", env=_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def _environment() -> dict[str, str]:
    """Nothing of what the developer may have set for databases of his own."""
    return {"PATH": os.environ["PATH"], "LANG": "C"}


class Writer(threading.Thread):
    """Writes row after row, comes back whenever it lost its database, and remembers what was committed, and when."""

    def __init__(self, database: Postgres) -> None:
        super().__init__(daemon=True)
        self.database = database
        self.tried = 0
        self.committed: dict[int, float] = {}
        self._ended = threading.Event()

    def __enter__(self) -> "Writer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.join()

    def run(self) -> None:
        while not self._ended.wait(WRITES_EVERY_S):
            session = subprocess.Popen(
                self.database.client(), cwd="/", env=_environment(), text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            with contextlib.suppress(BrokenPipeError), session:
                self._write(session)

    def _write(self, session: subprocess.Popen) -> None:
        """Each row is a transaction of its own; `psql` prints it once its commit is acknowledged."""
        while not self._ended.wait(WRITES_EVERY_S):
            self.tried += 1
            session.stdin.write(f"INSERT INTO written VALUES ({self.tried}) RETURNING number;\n")
            session.stdin.flush()
            if session.stdout.readline() != f"{self.tried}\n":
                return
            self.committed[self.tried] = time.time()
