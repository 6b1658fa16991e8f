"""Rows of the mails: nothing waits for one, none is lost, and none is sent too often."""

import pytest

from tests.rows.scene import HOUR_S
from tests.world import fleet


@pytest.mark.row(58)
def test_a_mail_service_that_is_down_keeps_nothing_from_stopping_and_the_sweep_sends_the_mail_later(scene):
    """Twenty minutes for the hour of the row."""
    scene.begin()
    fault = scene.fault("ses", "SendEmail", "throttle", scene.fleet.suffix, times=10_000)
    told = scene.shut_down()
    assert told.ending == "shutdown_complete", "the run ends without its mail"
    scene.cloud.sleep(600)
    assert fault.fired > 3 and not scene.mails()
    scene.faults_off()
    scene.cloud.until("the sweep has the mail sent", scene.mails, HOUR_S)
    assert [mail["Subject"] for mail in scene.mails() if "shut down" in mail["Subject"]]
    assert not [mail for mail in scene.mails() if "ahead" in mail["Subject"]], "what is over is announced no more"


@pytest.mark.row(59)
def test_a_mail_whose_answer_is_lost_has_at_most_three_copies_that_can_be_told(scene):
    scene.begin()
    scene.copies_of_a_mail = 3
    fault = scene.fault("ses", "SendEmail", "lost_answer", scene.fleet.suffix)
    scene.shut_down()
    assert fault.fired == 1
    warnings = [mail for mail in scene.mails() if "ahead" in mail["Subject"]]
    assert 1 <= len(warnings) <= 3
    assert len({mail["Headers"]["X-Lockstep-Mail"] for mail in warnings}) == 1


@pytest.mark.row(60)
def test_one_address_that_is_refused_keeps_no_other_from_its_mail(scene):
    scene.begin()
    app = scene.fleet.app("orders")
    good, bad = scene.fleet.admin("good"), scene.fleet.admin("bad")
    fleet.set_app(scene.cloud, app, [bad, good])
    # Its recipients alone: the mail to the operator names the address, too.
    scene.fault("ses", "SendEmail", "error", f"['{bad}']", code="MessageRejected", times=10_000)
    told = scene.shut_down()
    assert told.ending == "shutdown_complete"
    assert len(told.mails_to(good)) == 2 and not told.mails_to(bad)
    to_operator = [mail for mail in scene.mails() if "could not be mailed" in mail["Subject"]]
    assert len(to_operator) == 1 and bad in to_operator[0]["Unwrapped"], "the operator is told once an hour"


@pytest.mark.row(61)
def test_a_sender_that_is_not_verified_is_no_loop(scene):
    scene.begin()
    fault = scene.fault("ses", "SendEmail", "error", scene.fleet.suffix, code="MessageRejected", times=10_000)
    told = scene.shut_down()
    assert told.ending == "shutdown_complete" and not scene.mails()
    assert fault.fired <= 4
    assert "refused" in told.output["mails"]["failed"], "the execution says so"


@pytest.mark.row(81)
def test_a_mail_step_that_dies_after_it_sent_sends_nothing_twice(scene):
    scene.begin()
    fault = scene.fault_at("shutdown: Mail the report", "lost_answer")
    told = scene.shut_down()
    assert fault.fired == 1
    assert len(told.mails_to(scene.admin())) == 2
