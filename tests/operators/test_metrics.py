"""The metrics of real runs move as what they measure."""

import pytest

from tests.operators import faults


@pytest.fixture(scope="module", autouse=True)
def everything_was(begun) -> None:
    for name in (*faults.FAULTS, "no_sweep"):
        begun(name)


@pytest.mark.parametrize(
    "ending", ["shutdown_complete", "shutdown_incomplete", "shutdown_cancelled", "startup_complete"]
)
def test_a_run_is_counted_by_its_ending(operator, ending):
    assert operator.total("RunsEnded", Ending=ending) >= 1


@pytest.mark.parametrize("outcome", ["done", "not_done"])
def test_resources_are_counted_by_what_came_of_them(operator, outcome):
    assert operator.total("ResourcesSettled", Outcome=outcome) >= 1


@pytest.mark.parametrize(
    "metric",
    ["SecondsToServicesDown", "SecondsToServersDown", "SecondsToServicesUp", "SweepAgeSeconds", "KeysOff", "MailsSent"],
)
def test_what_happened_was_measured(operator, metric):
    assert operator.total(metric) > 0


def test_a_paused_key_and_an_ignored_event_are_counted(operator, begun):
    scene = begun("a_story")
    scene.ask("pause_key")
    scene.hear(name="DisableKey", errorCode="AccessDenied")
    operator.cloud.until("a sweep saw the pause", lambda: operator.total("KeysPaused"), 1_200)
    assert operator.total("IgnoredEvents") >= 1
