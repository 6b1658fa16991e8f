"""Alarms that are looked at by the virtual clock, with the dimensions, periods and missing data that they ask for.

Amazon CloudWatch User Guide, "Evaluating an alarm" and "Configuring how alarms treat missing data". One thing is
simpler here: where data are missing, AWS may look at some older periods as well, and is the later for it.
"""

import logging
import threading
import time
from typing import Any

from ministack.services import cloudwatch

from tests.cloud import clock, metrics

LOOKS_EVERY_S = 20
COMPARISONS = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}

log = logging.getLogger("lockstep.alarms")


def install() -> None:
    cloudwatch._evaluate_alarm = look
    threading.Thread(target=_watch, daemon=True, name="alarms").start()


def _watch() -> None:
    while True:
        clock.sleep(LOOKS_EVERY_S)
        for alarm in list(cloudwatch._alarms.values()):
            try:
                if alarm["Namespace"] == "AWS/SQS":
                    metrics.measure_queue(_dimensions(alarm)["QueueName"])
                look(alarm)
            except Exception:
                log.exception("alarm %s could not be looked at", alarm["AlarmName"])


def look(alarm: dict[str, Any]) -> None:
    """Moves the alarm to the state that it should have, and tells its topics of the change."""
    before, (state, reason) = alarm["StateValue"], state_of(alarm, time.time())
    if state == before:
        return
    alarm.update(StateValue=state, StateReason=reason, StateUpdatedTimestamp=int(time.time()))
    cloudwatch._record_history(alarm["AlarmName"], before, state, reason)
    cloudwatch._dispatch_alarm_actions(alarm, before, state, reason)


def state_of(alarm: dict[str, Any], now: float) -> tuple[str, str]:
    count, treat = int(alarm["EvaluationPeriods"]), alarm["TreatMissingData"]
    breaches = [_breaches(alarm, now - (number + 1) * alarm["Period"], now) for number in range(count)]
    if treat in ("breaching", "notBreaching"):
        breaches = [treat == "breaching" if breach is None else breach for breach in breaches]
    known = [breach for breach in breaches if breach is not None]
    if not known:
        return ("INSUFFICIENT_DATA" if treat == "missing" else alarm["StateValue"]), "no data"
    is_wrong = sum(known) >= int(alarm.get("DatapointsToAlarm") or count)
    return ("ALARM" if is_wrong else "OK"), f"{sum(known)} of {count} periods breach"


def _breaches(alarm: dict[str, Any], begins: float, now: float) -> bool | None:
    """Whether the period that begins then breaches; nothing, if it has no data."""
    key = (alarm["Namespace"], alarm["MetricName"], cloudwatch._dims_key(_dimensions(alarm)))
    ends = min(begins + alarm["Period"], now)
    points = [point for point in cloudwatch._metrics.get(key, ()) if begins <= point["Timestamp"] < ends]
    if not points:
        return None
    value = cloudwatch._stat_value(cloudwatch._calc_stats(points), alarm["Statistic"], points)
    return COMPARISONS[alarm["ComparisonOperator"]](value, alarm["Threshold"])


def _dimensions(alarm: dict[str, Any]) -> dict[str, str]:
    return cloudwatch._dims_from_list(alarm.get("Dimensions", []))
