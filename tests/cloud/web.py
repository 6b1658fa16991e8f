"""The one port: the control API under `/_cloud/`, everything else is MiniStack's."""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.cloud import control, gateway

PREFIX = "/_cloud/"


async def application(scope: dict, receive: Callable, send: Callable) -> None:
    from ministack import app

    if scope["type"] != "http":
        await app.app(scope, receive, send)
    elif scope["path"].startswith(PREFIX):
        await control.answer(scope, receive, send)
    else:
        request: dict[str, Any] = {"broken": False}
        gateway.wire.set(request)
        await app.app(scope, receive, _breaking(request, send))


def _breaking(request: dict[str, Any], send: Callable[[dict], Awaitable[None]]) -> Callable[[dict], Awaitable[None]]:
    async def send_or_break(message: dict) -> None:
        if not request["broken"]:
            await send(message)
        elif message["type"] == "http.response.start":
            # A body is promised and never sent: the server closes the connection, the client sees it break.
            # The status is for clients that do not count the bytes of a body.
            await send({**message, "status": 500, "headers": [(b"content-length", b"1")]})

    return send_or_break
