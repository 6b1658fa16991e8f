"""Lockstep is uninstalled by `sam delete`, which is refused for as long as something would stay down or suspended."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.system import group_plays, plays
from tests.world import stack
from tests.world.cloud import ACCOUNT, Cloud

SCALE = 60
# `sam delete` takes ten seconds of this machine or more, and shall find the grace still there.
GRACE_MINUTES = "60"


@pytest.fixture(scope="module")
def removed(tmp_path_factory) -> Iterator[dict[str, Any]]:
    """A stack of its own, deleted in the grace of a shutdown, after the shutdown, and when all is up again."""
    cloud, process = stack.start_cloud(stack.free_port(), SCALE, tmp_path_factory.mktemp("removal"))
    try:
        stack.deploy(cloud, GracePeriodMinutes=GRACE_MINUTES)
        play = plays.begin(cloud, {"member": {}, "alone": {}})
        group_plays.add(play, "shop", "member")
        before = resources(cloud)
        at_s = plays.disable(play)
        plays.until_warned(play)
        in_the_grace = delete(cloud), resources(cloud)
        play.down = plays.story.until_ended(cloud, play.fleet.key, 1, "shutdown", at_s)
        play.states_down = plays.states(play)
        while_holding = delete(cloud), resources(cloud)
        plays.start_up(play)
        let_go = delete(cloud), resources(cloud)
        tables = cloud.client("dynamodb").list_tables()["TableNames"]
        yield {"play": play, "before": before, "in_the_grace": in_the_grace, "while_holding": while_holding,
               "let_go": let_go, "tables": tables, "states": plays.states(play)}  # fmt: skip
    finally:
        stack.stop_cloud(process.pid)


def delete(cloud: Cloud) -> str:
    """What `sam delete` says, and why CloudFormation did not."""
    done = stack.sam(cloud, ACCOUNT, "delete", stack.STACK, "--no-prompts")
    pages = cloud.client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=stack_id(cloud))
    events = [event for page in pages for event in page["StackEvents"]]
    failed = [event for event in events if event["ResourceStatus"] == "DELETE_FAILED"]
    # Newest first.
    reasons = [event["ResourceStatusReason"] for event in failed if event["LogicalResourceId"] == "RemovalGuard"]
    return "" if done.returncode == 0 else f"{done.stderr}\n{reasons[0]}"


def stack_id(cloud: Cloud) -> str:
    """Deleted stacks are found by their ids alone."""
    stacks = cloud.client("cloudformation").list_stacks()["StackSummaries"]
    return next(found["StackId"] for found in stacks if found["StackName"] == stack.STACK)


def resources(cloud: Cloud) -> set[str]:
    """All but the aliases, which nothing calls, and what is never deleted with the stack: versions and the ledger."""
    listed = cloud.client("cloudformation").list_stack_resources(StackName=stack_id(cloud))["StackResourceSummaries"]
    names = {it["LogicalResourceId"] for it in listed if it["ResourceStatus"] != "DELETE_COMPLETE"}
    return {name for name in names if not re.search(r"Function(Alias|Version)\w+$|^Ledger$", name)}


def test_a_removal_in_a_grace_is_refused_and_takes_nothing_away(removed):
    said, left = removed["in_the_grace"]
    assert "run_under_way" in said and removed["play"].fleet.key in said and "lockstep status" in said
    assert left == removed["before"] and len(left) > 50


def test_a_removal_while_servers_are_held_is_refused_and_names_the_remedy(removed):
    said, left = removed["while_holding"]
    assert removed["play"].states_down["alone"]["state"] == "stopped"
    assert "key_holds_servers" in said and "enable the key" in said and "lockstep release" in said
    assert left == removed["before"]


def test_a_refused_removal_still_starts_what_it_stopped(removed):
    play = removed["play"]
    assert play.down.record["ending"] == "shutdown_complete"
    assert play.up.record["ending"] == "startup_complete"


def test_what_is_let_go_is_removed_and_nothing_stays_down_or_suspended(removed):
    said, left = removed["let_go"]
    assert not said and not left
    states = removed["states"]
    assert [states[name]["state"] for name in ("member", "alone")] == ["running"] * 2
    assert states["shop"]["suspended"] == []
    assert len(removed["tables"]) == 1, "the ledger is kept"
