"""Serves what MiniStack lacks from moto, in this process and without HTTP."""

import threading
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region
from moto.core.request import Request
from werkzeug.exceptions import HTTPException

# moto's backends are plain dictionaries; the workflow and the world change them from several threads.
lock = threading.RLock()


def handler(service: str, load_responses: Callable[[], type]) -> Callable:
    async def answer(method: str, path: str, headers: dict, body: Any, query: dict) -> tuple:
        return serve(service, load_responses(), headers, body)

    return answer


def serve(service: str, responses: type, headers: dict, body: Any) -> tuple[int, dict, bytes]:
    """One call in the account and Region of the current request."""
    host = f"{service}.{get_region()}.amazonaws.com"
    request = Request.from_primitives(
        "POST",
        f"https://{host}/",
        {
            "host": host,
            "content-type": headers.get("content-type", "application/x-www-form-urlencoded"),
            "x-amz-target": headers.get("x-amz-target", ""),
            "x-moto-account-id": get_account_id(),
            "authorization": f"AWS4-HMAC-SHA256 Credential=test/20260101/{get_region()}/{service}/aws4_request",
        },
        body.encode() if isinstance(body, str) else body,
    )
    with lock:
        try:
            status, answer_headers, answer = responses.dispatch(request, request.url, request.headers)
        except HTTPException as exception:
            status, answer_headers, answer = exception.code or 400, {}, exception.get_body()
    content = answer.encode() if isinstance(answer, str) else answer
    kind = answer_headers.get("Content-Type", "text/xml")
    return int(status), {"Content-Type": kind}, content
