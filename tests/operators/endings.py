"""Every way in which a run ends, for two apps with two admins each: one reads English, the other Japanese."""

from dataclasses import dataclass

from tests.operators.operator import Operator
from tests.rows import scene as scenes
from tests.rows.scene import Scene
from tests.world import fleet

LANGUAGES = {"orders": "en", "billing": "ja"}
NO_CAPACITY = "We currently do not have sufficient t3.micro capacity in the Availability Zone you requested."


@dataclass
class Told:
    scene: Scene
    admins: dict[str, list[str]]
    # All mails about the key when the play was over.
    mails: list[dict]


def admins_of(scene: Scene, app: str) -> list[str]:
    return [f"{who}-{scene.fleet.app(app)}@example.com" for who in ("dba", "night")]


def begin(operator: Operator) -> Scene:
    scene = scenes.begin(operator.cloud).begin(one={}, two={"app": "billing"})
    for app, language in LANGUAGES.items():
        fleet.set_app(operator.cloud, scene.fleet.app(app), admins_of(scene, app), language)
    return scene


def told(scene: Scene) -> Told:
    mails = scene.cloud.mails(scene.key_id)
    scene.faults_off()
    return Told(scene, {app: admins_of(scene, app) for app in LANGUAGES}, mails)


def down_and_up(operator: Operator) -> Told:
    scene = begin(operator)
    assert scene.shut_down().ending == "shutdown_complete"
    assert scene.start_up().ending == "startup_complete"
    return told(scene)


def cancelled_in_the_grace(operator: Operator) -> Told:
    scene = begin(operator)
    scene.disable()
    scene.until_warned()
    scene.enable()
    assert scene.ended("startup", 2).ending == "nothing_to_do"
    return told(scene)


def one_server_that_will_not_stop(operator: Operator) -> Told:
    scene = begin(operator)
    scene.fault("ec2", "StopInstances", "error", scene.id("one"), code="OperationNotPermitted", times=100)
    assert scene.shut_down().ending == "shutdown_incomplete"
    return told(scene)


def one_server_that_will_not_start(operator: Operator) -> Told:
    scene = begin(operator)
    scene.shut_down()
    scene.fault("ec2", "StartInstances", "error", scene.id("one"), code="OperationNotPermitted", times=100)
    assert scene.start_up().ending == "startup_incomplete"
    return told(scene)


def one_server_without_capacity(operator: Operator) -> Told:
    scene = begin(operator)
    scene.shut_down()
    code = "InsufficientInstanceCapacity"
    scene.fault("ec2", "StartInstances", "error", scene.id("two"), code=code, message=NO_CAPACITY, times=100)
    assert scene.start_up().ending == "startup_incomplete"
    return told(scene)


def a_shutdown_that_is_overtaken(operator: Operator) -> Told:
    scene = begin(operator)
    scene.change("one", stop_takes_s=120)
    scene.disable()
    scene.until_called("StopInstances", "one")
    scene.enable()
    assert scene.ended("shutdown", 1).ending == "shutdown_superseded"
    assert scene.ended("startup", 2).ending == "startup_complete"
    return told(scene)


def a_search_that_is_given_up(operator: Operator) -> Told:
    scene = begin(operator)
    scene.fault_at("shutdown: Find the encrypted volumes", "deny", times=100)
    # The execution fails, so that an alarm sees it.
    assert scene.shut_down().record["ending"] == "shutdown_incomplete"
    return told(scene)


# By play: what each admin of each app is sent, by the names of the goldens.
ENDINGS = {
    down_and_up: {app: ["grace-started", "shutdown-complete", "startup-complete"] for app in LANGUAGES},
    cancelled_in_the_grace: {app: ["grace-started", "cancelled"] for app in LANGUAGES},
    one_server_that_will_not_stop: {
        "orders": ["grace-started", "shutdown-incomplete"],
        "billing": ["grace-started", "shutdown-complete"],
    },
    one_server_that_will_not_start: {
        "orders": ["grace-started", "shutdown-complete", "startup-incomplete"],
        "billing": ["grace-started", "shutdown-complete", "startup-complete"],
    },
    one_server_without_capacity: {
        "orders": ["grace-started", "shutdown-complete", "startup-complete"],
        "billing": ["grace-started", "shutdown-complete", "waiting-for-capacity"],
    },
    a_shutdown_that_is_overtaken: {app: ["grace-started", "startup-complete"] for app in LANGUAGES},
    # Nobody knows whose the key's dependents are, so the operator is told.
    a_search_that_is_given_up: {app: [] for app in LANGUAGES},
}
