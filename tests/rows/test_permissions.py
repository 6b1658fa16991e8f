"""Rows of what IAM refuses: Lockstep's own roles, with their policies as they are deployed."""

import pytest
from botocore.exceptions import ClientError

from tests.world import roles

TAG = "lockstep:app"


@pytest.mark.row(34)
def test_a_server_that_loses_its_tag_between_plan_and_stop_is_left_running_and_named(scene):
    scene.begin(one={}, other={})
    scene.change("one", units={"pgbouncer.service": {"takes_s": 60}})
    scene.disable()
    scene.until_called("SendCommand")
    scene.cloud.client("ec2").delete_tags(Resources=[scene.id()], Tags=[{"Key": TAG}])
    told = scene.ended("shutdown", 1)
    assert told.ending == "shutdown_incomplete" and "not authorized" in told.mails[-1]["Unwrapped"]
    refused = scene.calls("StopInstances", "one")
    assert {call["outcome"] for call in refused} == {"UnauthorizedOperation"}
    assert len(refused) == 2, "once with the other, once alone"
    assert scene.state()["state"] == "running" and scene.state("other")["state"] == "stopped"
    # Its services are started again only when its owner has given it back.
    scene.cloud.client("ec2").create_tags(
        Resources=[scene.id()], Tags=[{"Key": TAG, "Value": scene.servers["one"].app}]
    )


@pytest.mark.row(94)
def test_no_role_terminates_a_server_touches_a_key_or_stops_what_has_no_tag(scene):
    scene.begin(one={}, stranger={"app": None, "units": ""})
    tried = [
        ("ec2", "terminate_instances", {"InstanceIds": [scene.id()]}),
        ("ec2", "stop_instances", {"InstanceIds": [scene.id("stranger")]}),
        ("ec2", "start_instances", {"InstanceIds": [scene.id("stranger")]}),
        *(("kms", verb, {"KeyId": scene.key}) for verb in ("enable_key", "disable_key", "schedule_key_deletion")),
    ]
    for role in roles.every(scene.cloud).values():
        for service, verb, asked in tried:
            with pytest.raises(ClientError) as refused:
                getattr(scene.cloud.client(service, session=role.session), verb)(**asked)
            assert refused.value.response["Error"]["Code"] in ("UnauthorizedOperation", "AccessDeniedException"), role
    assert {scene.state(name)["state"] for name in scene.servers} == {"running"}
