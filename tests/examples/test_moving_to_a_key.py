"""The page about moving a database to a key, carried out on two real ones while an app writes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.examples import moving
from tests.examples import test_moving_by_a_logical_replica as by_rows

STEPS = (
    "1. Prepare", "2. Make the follower", "3. Wait until it has caught up", "4. Maintenance on: writes stop",
    "5. Check that the follower has replayed everything", "6. Promote and unfollow: no way back after this",
    "8. Maintenance off", "9. Close the old one", "Verify", "Going back before step 6",
)  # fmt: skip
PREPARE, FOLLOW, CATCH_UP, MAINTENANCE_ON, CHECK, PROMOTE, MAINTENANCE_OFF, CLOSE, VERIFY, GO_BACK = STEPS
FOLLOW_THE_OLD_ONE = """
runuser -u postgres -- pg_basebackup --pgdata="$NEW_DATA.other" --host="$OLD_HOST" --port="$OLD_PORT" \\
    --username=follower --checkpoint=fast
"""
CLOSED = 'database "orders" is not currently accepting connections'


@dataclass
class Moved:
    """What came of a whole move."""

    committed: set[int]
    # Committed before there was a follower, while it was made and followed, and in the end.
    phases: list[set[int]]
    refused: list[range]
    rows: set[int]
    # What the old one said to a client, and to a follower, once the new one led; and after the last step.
    to_a_client: str
    to_a_follower: str
    in_the_end: str
    slots_of_the_old: list[str]
    upstream_of_the_new: list[str]


@pytest.fixture(scope="module")
def moved() -> Iterator[Moved]:
    with moving.a_database_to_move() as move:
        phases = []

        def phase() -> None:
            phases.append(set(move.writer.committed).difference(*phases))

        move.step(PREPARE)
        phase()
        for heading in (FOLLOW, CATCH_UP):
            move.step(heading)
            move.until_written()
        phase()
        move.step(MAINTENANCE_ON)
        refused = [move.until_refused()]
        move.step(CHECK)
        move.step(PROMOTE)
        refused.append(move.until_refused())
        to_a_client, to_a_follower = move.old.refusal(), move.run(FOLLOW_THE_OLD_ONE).stderr
        slots = move.old.database.ask("SELECT slot_name FROM pg_replication_slots")
        move.writer.database.database = move.new.database
        refused.append(move.until_refused())
        move.step(MAINTENANCE_OFF)
        move.until_written()
        move.step(CLOSE, on=move.old)
        move.step(VERIFY)
        move.until_written()
        phase()
        upstream = move.new.database.ask("SELECT current_setting('primary_conninfo')")
        committed = set(move.writer.committed)
        yield Moved(
            committed, phases, refused, move.new.rows(), to_a_client, to_a_follower, move.old.refusal(), slots, upstream
        )


def test_no_committed_row_is_lost(moved):
    assert all(moved.phases), "rows were committed before, while it followed, and after"
    assert moved.committed <= moved.rows


def test_what_is_written_during_maintenance_is_refused(moved):
    assert all(moved.refused), "it was tried while the follower waited, after it led, and on the new one"
    tried = {row for rows in moved.refused for row in rows}
    assert not tried & moved.committed and not tried & moved.rows


def test_the_old_one_takes_no_writes_once_the_new_one_leads(moved):
    assert CLOSED in moved.to_a_client
    assert "No such file or directory" in moved.in_the_end, "it is down"


def test_the_old_one_cannot_be_followed_once_the_new_one_leads(moved):
    assert 'role "follower" does not exist' in moved.to_a_follower
    assert not moved.slots_of_the_old


def test_the_new_one_follows_nobody(moved):
    assert moved.upstream_of_the_new == [""]


def test_nothing_is_promoted_before_the_follower_has_everything_and_going_back_loses_nothing():
    with moving.a_database_to_move(looks=20) as move:
        for heading in (PREPARE, FOLLOW, CATCH_UP):
            move.step(heading)
        move.new.database.ask("SELECT pg_wal_replay_pause()")
        move.until_written()
        move.step(MAINTENANCE_ON)
        refused = move.until_refused()
        checked = move.attempt(CHECK)
        assert checked.returncode and "STOP" in checked.stderr, "what was written last is not there yet"
        move.step(GO_BACK)
        move.until_written()
        assert set(move.writer.committed) <= move.old.rows() and not set(refused) & move.old.rows()
        assert not move.old.database.ask("SELECT slot_name FROM pg_replication_slots")
        assert "does not exist" in move.run(FOLLOW_THE_OLD_ONE).stderr


def test_a_follower_that_does_not_follow_has_not_caught_up():
    with moving.a_database_to_move(looks=5) as move:
        for heading in (PREPARE, FOLLOW):
            move.step(heading)
        move.new.database.run("stop")
        waited = move.attempt(CATCH_UP)
        assert waited.returncode and "STOP" in waited.stderr


def test_a_new_server_that_has_a_database_is_left_alone():
    with moving.a_database_to_move() as move:
        move.new.database.ask("CREATE DATABASE somebodys")
        prepared = move.attempt(PREPARE)
        assert prepared.returncode and "STOP: databases on the new server" in prepared.stderr


def test_every_command_of_the_page_is_tried_in_the_order_of_the_page():
    headings = list(dict.fromkeys(block.heading for block in moving.BLOCKS))
    assert headings == [*STEPS, "By a logical replica", *by_rows.STEPS]
    numbers = [int(number) for number in re.findall(r"^## (\d)\. ", moving.PAGE.read_text(), re.M)]
    assert numbers == list(range(1, 10))


def test_the_page_says_what_its_reader_must_fill_in():
    names = set(re.findall(r"\b([A-Z_]+)=", moving.PLACEHOLDERS))
    with moving.a_database_to_move() as move:
        assert names == move.environment(move.new).keys() - {"PATH", "LANG"}
