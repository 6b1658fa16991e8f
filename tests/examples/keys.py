"""A customer's key as its owner makes it, by either way of the README, and what the cloud then says of it."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.examples import pages
from tests.world.cloud import ACCOUNT, REGION, Cloud, environment

FOLDER = pages.ROOT / "examples" / "customer-key"
PROVIDER = "444455556666"
BUS = f"arn:aws:events:{REGION}:{PROVIDER}:event-bus/key-owners"
WHO_IS_WHO = {"OWNER_ACCOUNT": ACCOUNT, "PROVIDER_ACCOUNT": PROVIDER, "PROVIDER_BUS_ARN": BUS, "AWS_REGION": REGION}
STACK = "database-key"
# Version 1 of the AWS CLI asks the real SQS whatever AWS_ENDPOINT_URL says, unless it is told by an option.
ASK_THE_CLOUD = 'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }'


@dataclass(frozen=True)
class CustomerKey:
    """What an owner has in the end, as AWS describes it."""

    key: dict[str, Any]
    rotates: bool
    policy: dict[str, Any]
    aliases: list[str]
    rule: dict[str, Any]
    pattern: dict[str, Any]
    target: dict[str, Any]
    trust: dict[str, Any]
    permissions: list[dict[str, Any]]
    queue: dict[str, Any]

    @property
    def arn(self) -> str:
        return self.key["Arn"]

    @property
    def policies(self) -> list[dict[str, Any]]:
        """Every policy that there is."""
        return [self.policy, self.trust, *self.permissions, json.loads(self.queue["Policy"])]


def by_template(cloud: Cloud, *more: str) -> CustomerKey:
    command = ["aws", "cloudformation", "deploy", "--stack-name", STACK, "--template-file", "template.yaml"]
    command += ["--capabilities", "CAPABILITY_IAM", "--parameter-overrides"]
    _run([*command, f"ProviderAccount={PROVIDER}", f"ProviderBusArn={BUS}", *more], FOLDER, environment(cloud.endpoint))
    return describe(cloud, outputs(cloud)["KeyArn"])


def by_commands(cloud: Cloud, folder: Path) -> CustomerKey:
    """The files that the commands write are left in `folder`."""
    who, *rest = pages.under(FOLDER / "README.md", "The same without CloudFormation")
    named = {line.removeprefix("export ").split("=")[0] for line in who.splitlines()}
    assert named == WHO_IS_WHO.keys(), "the first block names what the others use"
    script = "\n".join(["set -euo pipefail", ASK_THE_CLOUD, *rest])
    told = _run(["bash", "-c", script], folder, environment(cloud.endpoint) | WHO_IS_WHO)
    return describe(cloud, told.splitlines()[-1].removeprefix("Tell the provider: "))


def outputs(cloud: Cloud) -> dict[str, str]:
    [stack] = cloud.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def describe(cloud: Cloud, arn: str) -> CustomerKey:
    kms, events, iam, sqs = (cloud.client(service) for service in ("kms", "events", "iam", "sqs"))
    rule = events.describe_rule(Name=f"lockstep-{arn.split('/')[-1]}")
    [target] = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
    role = target["RoleArn"].split("/")[-1]
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    url = sqs.get_queue_url(QueueName=target["DeadLetterConfig"]["Arn"].split(":")[-1])["QueueUrl"]
    return CustomerKey(
        key=kms.describe_key(KeyId=arn)["KeyMetadata"],
        rotates=kms.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"],
        policy=json.loads(kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"]),
        aliases=[alias["AliasName"] for alias in kms.list_aliases(KeyId=arn)["Aliases"]],
        rule=rule,
        pattern=json.loads(rule["EventPattern"]),
        target=target,
        trust=iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"],
        permissions=[iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names],
        queue=sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"],
    )


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout
