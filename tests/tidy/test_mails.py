"""The goldens of the mails, as a browser shows them."""

import pytest

from tests.demo import pictures
from tests.demo.browser import executable

LANGUAGES = ("en", "ja")
PAGES = sorted(pictures.GOLDENS.glob("*.html"))
LARGEST = 100_000
on_a_browser = pytest.mark.skipif(not executable(), reason=pictures.MISSING)


def test_every_mail_has_both_parts_in_both_languages():
    names = {page.name.split(".")[0] for page in PAGES}
    assert len(names) > 10
    wanted = {f"{name}.{lang}.{ending}" for name in names for lang in LANGUAGES for ending in ("html", "txt")}
    assert {page.name for page in pictures.GOLDENS.iterdir()} == wanted


def test_no_mail_is_so_large_that_a_mail_program_cuts_it():
    assert not [page.name for page in PAGES if page.stat().st_size > LARGEST]


@on_a_browser
def test_no_mail_scrolls_sideways_on_a_phone_or_a_desktop():
    seen = list(pictures.looks(PAGES, schemes=("light",)))
    assert len(seen) == 2 * len(PAGES)
    assert not [f"{page.name} {name}: {look.overflow} px" for page, name, look in seen if look.overflow]


@on_a_browser
def test_a_mail_has_a_look_of_its_own_in_the_dark():
    seen = {name: look.picture for _, name, look in pictures.looks(PAGES[:1])}
    assert len(set(seen.values())) == 4
