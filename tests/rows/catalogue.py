"""The rows of the table of faults, and those that cannot be played here; and the tasks of the workflows."""

import json
from collections.abc import Iterator
from typing import Any

from tests.world.cloud import ROOT

# The numbers as the table has them; what is missing between them is part of a fuller matrix.
ROWS = (
    1, 2, 3, 4, 5, 7, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20, 21, 22, 23, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34,
    35, 37, 38, 39, 40, 42, 43, 44, 46, 47, 49, 50, 51, 52, 53, 54, 56, 57, 58, 59, 60, 61, 63, 65, 66, 67, 68, 71,
    72, 73, 74, 75, 76, 77, 78, 80, 81, 82, 83, 84, 85, 86, 88, 89, 90, 91, 92, 93, 94, 96, 97, 98, 99, 100,
)  # fmt: skip

NOT_HERE = {
    23: "the Lambdas of the local cloud share one clock with its services, which cannot be set apart",
    100: "the soup of random faults is played by the simulation (tests/simulation)",
}


def _tasks(machine: dict[str, Any], name: str) -> Iterator[str]:
    for state, body in machine["States"].items():
        if body["Type"] == "Task":
            yield f"{name}: {state}"
        inner = body.get("ItemProcessor", {"States": {}})
        apart = inner.get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED"
        yield from _tasks(inner, f"{name}/{body['Label']}" if apart else name)


# Every task of every workflow, found in the files, as `machine: state`. The checkup is no part of a run (tests/cli).
TASKS = [
    task for file in sorted((ROOT / "statemachine").glob("*.asl.json")) if file.name != "checkup.asl.json"
    for task in _tasks(json.loads(file.read_text()), file.name.removesuffix(".asl.json"))
]  # fmt: skip
