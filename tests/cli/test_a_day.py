"""A day of a key as its operator follows it: plan, pause, shutdown, status, release, startup, history."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cli.conftest import Operator, changes
from tests.world import fleet, story
from tests.world.cloud import Cloud
from tests.world.fleet import Fleet, Server
from tests.world.resources import Resource
from tests.world.story import Story


@dataclass
class Day:
    fleet: Fleet
    servers: dict[str, Server]
    resources: list[Resource]
    planned: dict[str, Any]
    page: str
    touched: list[dict[str, Any]]
    down: Story
    status_down: dict[str, Any]
    removal: str
    released: str
    up: Story
    status_up: dict[str, Any]
    history: dict[str, Any]
    history_page: str


@pytest.fixture(scope="module")
def day(cloud: Cloud, operator: Operator) -> Day:
    made = Fleet(cloud, fleet.make_key(cloud))
    key, orders = made.key, made.app("orders")
    servers = {
        "leader": made.server("leader", orders, "db.service"),
        "follower": made.server("follower", orders, "db.service cache.service", tags={"lockstep:tier": "10"}),
        "member": made.server("member", orders),
        "excluded": made.server("excluded", orders, tags={"lockstep:exclude": "true"}),
        "stranger": made.server("stranger", None),
        "kept": made.server("kept", orders),
    }
    fleet.until_ready(cloud, *servers.values())
    resources = [
        made.database("shop", orders),
        made.cluster("ledger", orders, tags={"lockstep:tier": "-1"}),
        made.group("group", orders, servers["member"]),
        made.ecs_service("web", orders, servers["leader"], limits=(1, 4)),
    ]
    operator.says("key", "add", key)
    before_s = cloud.at_s()
    planned, page = operator.tells("plan", key), operator.says("plan", key)
    touched = changes(cloud, before_s)
    everything = [key, *(server.id for server in servers.values())]
    everything += [name for resource in resources for name in resource.names]
    at_s = cloud.at_s()
    story.disable(cloud, key)
    down = story.until_ended(cloud, key, 1, "shutdown", at_s, about=everything)
    status_down, removal = operator.tells("status", key), operator.is_refused("key", "remove", key)
    released = operator.says("release", servers["kept"].id, "--reason", "its owner moves it")
    at_s = cloud.at_s()
    story.enable(cloud, key)
    up = story.until_ended(cloud, key, 2, "startup", at_s, about=everything)
    return Day(
        made, servers, resources, planned, page, touched, down, status_down, removal, released, up,
        operator.tells("status", key), operator.tells("history", key), operator.says("history", key),
    )  # fmt: skip


def acts(told: Story, *operations: str) -> list[tuple[str, tuple[str, ...]]]:
    calls = [call for call in told.calls if call["mutating"] and call["operation"] in operations]
    return [(call["operation"], tuple(sorted(call["resources"]))) for call in calls if call["outcome"] == "ok"]


SCALED = ("RegisterScalableTarget", "UpdateService", "SendCommand")
ACTS = (*SCALED, "SuspendProcesses", "StopDBInstance", "StopDBCluster", "StopInstances")
SWEEP_S = 300
KINDS = (("db", "shop"), ("cluster", "ledger"), ("group", "group"))
BACK = (*SCALED, "StartInstances", "StartDBInstance", "StartDBCluster", "ResumeProcesses")


def walked(day: Day, stages: list[dict[str, Any]], done: list[tuple[str, tuple[str, ...]]]) -> list[tuple[list, list]]:
    """Of each stage that was planned: its calls, and as many of those that were made next."""
    pairs, at = [], 0
    for stage in stages:
        calls = [(batch["call"], keep(day, batch["resources"])) for batch in stage["batches"]]
        made = [(call, keep(day, ids)) for call, ids in done[at : at + len(calls)]]
        pairs.append((sorted(calls), sorted(made)))
        at += len(calls)
    assert at == len(done), "and nothing else is done"
    return pairs


def test_the_plan_equals_what_the_shutdown_then_does(day):
    pairs = walked(day, day.planned["shutdown"], acts(day.down, *ACTS))
    assert {call for planned, _ in pairs for call, ids in planned if ids} == set(ACTS)
    for planned, made in pairs:
        assert planned == made


def test_the_plan_tells_the_startup_too_but_for_what_is_released_meanwhile(day):
    kept = day.servers["kept"].id
    for planned, made in walked(day, day.planned["startup"], acts(day.up, *BACK)):
        assert [(call, tuple(id for id in ids if id != kept)) for call, ids in planned] == made


def keep(day: Day, names: Iterable[str]) -> tuple[str, ...]:
    """Of what a call names, what was made for this day, each under one name; the log has documents and hosts, too."""
    known = {server.id: server.id for server in day.servers.values()}
    known |= {name: resource.name for resource in day.resources for name in resource.names}
    plain = (name.split(":", 1)[-1] if not name.startswith("arn:") else name for name in names)
    found = {known.get(name) or known.get(name.rsplit("/", 1)[-1]) for name in plain}
    return tuple(sorted(found - {None}))


def test_the_plan_names_what_is_left_and_why(day):
    fates = {member["id"]: group["fate"] for group in day.planned["groups"] for member in group["members"]}
    assert fates[day.servers["excluded"].id] == "excluded" and fates[day.servers["stranger"].id] == "not_managed"
    assert "no lockstep:app tag" in day.page and day.servers["stranger"].id in day.page
    assert day.planned["counts"]["servers"] == 4 and day.planned["grace_minutes"] == 10


def test_a_plan_touches_nothing(day):
    assert day.touched == []


def test_status_tells_the_state_the_run_and_what_is_held(day):
    [down], [up] = day.status_down["keys"], day.status_up["keys"]
    assert (down["phase"], down["run"], down["ending"]) == ("down", day.down.run, "shutdown_complete")
    assert down["state"]["seen"] == {"look": "off", "state": "Disabled"}
    held = {hold["resource"] for hold in down["held"]}
    assert down["holds"] == len(held) == 9 and day.servers["kept"].id in held
    assert {f"{kind}:{day.fleet.app(name)}" for kind, name in KINDS} <= held
    assert (up["phase"], up["ending"], up["holds"], up["in_doubt"]) == ("up", "startup_complete", 0, 0)


def test_a_key_that_holds_anything_is_not_removed(day):
    assert "holds" in day.removal


def test_what_was_released_stays_down_and_the_reason_is_kept(day):
    assert "start it by hand" in day.released
    assert day.fleet.cloud.server(day.servers["kept"].id)["state"] == "stopped"
    assert day.fleet.cloud.server(day.servers["leader"].id)["state"] == "running"
    [kept] = day.history["released"]
    assert (kept["resource"], kept["reason"]) == (day.servers["kept"].id, "its owner moves it")
    assert "its owner moves it" in day.history_page


def test_history_goes_back_from_the_newest_run_to_the_first(day):
    assert [(run["run"], run["ending"]) for run in day.history["runs"]] == [
        (day.up.run, "startup_complete"), (day.down.run, "shutdown_complete"),
    ]  # fmt: skip


def test_history_has_as_many_runs_as_are_asked_for(day, operator):
    told = operator.tells("history", day.fleet.key, "--limit", "1")
    assert [run["run"] for run in told["runs"]] == [day.up.run]


def test_what_is_not_held_cannot_be_released(operator, day):
    assert "not_held" in operator.is_refused("release", day.servers["leader"].id, "--reason", "no reason")
    assert "bad_resource_id" in operator.is_refused("release", "bucket", "--reason", "no reason")
    assert "no_reason" in operator.is_refused("release", day.servers["leader"].id, "--reason", " ")


def test_a_paused_key_is_not_acted_for_until_it_is_resumed(cloud, operator, servers):
    key = servers.key
    operator.says("pause", key)
    assert [it["paused"] for it in operator.tells("key", "list") if it["key"] == key] == [True]
    story.disable(cloud, key)
    cloud.sleep(3 * SWEEP_S)  # Each of these sweeps would have seen it.
    assert operator.tells("history", key)["runs"] == []
    assert "paused" in operator.says("status")
    operator.says("resume", key)

    def begun() -> bool:
        return operator.tells("status", key)["keys"][0]["phase"] == "grace"

    cloud.until("the sweep opens a grace of its own", begun, 3_600, every_real_s=1)
    story.enable(cloud, key)


def test_all_keys_are_paused_and_resumed_at_once(operator, watched):
    assert watched in operator.tells("pause", "--all")["keys"]
    assert all(listed["paused"] for listed in operator.tells("key", "list"))
    operator.says("resume", "--all")
    assert not any(listed["paused"] for listed in operator.tells("key", "list"))
