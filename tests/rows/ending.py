"""How every row ends: faults off, key on, sweeps to a fixed point, invariants, and then nothing happens any more."""

import contextlib
import threading

from botocore.exceptions import ClientError

from tests.rows import invariants
from tests.rows.scene import Scene, by_lockstep
from tests.world import fleet, ledger, resources, story
from tests.world.cloud import Cloud, NeverHappened

# An incomplete run is tried again after five minutes, ten, and so on; what needs longer waits for it by itself.
FIXED_WITHIN_S = 2_400
# By kind of resource.
AS_BEFORE = {"databases": "available", "groups": "whole", "services": "steady"}
# As the ledger names what holds something other than a server; the scaling of an ECS service is held apart from it.
HELD_AS = ("db:", "cluster:", "group:", "ecs:", "scaling:service/")


class Sweeps:
    """Scenes that ask for a sweep at the same time share one; it begins after each of them asked."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.begun = self.done = 0
        self.changed = threading.Condition()

    def sweep(self) -> None:
        with self.changed:
            wanted = self.begun + 1
            while self.done < wanted:
                if self.begun == self.done:
                    self.begun += 1
                    self._sweep_without_the_lock()
                else:
                    self.changed.wait()

    def _sweep_without_the_lock(self) -> None:
        self.changed.release()
        try:
            # One key that cannot be followed fails the sweep of all, and keeps none of them.
            with contextlib.suppress(fleet.Refused):
                fleet.invoke(self.cloud, self.cloud.outputs["SweepKeysFunctionName"], {})
        finally:
            self.changed.acquire()
            self.done += 1
            self.changed.notify_all()


def end(scene: Scene, sweeps: Sweeps) -> None:
    scene.faults_off()
    for key in scene.keys:
        switch_on(scene, key)
    try:
        scene.cloud.until("a fixed point is reached", lambda: is_settled(scene, sweeps), FIXED_WITHIN_S, 0.5)
    except NeverHappened as never:
        raise AssertionError(f"{never}; the last mail: {scene.mails()[-1:]}") from never
    assert_everything_is_as_before(scene)
    assert not (found := invariants.broken(scene)), "\n".join(found)
    assert_nothing_happens_any_more(scene, sweeps)
    put_away(scene)


def switch_on(scene: Scene, key: str) -> None:
    kms = scene.cloud.client("kms")
    state = kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
    if state == "PendingDeletion":
        kms.cancel_key_deletion(KeyId=key)
    if state != "Enabled":
        story.enable(scene.cloud, key)


def is_settled(scene: Scene, sweeps: Sweeps) -> bool:
    before = [scene.record(key) for key in scene.keys]
    sweeps.sweep()
    return before == [scene.record(key) for key in scene.keys] and all(
        has_ended(scene, key, record) for key, record in zip(scene.keys, before, strict=True)
    )


def has_ended(scene: Scene, key: str, record: dict) -> bool:
    if not record or record["epoch"] == 0:
        return True
    if record["direction"] == "shutdown" or any(run["status"] == "RUNNING" for run in scene.runs(key)):
        return False
    name = story.run_name(key, int(record["epoch"]), record["direction"], int(record["attempt"]))
    run = ledger.run(scene.cloud, name) or {}
    return "ending" in run and run["ending"] != "startup_superseded" and not run.get("worth_another_try")


def assert_everything_is_as_before(scene: Scene) -> None:
    """L2: all runs again with all its services, and nothing holds it; but for what the row declares."""
    for name, server in scene.servers.items():
        if name in scene.left:
            continue
        state = scene.state(name)
        assert state["state"] == "running", f"{name} is {state['state']}"
        assert set(state["units"].values()) <= {"active"}, f"{name} has {state['units']}"
        assert ledger.item(scene.cloud, f"HOLD#{server.id}", "HOLD") is None, f"{name} is still held"

    for name, resource in scene.resources.items():
        if name in scene.left:
            continue
        if resource.kind == "services":
            # The tasks of one that was left at its count come back after their server, and nobody waits for them.
            resources.until_state(scene.cloud, AS_BEFORE[resource.kind], resource)
        seen = resources.look_at(scene.cloud, resource)
        assert seen["state"] == AS_BEFORE[resource.kind] and not seen.get("suspended"), f"{name}: {seen}"
        assert seen.get("desired") == scene.counts.get(name, seen.get("desired")), f"{name}: {seen}"
        for prefix in HELD_AS:
            hold = f"HOLD#{prefix}{resource.full_name}"
            assert ledger.item(scene.cloud, hold, "HOLD") is None, f"{name} is still held"


def assert_nothing_happens_any_more(scene: Scene, sweeps: Sweeps) -> None:
    """L4: one more sweep changes nothing and mails nobody."""
    since_s, mails = scene.cloud.at_s(), len(scene.mails())
    sweeps.sweep()
    scene.cloud.sleep(30)
    changes = [c for c in scene.calls(since=since_s) if c["mutating"] and by_lockstep(c) and c["service"] != "lambda"]
    assert not changes, [f"{c['service']}:{c['operation']}" for c in changes]
    assert len(scene.mails()) == mails


def put_away(scene: Scene) -> None:
    """Scenes that are over shall not slow down those that are not."""
    for key in scene.keys:
        with contextlib.suppress(fleet.Refused):
            fleet.enrol(scene.cloud, {"action": "unwatch_key", "key": key})
    with contextlib.suppress(ClientError):
        scene.cloud.client("ec2").terminate_instances(InstanceIds=[server.id for server in scene.servers.values()])
