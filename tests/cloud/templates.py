"""What a template may ask for and MiniStack's CloudFormation passes over: backups of tables, boundaries of roles, texts
in conditions, and that what could not be deleted keeps what it depends on.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import cloudformation, dynamodb, iam, lambda_svc
from ministack.services.cloudformation import changesets, engine, handlers, provisioners, stacks

TABLE, ROLE = "AWS::DynamoDB::Table", "AWS::IAM::Role"
# What makes the texts that a condition compares; MiniStack reads but `Ref` and `Fn::Select` there.
TEXTS = {"Fn::Join", "Fn::Sub", "Fn::Split", "Fn::FindInMap"}


def install() -> None:
    table = provisioners._RESOURCE_HANDLERS[TABLE]
    table["create"] = _with_backups(table["create"], properties_at=1)
    table["update"] = _with_backups(table["update"], properties_at=2)
    role = provisioners._RESOURCE_HANDLERS[ROLE]
    role["create"] = _within_boundary(role["create"], properties_at=1)
    role["update"] = _within_boundary(role["update"], properties_at=2)
    for module in (engine, changesets, handlers, stacks):
        module._evaluate_conditions = _evaluate_conditions
    lambda_svc._event_invoke_config = _event_invoke_config
    stacks._delete_resource = _delete_resource


def _with_backups(provision: Callable, properties_at: int) -> Callable:
    def provision_with_backups(*arguments: Any, **options: Any) -> tuple[str, dict]:
        name, attributes = provision(*arguments, **options)
        wanted = arguments[properties_at].get("PointInTimeRecoverySpecification", {})
        dynamodb._pitr_settings[name] = str(wanted.get("PointInTimeRecoveryEnabled", False)).lower() == "true"
        return name, attributes

    return provision_with_backups


def _within_boundary(provision: Callable, properties_at: int) -> Callable:
    def provision_within_boundary(*arguments: Any, **options: Any) -> tuple[str, dict]:
        name, attributes = provision(*arguments, **options)
        iam._roles[name]["PermissionsBoundary"] = arguments[properties_at].get("PermissionsBoundary")
        return name, attributes

    return provision_within_boundary


_ministack_event_invoke_config = lambda_svc._event_invoke_config


def _event_invoke_config(function: dict, qualifier: str | None) -> dict | None:
    """A function without a qualifier is its `$LATEST`, which is what templates configure."""
    found = _ministack_event_invoke_config(function, qualifier)
    return found if found or qualifier else _ministack_event_invoke_config(function, "$LATEST")


_ministack_evaluate_conditions = engine._evaluate_conditions


def _evaluate_conditions(template: dict[str, Any], parameters: dict[str, Any]) -> dict[str, bool]:
    def spelled_out(value: Any) -> Any:
        if isinstance(value, list):
            return [spelled_out(item) for item in value]
        if not isinstance(value, dict):
            return value
        if TEXTS & value.keys():
            return engine._resolve_refs(value, {}, parameters, {}, template.get("Mappings", {}), "", "")
        return {name: spelled_out(item) for name, item in value.items()}

    conditions = spelled_out(template.get("Conditions", {}))
    return _ministack_evaluate_conditions({**template, "Conditions": conditions}, parameters)


_ministack_delete_resource = stacks._delete_resource


def _delete_resource(kind: str, physical_id: str, properties: dict, stack_name: str, logical_id: str) -> None:
    """CloudFormation deletes a resource after all that depend on it (User Guide, *DependsOn attribute*), so never if
    one of them stays. There it is not even tried; here it fails.
    """
    stack = cloudformation._stacks[stack_name]
    made = stack["_resources"]
    failed = {name for name, it in made.items() if it.get("ResourceStatus") == "DELETE_FAILED"} - {logical_id}
    if logical_id in stacks._with_dependencies(failed, stack["_template"]["Resources"], set(made)):
        raise RuntimeError("what depends on it is still there")
    _ministack_delete_resource(kind, physical_id, properties, stack_name, logical_id)
