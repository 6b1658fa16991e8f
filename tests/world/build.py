"""Lays out what `sam build` would: every Lambda compiled once by the host's cargo, and the template beside them.

`sam build` runs cargo anew for each of the functions; for this machine one run of cargo serves them all. Like
`sam build`, this changes nothing in the template but where the code and the definitions are.
It runs in the environment of the build tools, for it reads the template as sam does.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from samcli.yamlhelper import yaml_dump, yaml_parse

ROOT = Path(__file__).parents[2]


def main(folder: Path) -> None:
    subprocess.run(["cargo", "build", "--profile", "local", "--bins", "--locked"], cwd=ROOT, check=True)
    binaries = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "local"
    template = yaml_parse((ROOT / "template.yaml").read_text())
    template["Globals"]["Function"].pop("CodeUri")
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function":
            package = folder / name
            package.mkdir(parents=True, exist_ok=True)
            shutil.copy2(binaries / resource["Metadata"]["BuildProperties"]["Binary"], package / "bootstrap")
            properties["CodeUri"] = name
        elif resource["Type"] == "AWS::Serverless::StateMachine":
            shutil.copy2(ROOT / properties["DefinitionUri"], folder / f"{name}.asl.json")
            properties["DefinitionUri"] = f"{name}.asl.json"
    # Written last: its presence says that everything before it is complete.
    (folder / "template.yaml").write_text(yaml_dump(template))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
