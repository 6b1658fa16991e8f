"""The page's way for RDS that copies rows instead of disks, carried out on two real ones while an app writes."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.examples import moving, pages
from tests.examples.moving import App, Move, Server
from tests.system.postgres import Writer

STEPS = ("Follow", "Stop the writes and check that nothing is missing", "Unfollow")
FOLLOW, STOP_WRITES, UNFOLLOW = STEPS
ROLE = "orders_app"
TABLE = "CREATE TABLE written (number integer PRIMARY KEY, place serial)"
GRANTS = (f"GRANT ALL ON written TO {ROLE}", f"GRANT ALL ON SEQUENCE written_place_seq TO {ROLE}")


class LogicalMove(Move):
    """The same page; who is who is said by connection strings."""

    def environment(self, server: Server) -> dict[str, str]:
        old, new = (
            f"host={one.database.folder} port=5432 dbname={moving.DATABASE} user=postgres"
            for one in (self.old, self.new)
        )
        return {
            "OLD": old, "NEW": new, "LEADER": old, "APP_ROLE": ROLE, "PATIENCE_S": str(self.looks),
            "PATH": f"{server.programs}:{server.database.bin}:{os.environ['PATH']}", "LANG": "C",
        }  # fmt: skip


@dataclass
class Moved:
    committed: set[int]
    committed_first: set[int]
    refused: range
    rows: set[int]
    # The next of the sequence on the new one, and the highest of the old one's rows.
    next_place: int
    last_place: int
    to_a_client: str
    slots_of_the_old: list[str]
    subscriptions_of_the_new: list[str]


@pytest.fixture(scope="module")
def moved() -> Iterator[Moved]:
    with moving.two_servers() as (old, new):
        for server in (old, new):
            server.database.ask(f"CREATE DATABASE {moving.DATABASE}")
            server.database.ask(f"CREATE ROLE {ROLE} LOGIN")
        old.database.ask("ALTER SYSTEM SET wal_level = logical")
        for verb in ("stop", "start"):
            old.database.run(verb)
        for sql in (TABLE, *GRANTS):
            old.ask(sql)
        with Writer(App(old.database, ROLE)) as writer:
            move = LogicalMove(old, new, writer)
            move.until_written()
            committed_first = set(writer.committed)
            move.step(FOLLOW)
            move.until_written()
            move.step(STOP_WRITES)
            refused = move.until_refused()
            move.step(UNFOLLOW)
            refused = range(refused.start, move.until_refused().stop)
            to_a_client = old.refusal(ROLE)
            [next_place] = new.ask("SELECT nextval('written_place_seq')")
            [last_place] = old.ask("SELECT max(place) FROM written")
            writer.database.database = new.database
            move.until_written()
        yield Moved(
            set(writer.committed), committed_first, refused, new.rows(), int(next_place), int(last_place), to_a_client,
            old.database.ask("SELECT slot_name FROM pg_replication_slots"),
            new.database.ask("SELECT subname FROM pg_subscription"),
        )  # fmt: skip


def test_no_committed_row_is_lost(moved):
    assert moved.committed_first and moved.committed_first < moved.committed
    assert moved.committed <= moved.rows


def test_what_is_written_during_maintenance_is_refused(moved):
    assert moved.refused and not set(moved.refused) & moved.rows


def test_sequences_go_on_where_the_old_ones_ended(moved):
    assert moved.next_place > moved.last_place > 0


def test_the_old_one_takes_no_writes_and_has_no_follower(moved):
    assert "is not permitted to log in" in moved.to_a_client
    assert not moved.slots_of_the_old and not moved.subscriptions_of_the_new


def test_the_way_by_rows_says_what_its_reader_must_fill_in():
    [placeholders] = pages.under(moving.PAGE, "By a logical replica")
    named = {line.removeprefix("export ").split("=")[0] for line in placeholders.splitlines()}
    assert named == {"OLD", "NEW", "LEADER", "APP_ROLE", "PATIENCE_S"}
    bash = subprocess.run(["bash", "-n", "-c", placeholders], capture_output=True, text=True)
    assert bash.returncode == 0
