"""Plays of Auto Scaling groups: members that stop and come back, and groups that must not be resumed."""

from typing import Any

from tests.system.plays import UNITS, Play, begin, fault, shut_down, start_up, until_called
from tests.world.cloud import Cloud

REPLACES = [
    "AZRebalance", "AlarmNotification", "HealthCheck", "Launch", "ReplaceUnhealthy", "ScheduledActions", "Terminate",
]  # fmt: skip


def add(play: Play, name: str, *members: str, app: str | None = "orders", **options: Any) -> None:
    """A group around servers of the play."""
    servers = [play.servers[member] for member in members]
    play.resources[name] = play.fleet.group(name, play.fleet.app(app) if app else None, *servers, **options)


def suspend(play: Play, name: str, *processes: str) -> None:
    play.cloud.client("autoscaling").suspend_processes(
        AutoScalingGroupName=play.resources[name].name, ScalingProcesses=list(processes)
    )


def groups(cloud: Cloud) -> Play:
    """Two members of one group, groups that were suspended before, and groups that are not ours to suspend."""
    names = ("one", "two", "alone", "half", "paused", "bare", "excluded")
    play = begin(cloud, {name: {} for name in names} | {"waiting": {"units": ""}})
    add(play, "shop", "one", "two")
    add(play, "half-suspended", "half")
    suspend(play, "half-suspended", "Launch", "AlarmNotification")
    add(play, "suspended", "paused")
    suspend(play, "suspended", *REPLACES)
    add(play, "without-a-tag", "bare", app=None)
    add(play, "excluded-group", "excluded", tags={"lockstep:exclude": "true"})
    add(play, "spare", "waiting")
    shut_down(play)
    start_up(play)
    return play


def a_group_that_cannot_be_suspended(cloud: Cloud) -> Play:
    play = begin(cloud, {"member": {}, "alone": {"units": UNITS}})
    add(play, "shop", "member")
    fault(play, "autoscaling", "SuspendProcesses", "error", play.resources["shop"].name, code="AccessDenied")
    shut_down(play)
    start_up(play)
    return play


def a_group_whose_answer_is_lost(cloud: Cloud) -> Play:
    """Of the call that suspends it, ten minutes long."""
    play = begin(cloud, {"member": {}})
    add(play, "shop", "member")
    fault(play, "autoscaling", "SuspendProcesses", "lost_answer", play.resources["shop"].name, times=100)
    shut_down(play)
    start_up(play)
    return play


def a_member_that_does_not_come_back(cloud: Cloud) -> Play:
    play = begin(cloud, {"member": {}, "other": {}})
    add(play, "shop", "member", "other")
    shut_down(play)
    fault(play, "ec2", "StartInstances", "error", play.servers["member"].id, code="UnsupportedOperation", times=100)
    start_up(play)
    return play


def a_member_that_somebody_stops(cloud: Cloud) -> Play:
    """One that is not managed, while its group is suspended for another."""
    play = begin(cloud, {"member": {}, "theirs": {"app": None, "units": ""}})
    add(play, "shop", "member", "theirs")
    at_s = play.cloud.at_s()
    shut_down(play)
    until_called(play, "StopInstances", at_s, [play.servers["member"].id])
    cloud.client("ec2").stop_instances(InstanceIds=[play.servers["theirs"].id])
    cloud.until("theirs is stopped", lambda: cloud.servers()[play.servers["theirs"].id]["state"] == "stopped", 600)
    start_up(play)
    return play
