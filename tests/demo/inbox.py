"""Keeps the mails of the demo as files and prints them."""

import re
import shutil
from pathlib import Path
from typing import Any


def write(folder: Path, mails: list[dict[str, Any]]) -> list[Path]:
    """One text file for each mail, in the order they were sent, and its HTML part beside it if it has one."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    written = []
    for number, mail in enumerate(mails, start=1):
        recipient = "+".join(mail["To"])
        path = folder / f"{number:03}-{_safe(recipient, 60)}-{_safe(mail['Subject'], 80)}.txt"
        path.write_text(text(mail))
        if mail.get("BodyHtml"):
            path.with_suffix(".html").write_text(mail["BodyHtml"])
        written.append(path)
    return written


def text(mail: dict[str, Any]) -> str:
    head = {"From": mail["Source"], "To": ", ".join(mail["To"]), "Subject": mail["Subject"], "Date": mail["time"]}
    head |= mail.get("Headers", {})
    return "".join(f"{name}: {value}\n" for name, value in head.items()) + f"\n{mail['BodyText']}"


def _safe(words: str, longest: int) -> str:
    """A piece of a file name: letters of any script are kept, everything else becomes a dash."""
    return re.sub(r"[^\w@.+]+", "-", words).strip("-").lower()[:longest].rstrip("-.")
