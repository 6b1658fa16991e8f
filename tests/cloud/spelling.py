"""How Step Functions spells what the API of a service calls otherwise: as the AWS SDK for Java 2 does.

Members: only an acronym at the beginning is spelled as a word: `DBInstanceIdentifier` is `DbInstanceIdentifier`, but
`MultiAZ` and `ReadReplicaDBInstanceIdentifiers` stay (SDK: `Utils.unCapitalize`). Seen in workflows of others:
`DbInstances[0].DbInstanceStatus`, and `TemplateURL` and `RoleARN` of `cloudformation:createStack`.
Exceptions: every acronym is spelled as a word, and `Fault` is `Exception` (SDK: `NamingStrategy.getExceptionName`).
Seen by others: `Rds.InvalidDbInstanceStateException`, in the README of sqlxpert/step-stay-stopped-aws-rds-aurora.
"""

import re
from typing import Any

from ministack.services import stepfunctions

LEADING_ACRONYM = re.compile(r"^[A-Z]+(?![a-z])")
# Before the last capital of an acronym that a word follows, and where a word ends.
WORD_BEGINS = re.compile(r"(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-z0-9])(?=[A-Z])|(?<=[0-9])(?=[a-z])")


class Unsupported(ValueError):
    """A field that Step Functions does not know."""


def install() -> None:
    # MiniStack lowers an acronym within a name altogether, and with it the word that follows.
    stepfunctions._api_name_to_sfn_key = member_name


def member_name(name: str) -> str:
    return LEADING_ACRONYM.sub(lambda acronym: acronym[0].capitalize(), name[:1].upper() + name[1:])


def as_the_api_has_it(value: Any, shape: Any) -> Any:
    """Arguments of a task with the names of the API; a name that is spelled otherwise is refused, as on AWS.

    Step Functions Developer Guide, "Learning to use AWS service SDK integrations": `The field Filter is not supported
    by Step Functions`. The keys of a map are data.
    """
    if shape.type_name == "structure" and isinstance(value, dict) and not getattr(shape, "is_document_type", False):
        members = {member_name(name): name for name in shape.members}
        if wrong := [name for name in value if name not in members]:
            raise Unsupported(f'The field "{wrong[0]}" is not supported by Step Functions')
        return {members[name]: as_the_api_has_it(v, shape.members[members[name]]) for name, v in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [as_the_api_has_it(item, shape.member) for item in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: as_the_api_has_it(item, shape.value) for key, item in value.items()}
    return value


def exception_name(shape: str) -> str:
    words = "".join(word.capitalize() for word in WORD_BEGINS.split(shape)).removesuffix("Fault")
    return words if words.endswith("Exception") else f"{words}Exception"
