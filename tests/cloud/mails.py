"""The inbox: every mail SES accepted, with the headers and tags MiniStack's own inbox leaves out."""

from typing import Any

from ministack.services import ses, ses_v2

from tests.cloud import clock, gateway


def install() -> None:
    gateway.listen("ses", _complete)
    ses._message_rejection = ses_v2._message_rejection = _rejection


_ministack_rejection = ses._message_rejection


def _rejection(sender: str | None, recipients: list[str] | tuple = ()) -> str | None:
    # Who registers no identity at all does not test verification, unless the account is in the sandbox.
    is_strict = ses._identities or not ses._production_access_enabled()
    return _ministack_rejection(sender, recipients) if is_strict else None


def change_account(production_access: bool) -> None:
    """Without production access the account is in the sandbox, as every new one."""
    ses._account_details["account"] = {"ProductionAccessEnabled": production_access}


def change_identity(name: str, verified: bool) -> None:
    ses_v2._identities[name]["VerifiedForSendingStatus"] = verified


def _complete(call: dict[str, Any], parameters: dict[str, Any]) -> None:
    if call["operation"] != "SendEmail" or call["outcome"] not in ("ok", "lost answer: ok"):
        return
    # The handler appends and returns without giving way, so the newest mail is the one of this call.
    mail = ses._sent_emails_list()[-1]
    message = parameters.get("Content", {}).get("Simple", {})
    mail |= {
        "Headers": {header["Name"]: header["Value"] for header in message.get("Headers", [])},
        "Tags": {tag["Name"]: tag["Value"] for tag in parameters.get("EmailTags", [])},
        "ReplyTo": parameters.get("ReplyToAddresses", []),
        "ConfigurationSet": parameters.get("ConfigurationSetName"),
        "at_s": call["at_s"],
    }


def every(about: str = "") -> list[dict[str, Any]]:
    """`about` keeps the mails whose address or text has it."""
    sent = [mail for entries in list(ses._sent_emails._data.values()) for mail in list(entries)]
    mails = [mail for mail in sent if not about or about in f"{mail.get('To')} {mail.get('BodyText')}"]
    return sorted(mails, key=lambda mail: mail["Timestamp"])


def clear() -> None:
    ses._sent_emails.clear()
    ses._account_details.clear()


def describe(mail: dict[str, Any]) -> dict[str, Any]:
    return {**mail, "time": clock.iso(mail["Timestamp"])}
