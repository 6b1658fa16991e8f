"""The operator: subscribed to the topic and to the events, with the alarms, the metrics and the logs before them."""

import json
import threading
import time
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from tests.world.cloud import ACCOUNT, REGION, Cloud

# An alarm looks back over some periods, and is looked at every 20 seconds.
FIRES_WITHIN_S = 1_800
# What Lambda itself writes around each invocation.
BY_LAMBDA = ("START RequestId", "END RequestId", "REPORT RequestId")


class Operator:
    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self._lock, self._received = threading.Lock(), {}
        topic, events = cloud.outputs["OperatorTopicArn"], cloud.client("events")
        cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=self._queue("pager"))
        events.put_rule(Name="chat", EventPattern=json.dumps({"source": ["lockstep"]}))
        events.put_targets(Rule="chat", Targets=[{"Id": "queue", "Arn": self._queue("chat")}])

    def _queue(self, name: str) -> str:
        self.cloud.client("sqs").create_queue(QueueName=name)
        self._received[name] = []
        return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"

    def received(self, name: str) -> list[dict[str, Any]]:
        """Everything that ever came into a queue, oldest first."""
        sqs = self.cloud.client("sqs")
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        with self._lock:
            while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
                for message in messages:
                    self._received[name].append(json.loads(message["Body"]))
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return list(self._received[name])

    def pages(self) -> list[str]:
        """The messages of the topic, as they were published."""
        return [message["Message"] for message in self.received("pager")]

    def events(self, kind: str, key: str) -> list[dict[str, Any]]:
        about = [event for event in self.received("chat") if event["detail"]["key"] == key]
        return [event["detail"] for event in about if event["detail-type"] == kind]

    @cache  # noqa: B019 - there is one operator for all tests
    def alarm_name(self, logical_id: str) -> str:
        found = self.cloud.client("cloudformation").describe_stack_resource(
            StackName=self.cloud.stack, LogicalResourceId=logical_id
        )
        return found["StackResourceDetail"]["PhysicalResourceId"]

    def alarms(self) -> dict[str, str]:
        """State by the alarms' names."""
        found = self.cloud.client("cloudwatch").describe_alarms()["MetricAlarms"]
        return {alarm["AlarmName"]: alarm["StateValue"] for alarm in found}

    def until_all_are_ok(self, within_s: float = 3_600) -> None:
        self.cloud.until("every alarm is OK", lambda: set(self.alarms().values()) == {"OK"}, within_s)

    def until_alarm(self, logical_id: str, state: str = "ALARM", within_s: float = FIRES_WITHIN_S) -> None:
        name = self.alarm_name(logical_id)
        self.cloud.until(f"{logical_id} is {state}", lambda: self.alarms()[name] == state, within_s)

    def page(self, logical_id: str, state: str = "ALARM") -> dict[str, Any] | None:
        """What the topic told of an alarm that came into a state, if it did."""
        name = self.alarm_name(logical_id)
        told = [json.loads(page) for page in self.pages() if page.startswith("{")]
        return next((page for page in told if (page["AlarmName"], page["NewStateValue"]) == (name, state)), None)

    def total(self, metric: str, **dimensions: str) -> float:
        """The sum of everything that was ever measured under exactly these dimensions, besides the stack's."""
        wanted = {"Stack": self.cloud.stack, **dimensions}
        now = datetime.fromisoformat(self.cloud.ask("GET", "clock")["now"])
        found = self.cloud.client("cloudwatch").get_metric_statistics(
            Namespace="Lockstep", MetricName=metric, Period=86_400, Statistics=["Sum"],
            Dimensions=[{"Name": name, "Value": value} for name, value in wanted.items()],
            StartTime=now - timedelta(days=2), EndTime=now + timedelta(days=2),
        )  # fmt: skip
        return sum(point["Sum"] for point in found["Datapoints"])

    def lines(self) -> dict[str, list[str]]:
        """Every line that a function has printed, by its log group; what Lambda itself writes around it is left out."""
        logs, lines = self.cloud.client("logs"), {}
        for group in logs.describe_log_groups()["logGroups"]:
            name = group["logGroupName"]
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=name)
            messages = [event["message"] for page in pages for event in page["events"]]
            lines[name] = [message for message in messages if not message.startswith(BY_LAMBDA)]
        return {name: found for name, found in lines.items() if found}

    def rest(self, virtual_s: float) -> None:
        time.sleep(virtual_s / self.cloud.scale)
