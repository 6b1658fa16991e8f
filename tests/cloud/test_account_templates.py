"""What `sam deploy` makes of a template whose bus and rules depend on a list of accounts, and of one for those."""

import json
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.cloud.test_buses import BY_CLOUDTRAIL, STRANGER, forwarded, heard
from tests.world.cloud import environment
from tests.world.keys import OWNER

# For the account that runs the databases.
RECEIVING = """
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  KeyOwnerAccounts: {Type: CommaDelimitedList, Default: ""}
  Queue: {Type: String}
Conditions:
  KeysOfOthers: !Not [!Equals [!Join ["", !Ref KeyOwnerAccounts], ""]]
Resources:
  KeyBus:
    Type: AWS::Events::EventBus
    Condition: KeysOfOthers
    Properties: {Name: !Sub "${AWS::StackName}-keys"}
  KeyBusPolicy:
    Type: AWS::Events::EventBusPolicy
    Condition: KeysOfOthers
    Properties:
      EventBusName: !Ref KeyBus
      StatementId: key-owners
      Statement:
        Effect: Allow
        Principal: {AWS: !Ref KeyOwnerAccounts}
        Action: events:PutEvents
        Resource: !GetAtt KeyBus.Arn
        Condition: {StringEquals: {"events:source": aws.kms}}
  KeyRule:
    Type: AWS::Events::Rule
    Condition: KeysOfOthers
    Properties:
      EventBusName: !Ref KeyBus
      EventPattern: {source: [aws.kms], account: !Ref KeyOwnerAccounts}
      Targets: [{Id: queue, Arn: !Ref Queue}]
Outputs:
  Bus:
    Value: !If [KeysOfOthers, !GetAtt KeyBus.Arn, none]
"""
# For the account that owns the keys.
SENDING = """
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Bus: {Type: String}
  Borrower: {Type: String}
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      EnableKeyRotation: true
      RotationPeriodInDays: 180
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {AWS: !Sub "arn:aws:iam::${AWS::AccountId}:root"}
            Action: "kms:*"
            Resource: "*"
          - Effect: Allow
            Principal: {AWS: !Sub "arn:aws:iam::${Borrower}:root"}
            Action: [kms:DescribeKey]
            Resource: "*"
  Alias:
    Type: AWS::KMS::Alias
    Properties: {AliasName: alias/lent-by-template, TargetKeyId: !Ref Key}
  Sender:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {Service: events.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
        - PolicyName: send
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{Effect: Allow, Action: events:PutEvents, Resource: !Ref Bus}]
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {source: [aws.kms], detail: {eventSource: [kms.amazonaws.com]}}
      Targets: [{Id: bus, Arn: !Ref Bus, RoleArn: !GetAtt Sender.Arn}]
Outputs:
  Key: {Value: !GetAtt Key.Arn}
"""


@pytest.fixture
def deploy(cloud, tmp_path) -> Iterator:
    """Deploys a template to an account as its operator would, and tells its outputs; what is there goes again."""
    made = []

    def run(name: str, template: str, account: str = "test", **parameters: str) -> dict[str, str]:
        file = tmp_path / f"{name}.yaml"
        file.write_text(template)
        command = ["sam", "deploy", "--template-file", str(file), "--stack-name", name, "--region", "us-east-1"]
        command += ["--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-progressbar"]
        command += ["--parameter-overrides", *(f'{key}="{value}"' for key, value in parameters.items())]
        told = environment(cloud.endpoint) | {"AWS_ACCESS_KEY_ID": account}
        done = subprocess.run(command, env=told, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        formation = cloud.client("cloudformation", account)
        made.append((formation, name))
        outputs = formation.describe_stacks(StackName=name)["Stacks"][0].get("Outputs", [])
        return {output["OutputKey"]: output["OutputValue"] for output in outputs}

    yield run
    for formation, name in reversed(made):
        formation.delete_stack(StackName=name)


def test_no_accounts_no_bus(cloud, deploy, queue):
    name = f"own-{time.monotonic_ns()}"
    assert deploy(name, RECEIVING, Queue=queue[1])["Bus"] == "none"
    found = cloud.client("cloudformation").describe_stack_resources(StackName=name)["StackResources"]
    assert found == []
    buses = cloud.client("events").list_event_buses()["EventBuses"]
    assert f"{name}-keys" not in [bus["Name"] for bus in buses]


def test_the_accounts_of_a_template_reach_its_rules_and_no_others(cloud, deploy, queue):
    name = f"lent-{time.monotonic_ns()}"
    bus = deploy(name, RECEIVING, Queue=queue[1], KeyOwnerAccounts=f"{STRANGER},{OWNER}")["Bus"]
    key = deploy(f"{name}-owner", SENDING, OWNER, Bus=bus, Borrower="000000000000")["Key"]
    assert cloud.client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"
    owner = cloud.client("kms", OWNER)
    rotation = owner.get_key_rotation_status(KeyId=key)
    assert (rotation["KeyRotationEnabled"], rotation["RotationPeriodInDays"]) == (True, 180)
    assert owner.describe_key(KeyId="alias/lent-by-template")["KeyMetadata"]["Arn"] == key
    owner.disable_key(KeyId=key)
    cloud.until(lambda: forwarded(cloud) == ["delivered"])
    [event] = heard(cloud, queue)
    assert (event["account"], event["detail"]["responseElements"]) == (OWNER, {"keyId": key})


def test_an_account_taken_out_of_the_template_is_shut_out_and_the_bus_goes_with_the_last(cloud, deploy, queue):
    name = f"cut-{time.monotonic_ns()}"
    bus = deploy(name, RECEIVING, Queue=queue[1], KeyOwnerAccounts=OWNER)["Bus"]
    event = {"source": "aws.kms", "detail-type": BY_CLOUDTRAIL, "detail": {}}
    forged = {"bus": bus, "account": OWNER, "event": event}
    assert cloud.ask("POST", "forged-events", forged) == {"outcome": "delivered"}
    deploy(name, RECEIVING, Queue=queue[1], KeyOwnerAccounts=STRANGER)
    [statement] = json.loads(cloud.client("events").describe_event_bus(Name=f"{name}-keys")["Policy"])["Statement"]
    assert (statement["Sid"], statement["Principal"]) == ("key-owners", {"AWS": [STRANGER]})
    assert cloud.ask("POST", "forged-events", forged) == {"outcome": "NO_PERMISSIONS"}
    assert deploy(name, RECEIVING, Queue=queue[1], KeyOwnerAccounts="")["Bus"] == "none"
    assert cloud.ask("POST", "forged-events", forged) == {"outcome": "NO_RESOURCE"}
