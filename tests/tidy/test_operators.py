"""Alarms, dashboard and runbook tell of the same things, and of nothing that nobody measures."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.tidy.template import RESOURCES, TEMPLATE

ROOT = Path(__file__).parents[2]
DOMAIN = ROOT / "functions/shared/domain/src"
OWN = dict(re.findall(r'\("(\w+)", Unit::\w+, (?:None|Some\("(\w+)"\))\)', (DOMAIN / "metrics.rs").read_text()))
# What AWS measures of its own, and the dimension that tells whose it is.
OF_AWS = {
    ("AWS/Events", "Invocations"): "RuleName",
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): "QueueName",
    ("AWS/Lambda", "Invocations"): "FunctionName",
    ("AWS/DynamoDB", "ConsumedReadCapacityUnits"): "TableName",
    ("AWS/DynamoDB", "ConsumedWriteCapacityUnits"): "TableName",
    ("AWS/States", "ConsumedCapacity"): "ServiceMetric",
}
# How the domain says why something is not where it should be.
REASONS = (
    r'not_done\(\s*(?:format!\(\s*)?"([^"]+)"',
    r'const (?:GONE|LOST|TAKEN_DOWN): &str\s*=\s*"([^"]+)"',
    r'=> Some\((?:format!\()?"([^"]+)"',
    r'Some\(format!\("((?:still|its|it) [^"]+)"',
    r'reason(?::| =)\s*(?:format!\(\s*)?"([^"]+)"',
    r'^\s+"(it (?:is|has) [^"]+)"$',
    r'Some\("(it [^"]+)"\)$',
    r'^\s+"(no answer [^"]+)"',
    r'wrong\.push|=> format!\("([^"]+)"',
)
TELLING = ("outcome", "plan", "plan/guards", "plan/startup", "batch/decide", "evidence", "evidence/refused", "database",
           "container", "scaling", "report")  # fmt: skip

ALARMS = {name: made["Properties"] for name, made in RESOURCES.items() if made["Type"] == "AWS::CloudWatch::Alarm"}
OF_ALARMS, OF_REASONS = (ROOT / "docs/runbook.md").read_text().split("\n# ")[1:]
every_alarm = pytest.mark.parametrize("name", ALARMS)


def sections(text: str) -> dict[str, str]:
    return {part.split("\n", 1)[0]: " ".join(part.split()) for part in text.split("\n## ")[1:]}


def is_measured(namespace: str, name: str, dimensions: list[str]) -> bool:
    if namespace == "Lockstep":
        return name in OWN and dimensions == ["Stack", *filter(None, [OWN[name]])]
    return dimensions == [OF_AWS.get((namespace, name))]


def test_there_are_metrics_and_alarms():
    assert len(OWN) >= 15 and OWN["RunsEnded"] == "Ending" and OWN["KeysOff"] == ""
    assert len(ALARMS) == 9


@every_alarm
def test_an_alarm_looks_at_what_is_measured(name):
    alarm = ALARMS[name]
    dimensions = [dimension["Name"] for dimension in alarm["Dimensions"]]
    assert is_measured(alarm["Namespace"], alarm["MetricName"], dimensions)


@every_alarm
def test_an_alarm_says_what_it_means_what_to_do_and_where_more_stands(name):
    text, title = re.fullmatch(r'(.+) Runbook: docs/runbook\.md, "(.+)"', ALARMS[name]["AlarmDescription"]).groups()
    assert re.fullmatch(r"[A-Z][^.]+\. [A-Z][^.]+\.", text.replace("docs/runbook.md", "").replace("e.g.", "")), text
    assert f"`{name}`" in sections(OF_ALARMS)[title]


@every_alarm
def test_an_alarm_tells_the_operator_and_knows_what_silence_means(name):
    alarm = ALARMS[name]
    assert alarm["AlarmActions"] == [{"Ref": "OperatorTopic"}]
    assert alarm["TreatMissingData"] == ("breaching" if name == "SweepAlarm" else "notBreaching")


@every_alarm
def test_a_section_says_how_to_look_what_to_do_and_when_it_is_over(name):
    [section] = [text for text in sections(OF_ALARMS).values() if f"`{name}`" in text]
    assert all(word in section for word in ("**Look:**", "**Do:**", "**Over"))


def test_every_section_of_the_runbook_is_asked_for():
    assert len(sections(OF_ALARMS)) == len(ALARMS)
    assert all("> " in text for text in sections(OF_REASONS).values())


def test_the_runbook_has_every_reason_that_a_mail_can_give():
    text, reasons = " ".join(OF_REASONS.split()), set()
    for name in TELLING:
        code = (DOMAIN / f"{name}.rs").read_text().split("#[cfg(test)]")[0]
        for pattern in REASONS:
            reasons |= {reason for reason in re.findall(pattern, code, re.M) if reason}
    assert len(reasons) > 40
    said = {re.sub(r"\{\w*\}", "…", reason) for reason in reasons}
    assert not sorted(reason for reason in said if len(reason) > 5 and reason not in text)


def widgets() -> list[dict[str, Any]]:
    body = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    names = set(re.findall(r"\$\{([\w:]+)(?:\.Arn)?\}", body))
    assert {name for name in names if not name.startswith("AWS::")} <= RESOURCES.keys()
    return json.loads(re.sub(r"\$\{[\w:.]+\}", "x", body))["widgets"]


def test_the_dashboard_answers_in_the_order_of_the_questions():
    asked = [widget["properties"]["markdown"] for widget in widgets() if widget["type"] == "text"]
    assert asked == [
        "## Is anything wrong now?",
        "## Which keys are off?",
        "## How long did the last runs take?",
        "## What did they cost?",
    ]
    places = [(widget["y"], widget["x"]) for widget in widgets()]
    assert places == sorted(places), "what is asked first stands first"


def test_the_dashboard_shows_what_is_measured_and_every_alarm():
    shown = [metric for widget in widgets() for metric in widget["properties"].get("metrics", [])]
    assert len(shown) > 30
    for namespace, name, *rest in shown:
        texts = [text for text in rest if isinstance(text, str)]
        assert is_measured(namespace, name, texts[::2]), name
    body = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    assert {name for name in ALARMS if f"${{{name}.Arn}}" in body} == set(ALARMS)


def test_everything_that_runs_is_traced_and_its_logs_end():
    assert TEMPLATE["Globals"]["Function"]["Tracing"] == "Active"
    for name, made in RESOURCES.items():
        if made["Type"] == "AWS::Serverless::StateMachine":
            logging = made["Properties"]["Logging"]
            assert made["Properties"]["Tracing"] == {"Enabled": True}, name
            assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", False), name
        if made["Type"] == "AWS::Serverless::Function":
            assert made["Properties"]["LoggingConfig"]["LogFormat"] == "JSON", name
        if made["Type"] == "AWS::Logs::LogGroup":
            assert made["Properties"]["RetentionInDays"] == 90, name
