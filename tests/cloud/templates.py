"""What a template may ask for and MiniStack's CloudFormation passes over: backups of tables."""

from collections.abc import Callable
from typing import Any

from ministack.services import dynamodb, lambda_svc
from ministack.services.cloudformation import provisioners

TABLE = "AWS::DynamoDB::Table"


def install() -> None:
    handlers = provisioners._RESOURCE_HANDLERS[TABLE]
    handlers["create"] = _with_backups(handlers["create"], properties_at=1)
    handlers["update"] = _with_backups(handlers["update"], properties_at=2)
    lambda_svc._event_invoke_config = _event_invoke_config


def _with_backups(provision: Callable, properties_at: int) -> Callable:
    def provision_with_backups(*arguments: Any, **options: Any) -> tuple[str, dict]:
        name, attributes = provision(*arguments, **options)
        wanted = arguments[properties_at].get("PointInTimeRecoverySpecification", {})
        dynamodb._pitr_settings[name] = str(wanted.get("PointInTimeRecoveryEnabled", False)).lower() == "true"
        return name, attributes

    return provision_with_backups


_ministack_event_invoke_config = lambda_svc._event_invoke_config


def _event_invoke_config(function: dict, qualifier: str | None) -> dict | None:
    """A function without a qualifier is its `$LATEST`, which is what templates configure."""
    found = _ministack_event_invoke_config(function, qualifier)
    return found if found or qualifier else _ministack_event_invoke_config(function, "$LATEST")
