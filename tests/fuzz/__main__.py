"""`make fuzz`: runs the fuzzer for one function after the other; keeps what it found out for the next time."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.supply import sbom

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "target" / "fuzz"
EXECUTIONS = re.compile(r"stat::number_of_executed_units: (\d+)")
COVERED = re.compile(r"cov: (\d+)")


def fuzzed(fuzzer: Path, function: str, seconds: int) -> bool:
    """Prints a line of figures; says whether nothing was found."""
    corpus = FOLDER / function
    corpus.mkdir(parents=True, exist_ok=True)
    limits = [f"-max_total_time={seconds}", "-max_len=4096", "-timeout=20", "-print_final_stats=1"]
    command = [str(fuzzer), str(corpus), *limits, f"-artifact_prefix={FOLDER}/found-{function}-"]
    environment = os.environ | {"FUNCTION": function, "SEEDS": str(corpus)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace")
    (FOLDER / f"{function}.log").write_text(done.stderr)
    executions, covered = EXECUTIONS.findall(done.stderr), COVERED.findall(done.stderr)
    figures = f"{(executions or ['?'])[-1]:>9} events {(covered or ['?'])[-1]:>7} edges covered"
    print(f"{function:20}{figures}  {'ok' if done.returncode == 0 else 'FOUND SOMETHING'}", flush=True)
    if done.returncode:
        print("\n".join(done.stderr.splitlines()[-30:]))
    return done.returncode == 0


def main(fuzzer: Path, seconds: int) -> int:
    outcomes = [fuzzed(fuzzer, function, seconds) for function in sbom.functions()]
    print(f"\n{FOLDER}: what was found, and the events that led there")
    return 0 if all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
