"""Where things are, what they are called, and what may depend on what."""

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FUNCTIONS = sorted(path.parent for path in (ROOT / "functions").glob("*/Cargo.toml"))
DOMAIN = ROOT / "functions/shared/domain"
FOLDERS = ("cli", "functions", "tests")
LONGEST_FILE = 250
LONGEST_MAIN = 30
IMPURE = re.compile(r"\b(std::env|SystemTime|Instant|Timestamp::now|Zoned::now|std::fs|std::net|std::process)\b")


def tree(package: str) -> set[str]:
    """The names of every crate that a package depends on, itself included."""
    command = [
        "cargo",
        "tree",
        "--package",
        package,
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{lib}",
        "--locked",
    ]
    out = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {line.split()[0] for line in out.splitlines() if line.strip()}


def sources(*folders: str, suffixes: tuple[str, ...] = (".rs", ".py")) -> list[Path]:
    return [
        p for folder in folders for p in (ROOT / folder).rglob("*") if p.suffix in suffixes and "target" not in p.parts
    ]


@pytest.mark.parametrize("crate", ["domain", "mail"])
def test_what_decides_and_what_writes_knows_no_aws_no_runtime_and_no_network(crate):
    forbidden = re.compile(r"^(aws_|tokio|hyper|reqwest|lambda_|rand|getrandom|mio)")
    crates = tree(f"lockstep-{crate}")
    assert {"lockstep_domain", f"lockstep_{crate}"} <= crates
    assert not [name for name in crates if forbidden.match(name)]


def test_only_the_function_that_mails_carries_what_writes_mails():
    assert {"lockstep_mail", "askama"} <= tree("send-mails")
    others = [folder.name for folder in FUNCTIONS if folder.name != "send-mails"]
    assert not [name for name in ("lockstep-domain", "lockstep-aws", *others) if "lockstep_mail" in tree(name)]


def test_the_language_of_the_frame_of_a_mail_is_shipped_with_none():
    assert "mrml" in tree("lockstep-frame")
    assert "mrml" not in tree("send-mails")


@pytest.mark.parametrize("crate", ["domain", "mail"])
def test_what_decides_and_what_writes_reads_no_clock_and_no_environment(crate):
    # Its tests may read fixtures.
    pages = [page for page in sources(f"functions/shared/{crate}/src") if page.name != "tests.rs"]
    assert pages
    assert not [f"{page}: {found[0]}" for page in pages if (found := IMPURE.search(page.read_text()))]


def test_only_the_aws_crate_uses_the_sdk():
    shipped = [*(ROOT / "functions").rglob("Cargo.toml"), ROOT / "cli/Cargo.toml"]
    manifests = [path for path in shipped if path.parent != ROOT / "functions/shared/aws"]
    assert len(manifests) == len(FUNCTIONS) + 3
    assert not [str(path) for path in manifests if re.search(r"^aws-(sdk|config|smithy)", path.read_text(), re.M)]


def test_shared_crates_and_the_operators_tool_depend_on_no_function():
    names = {folder.name.replace("-", "_") for folder in FUNCTIONS}
    assert not names & (tree("lockstep-aws") | tree("lockstep-cli"))
    assert not {"lockstep_aws", "lockstep_cli"} & tree("lockstep-domain")
    assert "lockstep_cli" not in tree("lockstep-aws")


def test_what_only_the_operators_tool_needs_is_in_no_function():
    only_there = tree("lockstep-cli") - tree("lockstep-aws") - tree("lockstep-mail")
    assert {"aws_sdk_lambda", "aws_sdk_cloudformation", "clap"} <= only_there
    for folder in FUNCTIONS:
        assert not only_there & tree(folder.name) - {"lockstep_cli"}, folder.name


def test_no_crate_knows_the_fleet():
    """What EC2, RDS, ECS, Systems Manager and Auto Scaling do is asked of the workflows; their crates take minutes."""
    fleet = re.compile(r"aws_sdk_(ec2|rds|ecs|ssm|autoscaling|applicationautoscaling)$")
    assert not [name for name in tree("lockstep-cli") | tree("lockstep-aws") if fleet.match(name)]


@pytest.mark.parametrize("folder", FUNCTIONS, ids=lambda folder: folder.name)
def test_folder_package_binary_and_logical_id_have_one_name(folder):
    metadata = subprocess.run(
        ["cargo", "metadata", "--no-deps", "--format-version=1", "--locked"], cwd=ROOT, capture_output=True, check=True
    )
    packages = {Path(p["manifest_path"]).parent: p for p in json.loads(metadata.stdout)["packages"]}
    package = packages[folder]
    binaries = [target["name"] for target in package["targets"] if "bin" in target["kind"]]
    logical_id = "".join(word.capitalize() for word in folder.name.split("-")) + "Function"
    template = (ROOT / "template.yaml").read_text()
    assert (package["name"], binaries) == (folder.name, [folder.name])
    assert re.search(
        rf"^  {logical_id}:\n    Type: AWS::Serverless::Function\n(?:.*\n){{1,4}}        Binary: {folder.name}$",
        template,
        re.M,
    )


@pytest.mark.parametrize("folder", [*FUNCTIONS, ROOT / "cli"], ids=lambda folder: folder.name)
def test_main_is_only_wiring(folder):
    assert len((folder / "src/main.rs").read_text().splitlines()) <= LONGEST_MAIN


def test_files_stay_small():
    long = {
        str(p.relative_to(ROOT)): n for p in sources(*FOLDERS) if (n := len(p.read_text().splitlines())) > LONGEST_FILE
    }
    assert not long


def test_nothing_has_a_name_that_says_nothing():
    vague = re.compile(r"(manager|helper|util|process_|handle_data)", re.I)
    named = re.compile(r"^\s*(?:pub(?:\([a-z]+\))? )?(?:fn|struct|enum|trait|mod|def|class) (\w+)", re.M)
    found = [f"{p.name}: {n}" for p in sources(*FOLDERS) for n in named.findall(p.read_text()) if vague.search(n)]
    files = [str(p) for p in sources(*FOLDERS) if vague.search(p.stem)]
    assert not found and not files
