"""`make sbom`: the parts of the functions and of the operator's tool as CycloneDX 1.6, and nothing of the tests'.

It has neither a date nor a serial number, so that the same sources always give the same file.
"""

import json
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
TARGETS = ("aarch64-unknown-linux-gnu", "x86_64-unknown-linux-gnu")
# `{p}` of cargo tree: the name, the version, and the folder of what is our own.
CRATE = re.compile(r"(\S+) v(\S+)(?: \((/[^)]*)\))?\t([^\t]*?)(?: \(\*\))?$")


def functions() -> list[str]:
    """By the folders that they are in."""
    return sorted(path.parent.name for path in (ROOT / "functions").glob("*/Cargo.toml"))


def shipped() -> list[str]:
    return [*functions(), "lockstep-cli"]


@cache
def parts(package: str) -> frozenset[tuple[str, str, str]]:
    """Name, version and licence of each crate whose code is in a package, our own crates left out."""
    found = set()
    for target in TARGETS:
        edges = ["--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}\t{l}"]
        command = ["cargo", "tree", "--locked", "--package", package, "--target", target, *edges]
        out = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for line in filter(None, out.splitlines()):
            read = CRATE.match(line)
            if read is None:
                raise ValueError(f"cargo tree wrote a line that is not understood: {line!r}")
            name, version, folder, licence = read.groups()
            if not folder:
                found.add((name, version, licence.replace("/", " OR ").replace("  ", " ")))
    return frozenset(found)


def lock() -> dict[tuple[str, str], str]:
    """The checksums that crates.io's packages are held to."""
    packages = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    return {(it["name"], it["version"]): it["checksum"] for it in packages if "checksum" in it}


def component(name: str, version: str, licence: str, checksum: str, users: list[str]) -> dict[str, Any]:
    reference = f"pkg:cargo/{name}@{version}"
    return {
        "type": "library", "bom-ref": reference, "name": name, "version": version, "purl": reference,
        "licenses": [{"expression": licence}],
        "hashes": [{"alg": "SHA-256", "content": checksum}],
        "properties": [{"name": "lockstep:in", "value": user} for user in users],
    }  # fmt: skip


def sbom() -> dict[str, Any]:
    users: dict[tuple[str, str, str], list[str]] = {}
    for package in shipped():
        for part in parts(package):
            users.setdefault(part, []).append(package)
    sums = lock()
    version = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    rust = tomllib.loads((ROOT / "rust-toolchain.toml").read_text())["toolchain"]["channel"]
    std = {"type": "library", "bom-ref": f"rust-std@{rust}", "name": "rust-std", "version": rust,
           "licenses": [{"expression": "MIT OR Apache-2.0"}]}  # fmt: skip
    crates = [component(*part, sums[part[:2]], sorted(of)) for part, of in sorted(users.items())]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"component": {
            "type": "application", "bom-ref": "lockstep", "name": "lockstep", "version": version,
            "licenses": [{"expression": "Apache-2.0"}],
        }},
        "components": [std, *crates],
    }  # fmt: skip


def main(path: Path) -> int:
    bill = sbom()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(bill, indent=2) + "\n")
    print(f"{path}: {len(bill['components'])} components of {len(shipped())} binaries")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
