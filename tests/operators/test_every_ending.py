"""Every ending produces exactly its mails, in the language of each app."""

import re

import pytest

from tests.demo.pictures import GOLDENS
from tests.operators.endings import ENDINGS, LANGUAGES, Told


def subject(golden: str, language: str) -> re.Pattern:
    """What happened, as the golden's subject has it, with whatever times."""
    said = (GOLDENS / f"{golden}.{language}.txt").read_text().splitlines()[0]
    happened = said.split("orders: ", 1)[1].rsplit(" (", 1)[0]
    return re.compile(re.sub(r"\d+", r"\\d+", re.escape(happened)))


@pytest.mark.parametrize("play", ENDINGS, ids=lambda play: play.__name__)
def test_each_admin_of_each_app_gets_exactly_the_mails_of_the_ending(begun, play):
    told: Told = begun(play.__name__)
    for app, goldens in ENDINGS[play].items():
        name = told.scene.fleet.app(app)
        for admin in told.admins[app]:
            mails = [mail["Subject"] for mail in told.mails if admin in str(mail["To"])]
            happened = [mail.removeprefix(f"[Lockstep] {name}: ").rsplit(" (", 1)[0] for mail in mails]
            assert len(happened) == len(goldens), happened
            for said, golden in zip(happened, goldens, strict=True):
                assert subject(golden, LANGUAGES[app]).fullmatch(said), (said, golden)


def test_a_run_that_was_given_up_is_told_to_the_operator_once(begun):
    told: Told = begun("a_search_that_is_given_up")
    assert len([mail for mail in told.mails if "a run was given up" in mail["Subject"]]) == 1
