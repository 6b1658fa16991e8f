"""Lambda's Runtime API for one start: hands a fresh process one event and notes when it asks and when it answers.

AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes".
"""

import json
import subprocess
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.bench.peers import memory

ANSWERS_WITHIN_S = 60
API = "/2018-06-01/runtime"


class Died(RuntimeError):
    """The function did not answer its event as it should."""


@dataclass(frozen=True)
class Start:
    """Milliseconds from before the process is made until it asks for its first event, and until it answers that.

    The memory is the most that it had until then.
    """

    asked_ms: float
    answered_ms: float
    peak_mb: float
    answer: dict[str, Any]


class _Api(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, event: dict[str, Any]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.event = json.dumps(event).encode()
        self.asked_at: float | None = None
        self.answered_at: float | None = None
        self.answer: Any = None
        self.failure = ""
        self.over = threading.Event()

    def handle_error(self, *arguments: object) -> None:
        """A process that is ended leaves its connection as it is."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer in two segments would wait for the acknowledgement of the first.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Api

    def do_GET(self) -> None:
        now = time.perf_counter()
        if self.server.asked_at is not None:
            self.server.over.wait()
            self.close_connection = True
            return
        self.server.asked_at = now
        self._say(
            200,
            self.server.event,
            {
                "Lambda-Runtime-Aws-Request-Id": "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
                "Lambda-Runtime-Deadline-Ms": str(int((time.time() + ANSWERS_WITHIN_S) * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:000000000000:function:measured",
                "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0",
            },
        )

    def do_POST(self) -> None:
        now = time.perf_counter()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or self._chunks()
        if self.path.endswith("/response"):
            self.server.answered_at, self.server.answer = now, json.loads(body)
        else:
            self.server.failure = f"{self.path}: {body.decode(errors='replace')}"
        self._say(202, b"{}", {})
        self.server.over.set()

    def _chunks(self) -> bytes:
        body = b""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        return body

    def _say(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Says nothing."""


def start(command: list[str], environment: dict[str, str], event: dict[str, Any]) -> Start:
    """Starts a function anew, gives it the event, and ends it after its answer."""
    api = _Api(event)
    threading.Thread(target=api.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    told = environment | {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_port}"}
    began = time.perf_counter()
    process = subprocess.Popen(
        command, env=told, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    threading.Thread(target=_ends_with, args=(process, api), daemon=True).start()
    try:
        api.over.wait(ANSWERS_WITHIN_S)
        peak_mb = memory.peak_mb(Path(f"/proc/{process.pid}"))
    finally:
        process.kill()
        said = process.stderr.read().decode(errors="replace") if process.stderr else ""
        process.wait()
        api.over.set()
        api.shutdown()
        api.server_close()
    if api.asked_at is None or api.answered_at is None:
        raise Died(f"{command[0]}: {api.failure or 'no answer'}\n{said[-3000:]}")
    return Start((api.asked_at - began) * 1000, (api.answered_at - began) * 1000, peak_mb, api.answer)


def _ends_with(process: subprocess.Popen, api: _Api) -> None:
    process.wait()
    api.over.set()
