"""Each alarm fires under its fault, tells the operator what to do, and is over when the fault is."""

import pytest

from tests.operators import faults

# By alarm: its fault, and whether the operator is told that it is over.
FIRED_BY = {
    "FailedRunAlarm": ("a_run_that_breaks_off", False),
    "IncompleteRunAlarm": ("a_stop_that_is_denied", False),
    "StuckRunAlarm": ("a_run_that_is_stuck", True),
    "UnknownKeyAlarm": ("a_key_that_is_denied", True),
    "SweepAlarm": ("no_sweep", True),
    "AccessDeniedAlarm": ("a_stop_that_is_denied", False),
    "BudgetAlarm": ("a_slow_service", False),
    "RefusedMailAlarm": ("a_refused_mail", False),
    "DeadLetterAlarm": ("an_event_that_is_refused", True),
}


def test_every_alarm_of_the_stack_is_tried(operator):
    assert {operator.alarm_name(alarm) for alarm in FIRED_BY} == operator.alarms().keys()


@pytest.mark.parametrize("alarm", FIRED_BY)
def test_an_alarm_fires_under_its_fault_and_pages_the_operator(operator, begun, alarm):
    begun(FIRED_BY[alarm][0])
    page = operator.cloud.until(f"{alarm} pages", lambda: operator.page(alarm), 600)
    assert 'Runbook: docs/runbook.md, "' in page["AlarmDescription"]


def test_a_run_that_broke_off_is_told_by_its_name(operator, begun):
    scene = begun("a_run_that_breaks_off")
    told = [page for page in operator.pages() if page.strip('"').startswith(f"Run {scene.key_id}-1-shutdown-1 ended")]
    assert len(told) == 1 and "ABORTED" in told[0] and "docs/runbook.md" in told[0]


def test_every_alarm_is_over_when_its_fault_is(operator, begun):
    for name in (*faults.FAULTS, "no_sweep"):
        begun(name)
    operator.until_all_are_ok()
    for alarm, (_, is_told) in FIRED_BY.items():
        assert bool(operator.page(alarm, "OK")) == is_told, alarm
