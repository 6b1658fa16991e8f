"""The control API of the cloud, under `/_cloud/`: look at the world, and make it go wrong."""

import json
from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any
from urllib.parse import parse_qs

from tests.cloud import (
    buses,
    calls,
    clock,
    faults,
    inventory,
    key_events,
    key_states,
    keys,
    mails,
    reset,
    roles,
    throttling,
    workflow_starts,
)
from tests.cloud.units import Unit
from tests.cloud.world import Server, servers

# What can be changed of a server that is a number.
NUMBERS: dict[str, Callable[[Any], float]] = {
    "stop_takes_s": float,
    "start_takes_s": float,
    "status_checks_take_s": float,
    "agent_takes_s": float,
    "failing_starts": int,
}


class BadRequest(Exception):
    pass


async def answer(scope: dict, receive: Callable, send: Callable) -> None:
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    query = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
    path = scope["path"].removeprefix("/_cloud/").strip("/").split("/")
    try:
        status, result = 200, respond(scope["method"], path, query, json.loads(body or b"{}"))
    except (BadRequest, TypeError, ValueError) as error:
        status, result = 400, {"message": str(error)}
    except KeyError as error:
        status, result = 404, {"message": f"there is no {error}"}
    await send(
        {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]},
    )
    await send({"type": "http.response.body", "body": json.dumps(result).encode()})


def respond(method: str, path: list[str], query: dict[str, str], body: dict[str, Any]) -> Any:
    match method, path:
        case "GET", ["health"]:
            return {"status": "ok"}
        case "GET", ["clock"]:
            return {"now": clock.iso(), "at_s": round(clock.at_s(), 3), "scale": clock.SCALE}
        case "GET", ["calls"]:
            mutating = query.get("mutating")
            about = tuple(filter(None, query.get("about", "").split(",")))
            wanted = None if mutating is None else mutating == "true"
            return calls.since(float(query.get("since", 0)), wanted, about, query.get("operation"))
        case "GET", ["servers"]:
            return [describe(server) for server in list(servers.values())]
        case "GET", ["servers", id]:
            return describe(servers[id])
        case "PATCH", ["servers", id]:
            change(servers[id], body)
            return describe(servers[id])
        case "GET", [kind] if kind in inventory.KINDS:
            return inventory.every(kind)
        case "GET", [kind, *id] if kind in inventory.KINDS:
            return inventory.describe(kind, "/".join(id))
        case "PATCH", [kind, *id] if kind in inventory.KINDS:
            return inventory.change(kind, "/".join(id), body)
        case "POST", ["faults"]:
            return {"id": faults.add(body).id}
        case "GET", ["faults"]:
            return faults.every()
        case "DELETE", ["faults"]:
            faults.clear(body.get("ids", ()))
            return {}
        case "PUT", ["buckets"]:
            throttling.fill()
            return {}
        case "POST", ["events"]:
            return asdict(key_events.expect(**body))
        case "GET", ["events"]:
            return asdict(key_events.deliveries.get(query.get("key")) or key_events.Delivery())
        case "POST", ["forged-events"]:
            return {"outcome": buses.forge(**body)}
        case "POST", ["keys"]:
            keys.put_into(**body)
            return {}
        case "PATCH", ["keys", *arn]:
            key_states.delete_after("/".join(arn), **body)
            return {}
        case "GET", ["roles"]:
            return roles.describe()
        case "GET", ["permissions"]:
            return roles.needed()
        case "GET", ["mails"]:
            return [mails.describe(mail) for mail in mails.every(query.get("about", ""))]
        case "PATCH", ["mail-account"]:
            mails.change_account(**body)
            return {}
        case "PATCH", ["identities", name]:
            mails.change_identity(name, **body)
            return {}
        case "GET", ["executions"]:
            return workflow_starts.executions(query.get("about", ""))
        case "POST", ["reset"]:
            reset.reset(**body)
            return {}
    raise BadRequest(f"{method} /_cloud/{'/'.join(path)} is not known here")


def describe(server: Server) -> dict[str, Any]:
    return {
        "id": server.id,
        "state": server.state,
        "agent": server.agent,
        "units": {name: unit.state for name, unit in server.units.items()},
        "tags": server.tags,
        "status_checks": server.status_checks,
    }


def change(server: Server, wanted: dict[str, Any]) -> None:
    for name, value in wanted.items():
        if name == "agent":
            server.agent_is_cut_off = {"offline": True, "online": False}[value]
        elif name in NUMBERS:
            setattr(server, name, NUMBERS[name](value))
        elif name == "units":
            for unit, settings in value.items():
                change_unit(server.units[unit], settings)
        else:
            raise BadRequest(f"a server has no {name} to change")


def change_unit(unit: Unit, settings: dict[str, Any]) -> None:
    known = {field.name for field in fields(Unit)} - {"name"}
    for name, value in settings.items():
        if name not in known:
            raise BadRequest(f"a unit has no {name}; it has {', '.join(sorted(known))}")
        setattr(unit, name, value)
