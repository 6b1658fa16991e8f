"""Metrics that Lambdas print, and alarms on them by the virtual clock."""

import json
import time
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.cloud.conftest import BOOTSTRAP, Cloud, make_function

# A Lambda that prints each of the lines that it is given.
PRINTING = BOOTSTRAP.replace(
    "    now = time.time()\n", '    print(*event.get("say", []), sep="\\n", flush=True)\n    now = time.time()\n'
)
DIMENSIONS = [{"Name": "Stack", "Value": "one"}]


@pytest.fixture(scope="module")
def printing(running: Cloud) -> str:
    assert PRINTING != BOOTSTRAP
    return make_function(running, "printing", PRINTING)


@pytest.fixture
def name() -> str:
    """Of a metric and of an alarm that no other test has."""
    return f"metric-{time.monotonic_ns()}"


def now(cloud: Cloud) -> datetime:
    return datetime.fromisoformat(cloud.get("clock")["now"])


def say(cloud: Cloud, printing: str, name: str, value: Any, stack: str = "one") -> None:
    directive = {"Namespace": "Test", "Dimensions": [["Stack"]], "Metrics": [{"Name": name, "Unit": "Count"}]}
    embedded = {"Timestamp": int(now(cloud).timestamp() * 1000), "CloudWatchMetrics": [directive]}
    line = json.dumps({"_aws": embedded, "Stack": stack, name: value, "run.name": "k1-1-shutdown-1"})
    cloud.client("lambda").invoke(FunctionName=printing, Payload=json.dumps({"say": ["a line", line]}).encode())


def total(cloud: Cloud, name: str) -> float:
    found = cloud.client("cloudwatch").get_metric_statistics(
        Namespace="Test", MetricName=name, Dimensions=DIMENSIONS, Period=3600, Statistics=["Sum"],
        StartTime=now(cloud) - timedelta(hours=2), EndTime=now(cloud) + timedelta(hours=2),
    )  # fmt: skip
    return sum(point["Sum"] for point in found["Datapoints"])


def make_alarm(cloud: Cloud, name: str, **settings: Any) -> None:
    usual = {
        "Namespace": "Test", "MetricName": name, "Dimensions": DIMENSIONS, "Statistic": "Sum", "Period": 120,
        "EvaluationPeriods": 3, "ComparisonOperator": "GreaterThanThreshold", "Threshold": 0,
        "DatapointsToAlarm": 1, "TreatMissingData": "notBreaching",
    }  # fmt: skip
    cloud.client("cloudwatch").put_metric_alarm(AlarmName=name, **(usual | settings))


def until(cloud: Cloud, name: str, state: str) -> None:
    def is_in_it() -> bool:
        [alarm] = cloud.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
        return alarm["StateValue"] == state

    cloud.until(is_in_it, within_s=15)


def test_what_a_lambda_prints_becomes_a_metric_of_its_dimensions(cloud, printing, name):
    say(cloud, printing, name, 3)
    say(cloud, printing, name, 4)
    say(cloud, printing, name, 100, stack="another")
    assert total(cloud, name) == 7


@pytest.mark.parametrize(("value", "stack"), [("much", "one"), (True, "one"), (1, "")])
def test_a_line_that_cloudwatch_would_not_take_makes_no_metric(cloud, printing, name, value, stack):
    say(cloud, printing, name, value, stack)
    say(cloud, printing, name, 1)
    assert total(cloud, name) == 1


def test_an_alarm_fires_for_its_own_dimensions_tells_its_topic_and_is_over_in_time(cloud, printing, name, queue):
    url, arn = queue
    sns, sqs = cloud.client("sns"), cloud.client("sqs")
    topic = sns.create_topic(Name=name)["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    make_alarm(cloud, name, AlarmActions=[topic])
    say(cloud, printing, name, 1, stack="another")
    until(cloud, name, "OK")
    say(cloud, printing, name, 1)
    until(cloud, name, "ALARM")
    [message] = cloud.until(lambda: sqs.receive_message(QueueUrl=url).get("Messages"))
    told = json.loads(json.loads(message["Body"])["Message"])
    assert (told["AlarmName"], told["NewStateValue"]) == (name, "ALARM")
    until(cloud, name, "OK")


def test_an_alarm_can_take_silence_for_a_breach(cloud, printing, name):
    silence = {"Statistic": "SampleCount", "ComparisonOperator": "LessThanThreshold", "Threshold": 1}
    make_alarm(cloud, name, **silence, DatapointsToAlarm=3, TreatMissingData="breaching")
    until(cloud, name, "ALARM")
    say(cloud, printing, name, 0)
    until(cloud, name, "OK")
    until(cloud, name, "ALARM")


def test_an_alarm_sees_the_messages_of_a_queue(cloud, name, queue):
    url, arn = queue
    made_of = {"Namespace": "AWS/SQS", "MetricName": "ApproximateNumberOfMessagesVisible", "Statistic": "Maximum"}
    dimensions = [{"Name": "QueueName", "Value": arn.rsplit(":", 1)[-1]}]
    make_alarm(cloud, name, **made_of, Dimensions=dimensions, EvaluationPeriods=1)
    until(cloud, name, "OK")
    cloud.client("sqs").send_message(QueueUrl=url, MessageBody="an event")
    until(cloud, name, "ALARM")
