"""Keys of other accounts, and every state that a key can have: what stops, what starts, and what is only told."""

import pytest

from tests.system.key_plays import UNKNOWN
from tests.world import fleet, keys, stack
from tests.world.cloud import ACCOUNT

every_loss = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.play(f"lost: {name}")) for name in UNKNOWN], ids=list(UNKNOWN)
)


@pytest.mark.play("a_customers_key")
def test_what_runs_on_a_customers_key_goes_down_and_comes_back_with_it(play):
    assert play.fleet.key.split(":")[4] == keys.OWNER
    assert (play.down.ending, play.up.ending) == ("shutdown_complete", "startup_complete")
    assert (play.states_down["one"]["state"], play.states_up["one"]["state"]) == ("stopped", "running")
    assert (play.states_down["orders"]["state"], play.states_up["orders"]["state"]) == ("stopped", "available")


@pytest.mark.play("a_customers_key")
def test_the_owners_switch_is_heard_over_the_bus_that_was_made_for_it(play):
    heard = [call for call in play.up.calls + play.down.calls if call["operation"] == "ForwardEvent"]
    assert "delivered" in {call["outcome"] for call in heard}
    for told in (play.down, play.up):
        assert told.noticed_at_s - told.changed_at_s < 120


@pytest.mark.play("forged_events")
def test_only_the_accounts_of_key_owners_are_let_in_and_only_with_what_kms_says(play):
    assert play.states_up["a third account"] == play.states_up["another source"] == "NO_PERMISSIONS"
    assert play.states_up["of its own key"] == play.states_up["of a key of ours"] == "delivered", "the others came in"


@pytest.mark.play("forged_events")
def test_what_an_account_says_of_the_keys_of_another_is_not_even_looked_into(play):
    answer = play.states_down["answer"]
    assert answer["decision"] == "ignored" and f"account {keys.OWNER} does not own key" in answer["reason"]


@pytest.mark.play("forged_events")
def test_a_forged_event_of_its_own_key_changes_nothing(play):
    changes = {call["operation"] for call in play.states_down["calls"] if call["mutating"]}
    assert not changes & {"StopInstances", "SendCommand", "StartExecution", "SendEmail"}


@every_loss
def test_a_key_whose_state_nobody_can_tell_stops_nothing_and_starts_nothing(play, name):
    assert play.states_down["one"]["state"] == "running" and play.states_down["runs"] == []
    acts = {"StopInstances", "StartInstances", "SendCommand"}
    assert not [call for call in play.states_up["calls"] if call["operation"] in acts and call["actor"] == "lockstep"]


@every_loss
def test_the_operator_is_told_at_once_with_the_reason_and_the_remedy(play, name):
    _, reason, remedy = UNKNOWN[name]
    told, *more = [mail for mail in play.states_up["mails"] if "nobody can tell" in mail["Subject"]]
    assert not more and told["To"] == [stack.OPERATOR]
    assert reason in told["Unwrapped"] and remedy in told["Unwrapped"]
    known_again = [mail for mail in play.states_up["mails"] if "can be read again" in mail["Subject"]]
    assert len(known_again) == (0 if name == "it is deleted" else 1)


@pytest.mark.play("a_deletion")
def test_a_scheduled_deletion_stops_as_a_disabled_key_does_and_every_mail_has_its_date(play):
    assert play.down.ending == "shutdown_complete" and len(play.down.mails) == 2
    for mail in play.down.mails:
        assert "cancel-key-deletion" in mail["Unwrapped"] and "KMS deletes it after" in mail["Unwrapped"]


@pytest.mark.play("a_deletion")
def test_a_cancelled_deletion_starts_nothing_and_says_that_the_key_is_still_disabled(play):
    assert play.states_down["one"]["state"] == "stopped" and len(play.states_down["runs"]) == 1
    told = [mail for mail in play.cloud.mails(play.fleet.key) if "still disabled" in mail["Subject"]]
    assert {mail["To"][0] for mail in told} == {stack.OPERATOR, f"dba-{play.servers['one'].app}@example.com"}
    assert all("aws kms enable-key" in mail["Unwrapped"] for mail in told)
    assert play.up.ending == "startup_complete"


@pytest.mark.play("a_deletion_of_a_key_that_is_off")
def test_a_deletion_that_is_scheduled_when_all_is_down_is_told_to_those_whose_data_it_is(play):
    assert len(play.states_down["runs"]) == 1 and play.states_down["one"]["state"] == "stopped"
    told = [mail for mail in play.cloud.mails(play.fleet.key) if "to be deleted" in mail["Subject"]]
    assert {mail["To"][0] for mail in told} == {stack.OPERATOR, f"dba-{play.servers['one'].app}@example.com"}
    for mail in told:
        assert "KMS deletes it after" in mail["Unwrapped"] and "cancel-key-deletion" in mail["Unwrapped"]


def test_a_customer_lends_a_key_that_keeps_every_rule(cloud):
    key = keys.make_customer_key(cloud, "checked")
    answer = fleet.enrol(cloud, {"action": "check_key", "key": key})
    assert answer["done"] == "key_checked"
    [warning] = answer["warnings"]
    assert warning.startswith("grant_not_proven"), "its policy allows grants for AWS resources only"
    assert key.split(":")[4] != ACCOUNT
