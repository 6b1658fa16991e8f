"""Metrics that come by themselves: what Lambdas print in the embedded metric format, and what AWS measures of its own.

The format: Amazon CloudWatch User Guide, "Specification: Embedded metric format". Of AWS's own metrics there is what an
alarm could look at here: how often a rule called its targets, and how many messages a queue has.
"""

import json
import logging
from typing import Any

from ministack.services import cloudwatch, eventbridge, lambda_svc, sqs

MOST_DIMENSIONS = 30
UNITS = {"Count", "Seconds", "Milliseconds", "Bytes", "Percent", "None"}

log = logging.getLogger("lockstep.metrics")


class Malformed(ValueError):
    """CloudWatch would make no metric of the line."""


def install() -> None:
    global _ministack_emit_logs, _call_target
    _ministack_emit_logs, _call_target = lambda_svc._emit_lambda_logs, eventbridge._invoke_target
    lambda_svc._emit_lambda_logs = _emit_logs
    eventbridge._invoke_target = _invoke_target


_ministack_emit_logs: Any = None
_call_target: Any = None


def _emit_logs(func: dict, request_id: str, log_text: str, *rest: Any, **more: Any) -> None:
    _ministack_emit_logs(func, request_id, log_text, *rest, **more)
    for line in (log_text or "").splitlines():
        if line.startswith("{") and '"_aws"' in line:
            try:
                extract(json.loads(line))
            except ValueError as error:
                log.warning("no metric is made of %s: %s", line, error)


def extract(line: dict[str, Any]) -> None:
    """Keeps every metric of a line under each of its sets of dimensions."""
    at = line["_aws"]["Timestamp"] / 1000
    for directive in line["_aws"]["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            dimensions = {name: line.get(name) for name in names}
            if len(names) > MOST_DIMENSIONS or not all(isinstance(text, str) and text for text in dimensions.values()):
                raise Malformed(f"dimensions {dimensions}")
            for metric in directive["Metrics"]:
                keep(directive["Namespace"], metric, dimensions, line.get(metric["Name"]), at)


def keep(namespace: str, metric: dict[str, str], dimensions: dict[str, str], value: Any, at: float) -> None:
    unit = metric.get("Unit", "None")
    if isinstance(value, bool) or not isinstance(value, int | float) or unit not in UNITS:
        raise Malformed(f"{metric} is {value!r}")
    key = (namespace, metric["Name"], cloudwatch._dims_key(dimensions))
    point = {"Timestamp": at, "Value": float(value), "Unit": unit, "Dimensions": dimensions}
    cloudwatch._metric_bucket(key).append(point)


def _invoke_target(target: dict, event: dict, rule: dict, view: Any = None) -> None:
    cloudwatch.record_metric("AWS/Events", "Invocations", 1, "Count", {"RuleName": rule.get("Name", "")})
    _call_target(target, event, rule, view)


def measure_queue(name: str) -> None:
    for queue in list(sqs._queues.values()):
        if queue["attributes"]["QueueArn"].endswith(f":{name}"):
            waiting = len(queue["messages"])
            cloudwatch.record_metric(
                "AWS/SQS", "ApproximateNumberOfMessagesVisible", waiting, "Count", {"QueueName": name}
            )
