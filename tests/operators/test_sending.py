"""What the stack makes so that mails are sent, and what becomes of those that are not."""

from tests.operators.faults import alias_of
from tests.world.stack import PARAMETERS


def test_the_stack_makes_the_identity_of_the_sender_on_request(operator):
    identity = operator.cloud.client("sesv2").get_email_identity(EmailIdentity=PARAMETERS["SenderAddress"])
    assert identity["IdentityType"] == "EMAIL_ADDRESS"


def test_a_mail_that_comes_back_is_told_to_the_topic_of_the_operator(operator):
    mails = operator.cloud.client("sesv2")
    [name] = mails.list_configuration_sets()["ConfigurationSets"]
    [told] = mails.get_configuration_set_event_destinations(ConfigurationSetName=name)["EventDestinations"]
    assert told["Enabled"] and told["SnsDestination"]["TopicArn"] == operator.cloud.outputs["OperatorTopicArn"]
    assert sorted(told["MatchingEventTypes"]) == ["BOUNCE", "COMPLAINT", "REJECT"]


def test_a_mail_names_the_key_by_its_alias(operator, begun):
    scene = begun("a_story")
    known_as = alias_of(scene).removeprefix("alias/")
    assert scene.mails() and all(f"(key {known_as})" in mail["Subject"] for mail in scene.mails())
    assert all(f"Encryption key: {known_as} ({scene.key_id[:8]}…)" in mail["Unwrapped"] for mail in scene.mails())


def test_a_refused_mail_is_told_to_the_operator_with_the_address_and_what_was_said(operator, begun):
    scene = begun("a_refused_mail")
    told = [mail for mail in scene.mails() if "could not be mailed" in mail["Subject"]]
    assert told and all(PARAMETERS["OperatorAddress"] in str(mail["To"]) for mail in told)
    assert scene.admin() in told[0]["Unwrapped"] and "not verified" in told[0]["Unwrapped"]
