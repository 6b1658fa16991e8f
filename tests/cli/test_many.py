"""A thousand servers: one page, and few calls."""

import pytest

from tests.world.fleet import IMAGE

SERVERS, MADE_AT_ONCE = 1_000, 250
PAGE_LINES = 50
MOST_CALLS = 20


@pytest.fixture(scope="module")
def thousand(cloud, operator) -> str:
    key = cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    volume = {"VolumeSize": 8, "Encrypted": True, "KmsKeyId": key}
    for part in range(SERVERS // MADE_AT_ONCE):
        tags = {"lockstep:app": f"app-{part}", "lockstep:services": "a.service", "lockstep:tier": str(part)}
        cloud.client("ec2").run_instances(
            ImageId=IMAGE,
            MinCount=MADE_AT_ONCE,
            MaxCount=MADE_AT_ONCE,
            BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": volume}],
            TagSpecifications=[
                {"ResourceType": "instance", "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]},
            ],
        )
    operator.says("key", "add", key)
    return key


def test_a_plan_of_a_thousand_servers_is_one_page_and_takes_few_calls(cloud, operator, thousand):
    before_s = cloud.at_s()
    page = operator.says("plan", thousand)
    mine = [call for call in cloud.calls(since=before_s) if call["actor"] == "operator"]
    print(f"\nthe operator's calls: {sorted(call['operation'] for call in mine)}")
    assert "1000 servers" in page and "and 245 more" in page
    assert len(page.splitlines()) <= PAGE_LINES
    assert 5 <= len(mine) < MOST_CALLS
    stages = [line.split() for line in page.splitlines() if "SendCommand" in line]
    assert [(stage[4], stage[6]) for stage in stages] == [(str(tier), "250") for tier in (3, 2, 1, 0)]
