"""Rows of the sweep, of operators and of the ledger, and the golden run."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.rows import ending
from tests.rows.scene import UNITS
from tests.world import fleet, rules, stack


@pytest.mark.row(96)
def test_the_golden_run_both_ways(scene):
    scene.begin(one={}, two={}, three={"app": "billing", "units": "mariadb.service"}, unmanaged={"app": None})
    acted_on, untouched = [scene.servers[name] for name in ("one", "two", "three")], [scene.servers["unmanaged"]]
    down = scene.shut_down()
    assert down.ending == "shutdown_complete"
    assert not rules.broken_by_shutdown(down, acted_on, untouched)
    since_s = scene.cloud.at_s()
    up = scene.start_up()
    up.calls = [call for call in up.calls if call["at_s"] >= since_s]
    assert up.ending == "startup_complete"
    assert not rules.broken_by_startup(up, acted_on, untouched)
    for app in ("orders", "billing"):
        assert (len(down.mails_to(scene.admin(app))), len(up.mails_to(scene.admin(app)))) == (2, 1)
    acts = [call["operation"] for call in scene.acts()]
    assert sorted(acts) == ["SendCommand"] * 4 + ["StartInstances", "StopInstances"]


@pytest.mark.row(82)
def test_two_sweeps_at_the_same_moment_open_one_run(scene):
    scene.begin()
    scene.lose_events()
    scene.disable()
    sweeps = [ending.Sweeps(scene.cloud), ending.Sweeps(scene.cloud)]
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda sweep: sweep.sweep(), sweeps))
    told = scene.ended("shutdown", 1)
    assert scene.calls("LoseEvent"), "the fault fired"
    assert [run["name"] for run in scene.runs()] == [told.run]


@pytest.mark.row(89)
def test_a_row_of_the_ledger_that_cannot_be_read_keeps_no_other_key(scene):
    scene.begin()
    table, dynamodb = scene.cloud.outputs["LedgerTableName"], scene.cloud.client("dynamodb")
    broken = fleet.make_key(scene.cloud)
    rows = [
        {"pk": {"S": "KEYS"}, "sk": {"S": broken}},
        {"pk": {"S": f"KEY#{broken}"}, "sk": {"S": "KEY"}, "epoch": {"S": "many"}},
    ]
    for row in rows:
        dynamodb.put_item(TableName=table, Item=row)
    with pytest.raises(fleet.Refused):
        fleet.invoke(scene.cloud, scene.cloud.outputs["SweepKeysFunctionName"], {})
    scene.lose_events()
    told = scene.shut_down()
    for row in rows:
        dynamodb.delete_item(TableName=table, Key={name: row[name] for name in ("pk", "sk")})
    assert told.ending == "shutdown_complete"


@pytest.mark.row(31)
@pytest.mark.row(32)
@pytest.mark.world("quick")
@pytest.mark.long
def test_a_fleet_of_seven_pages_is_stopped_whole_although_the_second_page_fails_at_first(scene):
    """250 servers for the 1,500 of the row: seven pages of volumes, three looks at servers, three batches."""
    machines = scene.cloud.client("ec2").run_instances(
        ImageId=fleet.IMAGE, MinCount=250, MaxCount=250,
        BlockDeviceMappings=[
            {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8, "Encrypted": True, "KmsKeyId": scene.key}}
        ],
        TagSpecifications=[{"ResourceType": "instance", "Tags": [
            {"Key": "lockstep:app", "Value": scene.fleet.app("orders")},
            {"Key": "lockstep:services", "Value": UNITS},
        ]}],
    )["Instances"]  # fmt: skip
    for number, machine in enumerate(machines):
        scene.servers[f"s{number}"] = fleet.Server(machine["InstanceId"], f"s{number}", "orders", tuple(UNITS.split()))
    fleet.until_ready(scene.cloud, scene.servers["s0"], scene.servers["s249"])
    fleet.watch_key(scene.cloud, scene.key)
    scene.slowness = 5
    fault = scene.fault_at("shutdown: Find the encrypted volumes", "error", nth=2, times=3)
    told = scene.shut_down()
    assert fault.fired == 3
    assert told.ending == "shutdown_complete"
    assert {server["state"] for id, server in scene.cloud.servers().items() if id in set(scene.about)} == {"stopped"}
    for run in scene.runs():
        found = scene.cloud.client("stepfunctions").describe_execution(executionArn=arn_of(scene, run["name"]))
        assert len(found["input"]) < 1_000 and len(found.get("output", "")) < 200 * 1024


def arn_of(scene, run: str) -> str:
    machine = scene.cloud.outputs["ShutdownStateMachineArn"]
    return f"{machine.replace(':stateMachine:', ':execution:')}:{run}"


@pytest.mark.row(33)
@pytest.mark.world("strict")
def test_a_plan_that_is_larger_than_the_cap_is_not_carried_out_and_says_so(scene):
    scene.begin(one={}, two={}, three={})
    told = scene.shut_down()
    assert told.ending == "shutdown_incomplete" and "MaxServersPerRun is 2" in told.mails[-1]["Unwrapped"]
    assert not scene.acts()


@pytest.mark.row(38)
@pytest.mark.row(40)
@pytest.mark.world("strict")
def test_a_server_whose_service_will_not_stop_is_left_running_where_that_is_asked(scene):
    scene.begin(one={}, free={})
    scene.change("one", units={"postgresql.service": {"refuses_stop": True}})
    told = scene.shut_down()
    assert told.ending == "shutdown_incomplete" and "left running" in told.mails[-1]["Unwrapped"]
    assert scene.state()["state"] == "running" and scene.state("free")["state"] == "stopped"
    scene.change("one", units={"postgresql.service": {"refuses_stop": False}})


@pytest.mark.row(83)
@pytest.mark.world("strict")
@pytest.mark.last
def test_a_sweep_that_was_off_finds_everything_when_it_is_back(scene):
    """Half an hour for the day of the row."""
    scene.begin()
    stack.switch_sweep(scene.cloud, on=False)
    scene.lose_events()
    scene.disable()
    scene.cloud.sleep(1_800)
    assert not scene.runs(), "the fault fired"
    names = [scene.cloud.function("SweepAlarm")]
    [alarm] = scene.cloud.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    assert alarm["StateValue"] == "ALARM" and alarm["AlarmActions"]
    stack.switch_sweep(scene.cloud, on=True)
    assert scene.ended("shutdown", 1).ending == "shutdown_complete"


@pytest.mark.row(84)
@pytest.mark.world("quick")
@pytest.mark.last
def test_a_thousand_sweeps_of_what_is_steady_change_nothing(scene):
    scene.begin()
    scene.shut_down()
    scene.start_up()
    scene.cloud.sleep(60)
    since_s, mails = scene.cloud.at_s(), len(scene.mails())
    function, client = scene.cloud.outputs["SweepKeysFunctionName"], scene.cloud.client("lambda")

    def sweep(_: int) -> dict:
        return json.loads(client.invoke(FunctionName=function, Payload=b"{}")["Payload"].read())

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(sweep, range(1_000)))
    assert len(answers) == 1_000 and not [answer for answer in answers if answer.get("failed") or answer["started"]]
    changes = [
        c for c in scene.cloud.calls(since=since_s, mutating=True, about=scene.about) if c["actor"] == "lockstep"
    ]
    assert not changes and len(scene.mails()) == mails
