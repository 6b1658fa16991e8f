"""Chromium as a person's mail program: it shows a page at some width, in light or dark, and takes a picture.

It is spoken to over two pipes in the Chrome DevTools Protocol, so that one browser takes all pictures.
"""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SWITCHES = ["--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--remote-debugging-pipe"]
# A container's root has no sandbox to use; the pages are our own and fetch nothing.
AS_ROOT = ["--no-sandbox"]
# `--remote-debugging-pipe` reads from 3 and writes to 4.
ON_PIPES = 'exec "$0" "$@" 3<&{0} 4>&{1} 2>/dev/null'


@dataclass(frozen=True)
class Look:
    """`overflow` is how many pixels of the page stand out at its side."""

    picture: bytes
    overflow: int


class Browser:
    def __init__(self, reads: int, writes: int) -> None:
        self._from, self._to = os.fdopen(reads, "rb"), os.fdopen(writes, "wb")
        self._number = 0
        self._kept = b""
        self._session: dict[str, str] = {}
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._session = {"sessionId": session}
        self._ask("Page.enable")

    def open(self, page: Path) -> None:
        """Shows a page and waits until it is there."""
        self._ask("Page.navigate", url=page.resolve().as_uri())
        while self._message().get("method") != "Page.loadEventFired":
            pass

    def look(self, width: int, scheme: str) -> Look:
        """The whole page at `width` CSS pixels; `scheme` is `light` or `dark`."""
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
        self._ask("Emulation.setDeviceMetricsOverride", **size)
        self._ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        seen = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        wide, high = self._ask("Runtime.evaluate", expression=seen, returnByValue=True)["result"]["value"]
        clip = {"x": 0, "y": 0, "width": width, "height": high, "scale": 1}
        taken = self._ask("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        return Look(base64.b64decode(taken["data"]), max(0, wide - width))

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters, **self._session}
        self._to.write(json.dumps(message).encode() + b"\0")
        self._to.flush()
        while (answer := self._message()).get("id") != self._number:
            pass
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._kept:
            piece = self._from.read1(1 << 20)
            if not piece:
                raise RuntimeError("the browser has ended")
            self._kept += piece
        message, _, self._kept = self._kept.partition(b"\0")
        return json.loads(message)


def executable() -> str | None:
    return shutil.which("chromium")


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """One that ends with the block; `profile` is a folder of its own."""
    to_read, to_us = os.pipe()
    from_us, to_write = os.pipe()
    switches = [*SWITCHES, f"--user-data-dir={profile}", *(AS_ROOT if os.geteuid() == 0 else [])]
    command = ["bash", "-c", ON_PIPES.format(from_us, to_us), executable() or "chromium", *switches]
    running = subprocess.Popen(command, pass_fds=(from_us, to_us), stdout=subprocess.DEVNULL)
    for theirs in (from_us, to_us):
        os.close(theirs)
    try:
        yield Browser(to_read, to_write)
    finally:
        running.terminate()
        running.wait(timeout=20)
