"""What EC2 and Systems Manager answer about a fleet."""

import pytest
from botocore.exceptions import ClientError

ATTACHED = [{"Name": "encrypted", "Values": ["true"]}, {"Name": "attachment.status", "Values": ["attached"]}]


def test_encrypted_volumes_come_page_by_page_with_the_full_arn_of_their_key(cloud, key):
    cloud.servers(7, key=key.rsplit("/", 1)[-1])
    cloud.servers(2)
    ec2, pages, more = cloud.client("ec2"), [], {}
    while not pages or more:
        page = ec2.describe_volumes(Filters=ATTACHED, MaxResults=5, **more)
        pages.append(page["Volumes"])
        more = {"NextToken": page["NextToken"]} if "NextToken" in page else {}
    assert [len(page) for page in pages] == [5, 2]
    assert {volume["KmsKeyId"] for page in pages for volume in page} == {key}


def test_tags_are_found_by_resource_by_key_and_by_wildcards(cloud, key):
    ec2 = cloud.client("ec2")
    plain, named = cloud.servers(2)
    tags = {"Name": "n", "lockstep:key": f"other {key}"}
    ec2.create_tags(Resources=[named], Tags=[{"Key": name, "Value": value} for name, value in tags.items()])

    def found(**filters: str) -> list[tuple[str, str]]:
        wanted = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]
        return sorted((tag["ResourceId"], tag["Key"]) for tag in ec2.describe_tags(Filters=wanted)["Tags"])

    assert found(resource_id=named, key="lockstep:*") == [(named, "lockstep:key"), (named, "lockstep:services")]
    assert found(resource_type="instance", key="lockstep:key", value=f"*{key}*") == [(named, "lockstep:key")]
    assert found(key="lockstep:key", value=f"*{key[:-1]}") == []
    assert found(resource_type="volume", key="lockstep:*") == []
    assert found(resource_id=plain, key="Name") == []


def test_tags_come_in_pages(cloud):
    cloud.servers(12)
    pages = cloud.client("ec2").get_paginator("describe_tags").paginate(PaginationConfig={"PageSize": 5})
    assert [len(page["Tags"]) for page in pages] == [5, 5, 2]


def test_the_status_of_stopped_servers_is_told_if_asked_for(cloud):
    ec2 = cloud.client("ec2")
    stopped, running = ids = cloud.servers(2)
    ec2.stop_instances(InstanceIds=[stopped])

    def told(**arguments) -> dict[str, tuple[str, str, str]]:
        statuses = ec2.describe_instance_status(InstanceIds=ids, **arguments)["InstanceStatuses"]
        checks = ("InstanceState", "Name"), ("SystemStatus", "Status"), ("InstanceStatus", "Status")
        return {status["InstanceId"]: tuple(status[one][two] for one, two in checks) for status in statuses}

    assert told() == {running: ("running", "initializing", "initializing")}
    assert told(IncludeAllInstances=True)[stopped] == ("stopping", "not-applicable", "not-applicable")
    cloud.until(lambda: told()[running] == ("running", "ok", "ok"))
    cloud.until(lambda: told(IncludeAllInstances=True)[stopped] == ("stopped", "not-applicable", "not-applicable"))
    with pytest.raises(ClientError, match="NotFound"):
        ec2.describe_instance_status(InstanceIds=[running, "i-0123456789abcdef0"], IncludeAllInstances=True)


def test_an_agent_is_found_by_its_server_while_it_is_online(cloud):
    first, second, third = cloud.servers(3)
    cloud.until(lambda: cloud.server(third)["agent"] == "online")
    cloud.ask("PATCH", f"servers/{second}", {"agent": "offline"})
    cloud.client("ec2").stop_instances(InstanceIds=[third])

    def pings(*statuses: str) -> dict[str, str]:
        filters = [{"Key": "InstanceIds", "Values": [first, second, third]}]
        filters += [{"Key": "PingStatus", "Values": list(statuses)}] if statuses else []
        nodes = cloud.client("ssm").describe_instance_information(Filters=filters, MaxResults=50)
        return {node["InstanceId"]: node["PingStatus"] for node in nodes["InstanceInformationList"]}

    assert pings() == {first: "Online", second: "ConnectionLost"}
    assert pings("Online") == {first: "Online"}


def command(cloud, id: str, verb: str, units: str) -> dict:
    """A command from its start to its end, as ListCommandInvocations shows it."""
    ssm = cloud.client("ssm")
    parameters = {"Verb": [verb], "Units": [units]}
    sent = ssm.send_command(DocumentName="Command", InstanceIds=[id], Parameters=parameters)["Command"]["CommandId"]

    def ended() -> dict | None:
        [seen] = ssm.list_command_invocations(CommandId=sent, Details=True)["CommandInvocations"]
        assert seen["Status"] not in ("Pending", "InProgress") or not seen["CommandPlugins"][0]["Output"]
        return seen if seen["Status"] not in ("Pending", "InProgress") else None

    return cloud.until(ended)


def test_units_are_taken_in_the_order_of_the_command(cloud, command_document):
    [id] = cloud.servers(1)
    cloud.until(lambda: cloud.server(id)["agent"] == "online")
    stopped = command(cloud, id, "stop", "b.service a.service")
    assert stopped["CommandPlugins"][0]["Output"] == "b.service active inactive\na.service active inactive\n"
    started = command(cloud, id, "start", "a.service b.service")
    assert started["CommandPlugins"][0]["Output"] == "a.service inactive active\nb.service inactive active\n"


def test_what_a_failed_script_says_follows_its_lines(cloud, command_document):
    [id] = cloud.servers(1)
    cloud.until(lambda: cloud.server(id)["agent"] == "online")
    cloud.ask("PATCH", f"servers/{id}", {"units": {"a.service": {"refuses_stop": True}}})
    failed = command(cloud, id, "stop", "a.service")
    [plugin] = failed["CommandPlugins"]
    assert (failed["Status"], plugin["ResponseCode"]) == ("Failed", 1)
    assert plugin["Output"].startswith("a.service active active\n\n----------ERROR-------\n")
