"""The functions as they are deployed: built with the settings of a release, and their packages."""

import os
import platform
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.bench.figure import Figure
from tests.supply import sbom
from tests.world.cloud import ROOT

FLAGS = {"aarch64": "--arm64", "x86_64": "--x86-64"}
MOST_MB = 4.0
HELLO = "lockstep-hello"


def programs() -> dict[str, Path]:
    """Every function by its name, compiled for this machine's processor by what `sam build` calls; minutes at first."""
    for packages in ([], ["--package", HELLO]):
        command = ["cargo", "lambda", "build", "--release", "--locked", FLAGS[platform.machine()], *packages]
        print(f"{' '.join(command)} …", file=sys.stderr, flush=True)
        subprocess.run(command, cwd=ROOT, check=True, stdout=sys.stderr)
    built = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "lambda"
    return {name: built / name / "bootstrap" for name in (*sbom.functions(), HELLO)}


def sizes(functions: dict[str, Path], folder: Path) -> list[Figure]:
    """One figure for each function, and nothing of the hello."""
    return [_size(name, program, folder) for name, program in functions.items() if name != HELLO]


def _size(name: str, program: Path, folder: Path) -> Figure:
    package = folder / f"{name}.zip"
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(program, "bootstrap")
    megabytes = round(package.stat().st_size / 1e6, 2)
    workload = f"zipped as sam uploads it, {platform.machine()}"
    return Figure.alone(f"package of {name}", workload, megabytes, "MB", MOST_MB, MOST_MB)
