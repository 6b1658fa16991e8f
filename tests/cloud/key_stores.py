"""Custom key stores, whose keys come and go with the connection to their AWS CloudHSM cluster.

Source: AWS KMS API Reference of the four operations; Developer Guide, "Disconnect an AWS CloudHSM key store".
"""

import time
import uuid
from collections.abc import Callable
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, json_response
from ministack.services import kms

from tests.cloud import answers, clock, key_events, key_states

ORIGIN = "AWS_CLOUDHSM"
# AWS says that it may take twenty minutes; nothing here depends on how long.
CONNECTING_TAKES_S = 30

# By id, in each account.
_stores = AccountRegionScopedDict()


def install() -> None:
    kms._create_key = _create_key
    for operation in ("ConnectCustomKeyStore", "DisconnectCustomKeyStore"):
        key_events.additional[operation] = _details


_ministack_create_key = kms._create_key


def clear() -> None:
    _stores.clear()


def _details(asked: dict[str, Any]) -> dict[str, str]:
    """What CloudTrail adds about a store."""
    store = _stores.get(asked.get("CustomKeyStoreId", ""))
    return {"customKeyStoreName": store["CustomKeyStoreName"], "clusterId": store["CloudHsmClusterId"]} if store else {}


def place_of(record: dict[str, Any]) -> dict[str, str]:
    """What DescribeKey tells of a key in a store."""
    return {name: record[name] for name in ("CustomKeyStoreId", "CloudHsmClusterId") if name in record}


def _create_key(asked: dict[str, Any]) -> tuple:
    if asked.get("Origin") != ORIGIN:
        return _ministack_create_key(asked)
    store = _stores.get(asked.get("CustomKeyStoreId", ""))
    if store is None:
        return _not_found(asked)
    if store["ConnectionState"] != "CONNECTED":
        return _wrong_state(store)
    response = _ministack_create_key({**asked, "Origin": "AWS_KMS"})
    if response[0] >= 400:
        return response
    record = list(kms._keys.values())[-1]
    record.update(Origin=ORIGIN, CustomKeyStoreId=store["CustomKeyStoreId"])
    record["CloudHsmClusterId"] = store["CloudHsmClusterId"]
    return json_response({"KeyMetadata": kms._key_metadata(record)})


def _create(asked: dict[str, Any]) -> tuple:
    if any(store["CustomKeyStoreName"] == asked["CustomKeyStoreName"] for store in _stores.values()):
        message = f"There is a custom key store {asked['CustomKeyStoreName']} already"
        return answers.error("kms", "CustomKeyStoreNameInUseException", message, 400)
    id = f"cks-{uuid.uuid4().hex[:17]}"
    _stores[id] = {
        "CustomKeyStoreId": id,
        "CustomKeyStoreName": asked["CustomKeyStoreName"],
        "CloudHsmClusterId": asked.get("CloudHsmClusterId", "cluster-1a23b4cdefg"),
        "CustomKeyStoreType": ORIGIN,
        "ConnectionState": "DISCONNECTED",
        "CreationDate": int(time.time()),
    }
    return json_response({"CustomKeyStoreId": id})


def _describe(asked: dict[str, Any]) -> tuple:
    id, name = asked.get("CustomKeyStoreId"), asked.get("CustomKeyStoreName")
    found = [
        store
        for store in _stores.values()
        if id in (None, store["CustomKeyStoreId"]) and name in (None, store["CustomKeyStoreName"])
    ]
    if (id or name) and not found:
        return _not_found(asked)
    return json_response({"CustomKeyStores": found, "Truncated": False})


def _connect(asked: dict[str, Any]) -> tuple:
    def arrive(store: dict[str, Any]) -> None:
        store["ConnectionState"] = "CONNECTED"
        _for_each_key(store, key_states.make_available)

    return _change(asked, ("DISCONNECTED", "FAILED"), "CONNECTING", arrive)


def _disconnect(asked: dict[str, Any]) -> tuple:
    def arrive(store: dict[str, Any]) -> None:
        store["ConnectionState"] = "DISCONNECTED"

    response = _change(asked, ("CONNECTED", "FAILED"), "DISCONNECTING", arrive)
    if response[0] < 400:
        _for_each_key(_stores[asked["CustomKeyStoreId"]], key_states.make_unavailable)
    return response


def _change(
    asked: dict[str, Any], expected: tuple[str, ...], state: str, arrive: Callable[[dict[str, Any]], None]
) -> tuple:
    store = _stores.get(asked["CustomKeyStoreId"])
    if store is None:
        return _not_found(asked)
    if store["ConnectionState"] not in expected:
        return _wrong_state(store)
    store["ConnectionState"] = state
    clock.timeline.after(CONNECTING_TAKES_S, lambda: arrive(store))
    return json_response({})


def _for_each_key(store: dict[str, Any], act: Callable[[dict[str, Any]], None]) -> None:
    for record in list(kms._keys.values()):
        if record.get("CustomKeyStoreId") == store["CustomKeyStoreId"]:
            act(record)


def _not_found(asked: dict[str, Any]) -> tuple:
    message = f"There is no custom key store {asked.get('CustomKeyStoreId') or asked.get('CustomKeyStoreName')}"
    return answers.error("kms", "CustomKeyStoreNotFoundException", message, 400)


def _wrong_state(store: dict[str, Any]) -> tuple:
    message = f"The custom key store {store['CustomKeyStoreId']} is {store['ConnectionState']}"
    return answers.error("kms", "CustomKeyStoreInvalidStateException", message, 400)


OPERATIONS: dict[str, Callable[[dict[str, Any]], tuple]] = {
    "CreateCustomKeyStore": _create,
    "DescribeCustomKeyStores": _describe,
    "ConnectCustomKeyStore": _connect,
    "DisconnectCustomKeyStore": _disconnect,
}
