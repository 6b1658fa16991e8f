"""Stands before every service: logs the call, lets a fault strike, asks IAM, and tells those who listen."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from tests.cloud import answers, calls, faults, operations, permissions, roles, snapshots

Handler = Callable[..., Awaitable[tuple]]
Listener = Callable[[dict[str, Any], dict[str, Any]], None]

log = logging.getLogger("lockstep.gateway")

# Set for a request that came over HTTP; the web layer breaks the connection if the answer is lost.
wire: ContextVar[dict | None] = ContextVar("wire", default=None)

_listeners: dict[str, list[Listener]] = {}


def listen(service: str, listener: Listener) -> None:
    """Calls `listener(call, parameters)` after each call of the service, failed ones included."""
    _listeners.setdefault(service, []).append(listener)


def guard(service: str, handler: Handler) -> Handler:
    async def answer(method: str, path: str, headers: dict, body: Any, query: dict) -> tuple:
        operation, parameters = operations.identify(service, method, path, headers, body, query)
        call = calls.begin(
            service,
            operation,
            mutating=operations.is_mutating(service, operation, parameters),
            actor=calls.actor.get() or actor_of(headers),
            resources=operations.resources(parameters),
            request=operations.digest(parameters),
        )
        token = permissions.asking.set(roles.caller(headers))
        calls.entry.set(call)

        async def perform() -> tuple:
            if refused := permissions.refusal(call, parameters, permissions.asking.get()):
                return answers.denied(service, operation, message=refused)
            return await handler(method, path, headers, body, query)

        try:
            return await _answered(call, parameters, perform)
        finally:
            permissions.asking.reset(token)
            for listener in _listeners.get(service, []):
                listener(call, parameters)

    return answer


async def _answered(call: dict[str, Any], parameters: Any, perform: Callable[[], Awaitable[tuple]]) -> tuple:
    fault = faults.take(call, parameters)
    if fault is None or fault.kind == "stale":
        response = snapshots.remember(call, parameters, await perform())
        if fault:
            response = snapshots.recall(call, parameters, fault.stale_s)
    elif fault.kind == "throttle":
        response = answers.throttled(call["service"], fault.code)
    elif fault.kind == "error":
        response = answers.failed(call["service"], fault.code, fault.message)
    elif fault.kind == "deny":
        response = answers.denied(call["service"], call["operation"], fault.code)
    else:
        return await _unanswered(call, fault, perform)
    status, headers, body = response
    call["outcome"] = "ok" if status < 400 else answers.error_code(status, headers, body)
    return response


async def _unanswered(call: dict[str, Any], fault: faults.Fault, perform: Callable[[], Awaitable[tuple]]) -> tuple:
    done = fault.kind == "lost_answer"
    if done:
        status, headers, body = await perform()
        effect = "ok" if status < 400 else answers.error_code(status, headers, body)
        call["outcome"] = f"lost answer: {effect}"
    else:
        call["outcome"] = "timeout"
    # A workflow inherits the context of the request that started it, but nobody waits on that wire any more.
    request = None if calls.actor.get() else wire.get()
    if request is None:
        raise faults.NoAnswer(done, fault.hold_s)
    if not done:
        await asyncio.sleep(fault.hold_s)
    request["broken"] = True
    return 200, {}, b""


def actor_of(headers: dict) -> str:
    # Every Lambda is started with AWS_SDK_UA_APP_ID=lockstep, which each SDK puts into its user agent.
    agent = headers.get("user-agent", "") + headers.get("x-amz-user-agent", "")
    return "lockstep" if "app/lockstep" in agent else "operator"
