"""`make test`: every suite one after the other, and a table of what was run."""

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYTEST = [sys.executable, "-m", "pytest", "-q", "--color=no"]
NEXTEST = ["cargo", "nextest", "run", "--workspace", "--locked", "--cargo-quiet", "--status-level=fail"]
CARGO = NEXTEST if shutil.which("cargo-nextest") else ["cargo", "test", "--workspace", "--locked", "--quiet"]
SUITES = {
    "pure core and handlers": CARGO,
    "rules about the code": [*PYTEST, "tests/tidy"],
    "the local cloud itself": [*PYTEST, "tests/cloud"],
    "the deployed stack": [*PYTEST, "tests/system"],
}
PASSED = re.compile(r"(\d+) passed")


def main() -> int:
    rows, broken = [], False
    for name, command in SUITES.items():
        print(f"\n== {name}: {' '.join(command[-3:])}", flush=True)
        began = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        print(done.stdout, end="", flush=True)
        passed = sum(int(number) for number in PASSED.findall(done.stdout))
        # A suite in which nothing ran has proven nothing.
        failed = done.returncode != 0 or passed == 0
        broken |= failed
        rows.append((name, passed, time.monotonic() - began, "FAILED" if failed else "ok"))
    print(f"\n{'suite':26}{'passed':>8}{'seconds':>9}")
    for name, passed, seconds, verdict in rows:
        print(f"{name:26}{passed:8}{seconds:9.0f}  {verdict}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
