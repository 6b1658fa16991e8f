"""`make reproducible`: the functions as `make deploy` compiles them, from two folders, must be the same bytes."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Two folders whose names differ in length, as those of two people do.
FOLDERS = (ROOT / "target/reproducible/one", ROOT / "target/reproducible/in/another/folder")
FLAGS = {"arm64": "--arm64", "x86_64": "--x86-64"}


def built(folder: Path, architecture: str) -> dict[str, str]:
    """Builds what is committed from a copy in `folder`; returns the hash of each function."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "--extract", "--directory", str(folder)], input=archive, check=True)
    environment = {name: value for name, value in os.environ.items() if name != "CARGO_TARGET_DIR"}
    command = ["cargo", "lambda", "build", "--release", "--locked", FLAGS[architecture]]
    subprocess.run(command, cwd=folder, env=environment, check=True)
    programs = sorted(folder.glob("target/lambda/*/bootstrap"))
    return {path.parent.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in programs}


def main(architecture: str) -> int:
    first, second = (built(folder, architecture) for folder in FOLDERS)
    for name in sorted(first | second):
        verdict = "same" if first.get(name) == second.get(name) else "DIFFERS"
        print(f"{name:20}{first.get(name, 'missing'):66}{verdict}")
    return 0 if first == second and first else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
