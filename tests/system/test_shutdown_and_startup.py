"""The main job, both ways, looked at in the call log, the mails and the world."""

import pytest

from tests.world import rules, story
from tests.world.stack import OPERATOR

WHOLE = pytest.mark.play("whole_story")
CANCELLED = pytest.mark.play("enabled_within_the_grace")


def chosen(play, *names):
    return [play.servers[name] for name in names]


ACTED_ON = ("one", "two", "three")
UNTOUCHED = ("stopped-before", "other-key", "unmanaged", "excluded")


@WHOLE
def test_services_stop_before_servers_after_the_grace_and_nothing_else_is_touched(play):
    assert play.down.ending == "shutdown_complete"
    assert not rules.broken_by_shutdown(play.down, chosen(play, *ACTED_ON), chosen(play, *UNTOUCHED))
    assert {play.states_down[name]["state"] for name in (*ACTED_ON, "unitless")} == {"stopped"}


@WHOLE
def test_servers_start_before_services_once_the_key_is_on(play):
    assert play.up.ending == "startup_complete"
    assert not rules.broken_by_startup(play.up, chosen(play, *ACTED_ON), chosen(play, *UNTOUCHED))
    for name in ACTED_ON:
        assert set(play.states_up[name]["units"].values()) == {"active"}
    assert play.states_up["unitless"]["state"] == "running"


@WHOLE
def test_a_server_that_was_already_stopped_is_never_started(play):
    assert play.states_up["stopped-before"]["state"] == "stopped"
    starts = [c for c in play.up.calls if c["operation"] == "StartInstances"]
    assert starts and not [c for c in starts if play.servers["stopped-before"].id in c["resources"]]


@WHOLE
def test_down_takes_twenty_minutes_at_most_and_up_five(play):
    mine = {server.id for server in chosen(play, *ACTED_ON)}
    stopped = [c["at_s"] for c in play.calls(play.down, "StateChange", *ACTED_ON) if c["outcome"] == "stopped"]
    units = [c for c in play.up.calls if c["service"] == "systemd" and c["operation"] == "start"]
    started = [c["at_s"] for c in units if c["resources"][0].split("/")[0] in mine]
    assert stopped and started
    assert max(stopped) - play.down.changed_at_s <= 20 * 60
    assert max(started) - play.up.changed_at_s <= 5 * 60


@WHOLE
def test_each_admin_is_warned_and_told_the_end_once_and_sees_the_unmanaged_server(play):
    for app, own in (("orders", "one"), ("billing", "three")):
        address = f"dba-{play.fleet.app(app)}@example.com"
        warning, report = play.down.mails_to(address)
        [back] = play.up.mails_to(address)
        assert "ahead" in warning["Subject"] and "shut down" in report["Subject"] and "started" in back["Subject"]
        for mail in (warning, report, back):
            assert play.servers[own].id in mail["Unwrapped"]
        for mail in (warning, report):
            assert play.servers["unmanaged"].id in mail["Unwrapped"]
            assert play.servers["other-key"].id not in mail["Unwrapped"]


@WHOLE
def test_the_key_is_read_again_right_before_every_call_that_changes_something(play):
    for told in (play.down, play.up):
        looks = [c["at_s"] for c in told.calls if c["operation"] == "DescribeKey" and rules.about(c, play.fleet.key)]
        mine = {server.id for server in play.servers.values()}
        acts = [
            c for c in told.calls
            if c["operation"] in ("StopInstances", "StartInstances", "SendCommand") and c["actor"] == "lockstep"
            and mine & set(c["resources"])
        ]  # fmt: skip
        assert acts
        for act in acts:
            # Five seconds in AWS; here the clock runs sixty times as fast and the machine does not.
            assert [at for at in looks if 0 <= act["at_s"] - at <= 5 + 60], act


@WHOLE
def test_every_hold_is_let_go_after_the_startup(play):
    table = play.cloud.client("dynamodb")
    for name in (*ACTED_ON, "unitless"):
        key = {"pk": {"S": f"HOLD#{play.servers[name].id}"}, "sk": {"S": "HOLD"}}
        assert "Item" not in table.get_item(TableName=play.cloud.outputs["LedgerTableName"], Key=key), name


@pytest.mark.play("declared_by_tag")
def test_a_server_that_declares_the_key_by_tag_depends_on_it(play):
    assert play.states_down["declared"]["state"] == "stopped"
    assert play.down.ending == "shutdown_complete"


@CANCELLED
def test_a_key_enabled_within_the_grace_cancels_and_touches_nothing(play):
    assert play.down.ending == "shutdown_cancelled"
    assert play.up.ending == "nothing_to_do"
    assert not rules.acts(play.down, list(play.servers.values()))
    assert play.states_down["one"]["state"] == "running"


@CANCELLED
def test_a_cancelled_shutdown_is_told_in_one_mail(play):
    warning, cancelled = play.down.mails
    assert "ahead" in warning["Subject"] and "cancelled" in cancelled["Subject"]
    assert not play.up.mails


@CANCELLED
def test_each_change_of_the_key_is_one_run(play):
    key = play.fleet.key
    assert story.runs_of(play.cloud, key) == [
        story.run_name(key, 1, "shutdown"), story.run_name(key, 2, "startup"),
    ]  # fmt: skip


@pytest.mark.play("units_that_were_down_before")
def test_a_unit_that_was_already_down_is_not_started(play):
    assert play.up.ending == "startup_complete"
    assert play.states_up["one"]["units"] == {"postgresql.service": "active", "pgbouncer.service": "inactive"}


@pytest.mark.play("an_app_that_nobody_enrolled")
def test_what_nobody_owns_is_mailed_to_the_operator(play):
    assert play.down.ending == "shutdown_complete"
    assert {address for mail in play.down.mails for address in mail["To"]} == {OPERATOR}
    assert not [line for mail in play.down.mails for line in mail["BodyText"].splitlines() if line.startswith("Bcc")]
