"""`make test`: every suite one after the other, a table of what was run, and the figures of the proof as JSON."""

import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PARTS = ROOT / "target" / "proof"
PYTEST = [sys.executable, "-m", "pytest", "-q", "--color=no"]
NEXTEST = ["cargo", "nextest", "run", "--workspace", "--locked", "--cargo-quiet", "--status-level=fail"]
CARGO = NEXTEST if shutil.which("cargo-nextest") else ["cargo", "test", "--workspace", "--locked", "--quiet"]
RUN = ["cargo", "run", "--profile", "local", "--locked", "--quiet", "--package"]
SIMULATION = "the simulated days"
# How many of them; `make soak` plays more.
SEEDS = "300"
# For each function; `make fuzz` goes on from there, led by coverage.
HOSTILE = "300"
# The suites, and for those that are not counted in tests: what of their own figures is counted.
SUITES: dict[str, tuple[list[str], str]] = {
    "pure core and handlers": (CARGO, ""),
    "rules about the code": ([*PYTEST, "tests/tidy"], ""),
    "the local cloud itself": ([*PYTEST, "tests/cloud"], ""),
    "the examples": ([*PYTEST, "tests/examples"], ""),
    "the protocol's states": ([*RUN, "lockstep-model", "--", str(PARTS / "model.json")], "states"),
    SIMULATION: (
        [*RUN, "lockstep-simulation", "--", "--seeds", SEEDS, str(PARTS / "simulation.json")],
        "seeds",
    ),
    "hostile events": (
        [*RUN, "lockstep-simulation", "--", "--hostile", HOSTILE, str(PARTS / "hostile.json")],
        "events",
    ),
    "the deployed stack": ([*PYTEST, "tests/system"], ""),
    "what roles may do": ([*PYTEST, "tests/permissions"], ""),
    "what the operator sees": ([*PYTEST, "tests/operators"], ""),
    "what a run asks of AWS": ([*PYTEST, "tests/bench"], ""),
    "the operator's tool": ([*PYTEST, "tests/cli"], ""),
    "the table of faults": ([*PYTEST, "tests/rows"], ""),
}
PASSED = re.compile(r"(\d+) passed")
# Each figure of `target/proof.json`, and the part that counted it.
FIGURES = {
    "states": "model", "mutants": "model", "mutants_killed": "model", "sequences": "model",
    "seeds": "simulation", "simulated_hours": "simulation",
    "fault_rows": "rows", "fault_rows_passed": "rows",
    "tasks": "rows", "tasks_failed_once": "rows", "tasks_repeated": "rows",
}  # fmt: skip


def main() -> int:
    shutil.rmtree(PARTS, ignore_errors=True)
    PARTS.mkdir(parents=True)
    rows, failed_suites = [], []
    for name, (command, figure) in SUITES.items():
        print(f"\n== {name}: {' '.join(command[-3:])}", flush=True)
        began = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        print(done.stdout, end="", flush=True)
        passed = part(Path(command[-1]).stem).get(figure, 0) if figure else count_passed(done.stdout)
        # A suite in which nothing ran has proven nothing.
        failed = done.returncode != 0 or passed == 0
        failed_suites += [name] if failed else []
        rows.append((name, passed, figure or "tests", time.monotonic() - began, "FAILED" if failed else "ok"))
    print(f"\n{'suite':26}{'count':>9} {'of':12}{'seconds':>8}")
    for name, passed, figure, seconds, verdict in rows:
        print(f"{name:26}{passed:9} {figure:12}{seconds:8.0f}  {verdict}")
    is_complete = prove(SIMULATION not in failed_suites)
    print(f"\nFAILED: {', '.join(failed_suites)}" if failed_suites else "\nEvery suite passed.")
    return 0 if is_complete and not failed_suites else 1


def count_passed(output: str) -> int:
    return sum(int(number) for number in PASSED.findall(output))


def part(name: str) -> dict[str, Any]:
    file = PARTS / f"{name}.json"
    return json.loads(file.read_text()) if file.exists() else {}


def prove(simulation_holds: bool) -> bool:
    """Writes the figures that the suites have counted; says whether each of them is there."""
    proof = {figure: part(name).get(figure, 0) for figure, name in FIGURES.items()}
    not_played = part("rows").get("fault_rows_not_here", {})
    # The soup of random faults is the simulation.
    if simulation_holds and not_played.pop("100", None):
        proof["fault_rows_passed"] += 1
    (ROOT / "target" / "proof.json").write_text(json.dumps(proof, indent=2) + "\n")
    print("\nthe proof (target/proof.json)")
    for figure, count in proof.items():
        print(f"  {figure:20}{count:>10}")
    for row, why in not_played.items():
        print(f"  row {row} is not played: {why}")
    return all(proof.values())


if __name__ == "__main__":
    sys.exit(main())
