"""What CloudFormation makes of a template with the SAM transform."""

import json
from collections.abc import Iterator

import pytest

ROLE = "arn:aws:iam::000000000000:role/any"
DOCUMENT = {
    "schemaVersion": "2.2",
    "mainSteps": [{"action": "aws:runShellScript", "name": "x", "inputs": {"runCommand": ["true"]}}],
}
MACHINE = {"QueryLanguage": "JSONata", "StartAt": "Done", "States": {"Done": {"Type": "Succeed", "Output": "${Word}"}}}
TEMPLATE = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Transform": "AWS::Serverless-2016-10-31",
    "Resources": {
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "DeletionProtectionEnabled": True,
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            },
        },
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"SqsManagedSseEnabled": True}},
        "Function": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "Runtime": "python3.12",
                "Handler": "index.handle",
                "InlineCode": "def handle(event, context): return event",
                "EventInvokeConfig": {
                    "MaximumRetryAttempts": 1,
                    "DestinationConfig": {"OnFailure": {"Type": "SQS", "Destination": {"Fn::GetAtt": "Queue.Arn"}}},
                },
            },
        },
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventPattern": {"source": ["aws.kms"]},
                "Targets": [
                    {
                        "Id": "function",
                        "Arn": {"Fn::GetAtt": "Function.Arn"},
                        "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 600},
                        "DeadLetterConfig": {"Arn": {"Fn::GetAtt": "Queue.Arn"}},
                    }
                ],
            },
        },
        "Machine": {
            "Type": "AWS::Serverless::StateMachine",
            "Properties": {
                "Role": ROLE,
                "Definition": MACHINE,
                "DefinitionSubstitutions": {"Word": {"Ref": "Queue"}},
            },
        },
        "Command": {
            "Type": "AWS::SSM::Document",
            "Properties": {"DocumentType": "Command", "Content": DOCUMENT, "UpdateMethod": "NewVersion"},
        },
        "Mails": {"Type": "AWS::SES::ConfigurationSet", "Properties": {"SendingOptions": {"SendingEnabled": True}}},
        "Sender": {"Type": "AWS::SES::EmailIdentity", "Properties": {"EmailIdentity": "sender@example.com"}},
        "Log": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 90}},
    },
}


@pytest.fixture(scope="module")
def made(running) -> Iterator[dict[str, str]]:
    """The physical id of each logical one."""
    formation = running.client("cloudformation")
    capabilities = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    formation.create_stack(StackName="all", TemplateBody=json.dumps(TEMPLATE), Capabilities=capabilities)
    formation.get_waiter("stack_create_complete").wait(StackName="all", WaiterConfig={"Delay": 1})
    found = formation.describe_stack_resources(StackName="all")["StackResources"]
    yield {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in found}
    formation.delete_stack(StackName="all")


def test_a_table_has_its_backups_and_its_protection(running, made):
    database, table = running.client("dynamodb"), {"TableName": made["Table"]}
    assert database.describe_table(**table)["Table"]["DeletionProtectionEnabled"]
    backups = database.describe_continuous_backups(**table)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_a_rule_hands_its_events_over_with_retries_and_a_queue_for_the_rest(running, made):
    [target] = running.client("events").list_targets_by_rule(Rule=made["Rule"])["Targets"]
    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 600}
    assert target["DeadLetterConfig"]["Arn"].endswith(made["Queue"].rsplit("/", 1)[-1])


def test_a_function_sends_what_it_refuses_to_a_queue(running, made):
    config = running.client("lambda").get_function_event_invoke_config(FunctionName=made["Function"])
    assert config["MaximumRetryAttempts"] == 1
    assert config["DestinationConfig"]["OnFailure"]["Destination"].endswith(made["Queue"].rsplit("/", 1)[-1])


def test_a_machine_has_its_substitutions(running, made):
    machine = running.client("stepfunctions").describe_state_machine(stateMachineArn=made["Machine"])
    assert json.loads(machine["definition"])["States"]["Done"]["Output"] == made["Queue"]


def test_a_document_a_configuration_set_an_identity_and_a_log_group_are_there(running, made):
    assert running.client("ssm").describe_document(Name=made["Command"])["Document"]["Status"] == "Active"
    mails = running.client("sesv2")
    assert mails.get_configuration_set(ConfigurationSetName=made["Mails"])["SendingOptions"]["SendingEnabled"]
    assert mails.get_email_identity(EmailIdentity="sender@example.com")["VerifiedForSendingStatus"]
    [group] = running.client("logs").describe_log_groups(logGroupNamePrefix=made["Log"])["logGroups"]
    assert group["retentionInDays"] == 90
