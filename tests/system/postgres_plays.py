"""Plays with a real PostgreSQL behind units: a client writes to it from beginning to end."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

from tests.system import postgres
from tests.system.plays import HOUR_S, Play, begin, change, shut_down, start_up
from tests.system.postgres import Postgres, Writer
from tests.world import fleet
from tests.world.cloud import Cloud

UNIT = "postgresql.service"


@dataclass
class DatabasePlay(Play):
    """A play, and what its databases tell of it; every moment is one of the call log's."""

    # When each row was known to be committed.
    committed: dict[int, float] = field(default_factory=dict)
    # By the server's name: the rows that its database has in the end, and the lines of its log.
    rows: dict[str, set[int]] = field(default_factory=dict)
    logs: dict[str, list[tuple[float, str]]] = field(default_factory=dict)

    def told(self, name: str, *texts: str) -> list[float]:
        """When the log of a server's database had a line with one of these."""
        return [at_s for at_s, line in self.logs[name] if any(text in line for text in texts)]


def a_database_with_a_client(cloud: Cloud) -> DatabasePlay:
    with postgres.folder() as database:
        make_leader(database)
        play = stage(cloud, {"one": database})
        with Writer(database) as writer:
            until_written(cloud, writer)
            shut_down(play)
            start_up(play)
            until_written(cloud, writer)
        look_back(play, {"one": database}, writer)
    return play


def a_leader_and_its_follower(cloud: Cloud) -> DatabasePlay:
    with ExitStack() as folders:
        leader, follower = (folders.enter_context(postgres.folder()) for _ in range(2))
        make_leader(leader)
        follower.init_as_follower_of(leader)
        follower.run("start")
        databases = {"leader": leader, "follower": follower}
        until_streaming(cloud, leader)
        play = stage(cloud, databases, follower={"lockstep:tier": "5"})
        with Writer(leader) as writer:
            until_written(cloud, writer)
            shut_down(play)
            start_up(play)
            until_streaming(cloud, leader)
            until_written(cloud, writer)
        cloud.until("the follower has every row", lambda: leader.rows() == follower.rows(), HOUR_S)
        look_back(play, databases, writer)
    return play


def a_server_that_stops_under_its_database(cloud: Cloud) -> DatabasePlay:
    """What Lockstep must never do, done by hand."""
    with postgres.folder() as database:
        make_leader(database)
        play = stage(cloud, {"one": database})
        change(play, "one", units={UNIT: {"enabled_on_boot": True}})
        server = play.servers["one"]
        with Writer(database) as writer:
            until_written(cloud, writer)
            fleet.stop_by_hand(cloud, server)
            cloud.client("ec2").start_instances(InstanceIds=[server.id])
            is_up = lambda: cloud.server(server.id)["units"][UNIT] == "active"  # noqa: E731
            cloud.until("the database is up with its server", is_up, HOUR_S)
            until_written(cloud, writer)
        look_back(play, {"one": database}, writer)
    return play


def make_leader(database: Postgres) -> None:
    database.init()
    database.run("start")
    database.ask("CREATE TABLE written (number integer PRIMARY KEY)")


def stage(cloud: Cloud, databases: dict[str, Postgres], **tags: dict[str, str]) -> DatabasePlay:
    """A server for each database, which runs already. What was logged until now is not part of the play."""
    begun = begin(cloud, {name: {"units": UNIT, "tags": tags.get(name)} for name in databases})
    for name, database in databases.items():
        change(begun, name, units={UNIT: {"commands": database.commands}})
        database.forget()
    return DatabasePlay(**vars(begun))


def until_written(cloud: Cloud, writer: Writer) -> None:
    before = len(writer.committed)
    cloud.until("another row is committed", lambda: len(writer.committed) > before, HOUR_S)


def until_streaming(cloud: Cloud, leader: Postgres) -> None:
    ask = "SELECT state FROM pg_stat_replication"
    cloud.until("the follower follows", lambda: leader.ask(ask) == ["streaming"], HOUR_S)


def look_back(play: DatabasePlay, databases: dict[str, Postgres], writer: Writer) -> None:
    at_s = axis(play.cloud)
    play.committed = {row: at_s(moment) for row, moment in writer.committed.items()}
    play.rows = {name: database.rows() for name, database in databases.items()}
    for name, database in databases.items():
        play.logs[name] = [(at_s(moment), line) for moment, line in database.told()]


def axis(cloud: Cloud) -> Callable[[float], float]:
    """From this machine's clock, which PostgreSQL reads, to that of the call log."""

    def look() -> tuple[float, float, float]:
        before = time.time()
        at_s = cloud.at_s()
        return time.time() - before, before, at_s

    # The shortest of some looks is the most exact.
    lasted, before, at_s = min(look() for _ in range(20))
    return lambda moment: at_s + (moment - before - lasted / 2) * cloud.scale
