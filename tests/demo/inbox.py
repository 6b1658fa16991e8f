"""Keeps the mails of the demo as files and prints them."""

import re
import shutil
from pathlib import Path
from typing import Any


def write(folder: Path, mails: list[dict[str, Any]]) -> list[Path]:
    """A text file and a page for each mail, in the order they were sent: `<n>-<occasion>-<language>`."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    written = []
    for number, mail in enumerate(mails, start=1):
        path = folder / f"{number:02}-{_occasion(mail)}-{_language(mail)}.txt"
        path.write_text(text(mail))
        path.with_suffix(".html").write_text(mail["BodyHtml"])
        written.append(path)
    return written


def distinct(mails: list[dict[str, Any]], files: list[Path]) -> list[Path]:
    """The pages of the mails, one of those that several admins of an app get."""
    pages = {mail["Subject"]: file.with_suffix(".html") for mail, file in zip(mails, files, strict=True)}
    return list(pages.values())


def text(mail: dict[str, Any]) -> str:
    head = {"From": mail["Source"], "To": ", ".join(mail["To"]), "Subject": mail["Subject"], "Date": mail["time"]}
    head |= mail.get("Headers", {})
    return "".join(f"{name}: {value}\n" for name, value in head.items()) + f"\n{mail['BodyText']}"


def _occasion(mail: dict[str, Any]) -> str:
    """The header ends in it: `<key id>-<epoch>-<direction>-grace_started`."""
    return mail["Headers"]["X-Lockstep-Mail"].rsplit("-", 1)[-1].replace("_", "-")


def _language(mail: dict[str, Any]) -> str:
    found = re.search(r'<html lang="([a-z]+)"', mail["BodyHtml"])
    return found[1] if found else "none"
