"""Old answers to the same question, for reads that are eventually consistent."""

import json
import time
from collections import deque
from typing import Any

# Reads that AWS, or a cache on the way, may answer from the past.
READS = {
    ("kms", "DescribeKey"),
    ("ec2", "DescribeInstanceStatus"),
    ("ssm", "DescribeInstanceInformation"),
    ("rds", "DescribeDBInstances"),
    ("rds", "DescribeDBClusters"),
    ("ecs", "DescribeServices"),
    ("ecs", "DescribeContainerInstances"),
    ("ecs", "ListServices"),
    ("ecs", "ListTasks"),
    ("application-autoscaling", "DescribeScalableTargets"),
    ("autoscaling", "DescribeAutoScalingGroups"),
    ("autoscaling", "DescribeAutoScalingInstances"),
}
MOST_KEPT = 50

_answers: dict[str, deque[tuple[float, tuple]]] = {}


def remember(call: dict[str, Any], parameters: Any, answer: tuple) -> tuple:
    if (call["service"], call["operation"]) in READS and answer[0] < 400:
        _answers.setdefault(_question(call, parameters), deque(maxlen=MOST_KEPT)).append((time.time(), answer))
    return answer


def recall(call: dict[str, Any], parameters: Any, stale_s: float) -> tuple:
    """The oldest answer that may still be given; the log tells its age."""
    now = time.time()
    known = _answers[_question(call, parameters)]
    at, answer = next((at, answer) for at, answer in known if now - at <= stale_s or answer is known[-1][1])
    call["stale_by_s"] = round(now - at, 3)
    return answer


def _question(call: dict[str, Any], parameters: Any) -> str:
    return f"{call['operation']} {call['actor']} {json.dumps(parameters, sort_keys=True)}"


def clear() -> None:
    _answers.clear()
