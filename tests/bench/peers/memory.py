"""The most memory that each function ever had while 1,000 servers went down and came back, as Linux counted it.

The functions are those of the release; they run as the local cloud runs them, and are asked before they end.
"""

import re
import shutil
import sys
from pathlib import Path

import yaml

from tests.bench.figure import Figure
from tests.bench.peers import fleet
from tests.world import stack
from tests.world import story as stories
from tests.world.cloud import ROOT

SCALE, SERVERS = 60, 1000
MOST_MB = 64
PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.M)
NAME = re.compile(rb"AWS_LAMBDA_FUNCTION_NAME=\w+-(\w+)Function")


def measure(programs: dict[str, Path], folder: Path) -> list[Figure]:
    cloud, process = stack.start_cloud(stack.free_port(), SCALE, folder / "memory")
    try:
        stack.deploy(cloud, _with(programs, folder / "memory" / "built"))
        servers = fleet.build(cloud, SERVERS)
        for epoch, direction in enumerate(stories.CHANGES, start=1):
            print(f"{direction} of {SERVERS:,} servers, for the memory …", file=sys.stderr, flush=True)
            stories.play(cloud, servers.key, epoch, direction)
        peaks = _peaks(process.pid)
    finally:
        stack.stop_cloud(process.pid)
    return [_figure(name, megabytes) for name, megabytes in sorted(peaks.items())]


def _with(programs: dict[str, Path], folder: Path) -> Path:
    """What is deployed in the local cloud, with other programs in it."""
    shutil.copytree(stack.BUILT.parent, folder)
    template = yaml.load((ROOT / "template.yaml").read_text(), Loader=yaml.BaseLoader)
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            shutil.copy2(programs[resource["Metadata"]["BuildProperties"]["Binary"]], folder / name / "bootstrap")
    return folder / stack.BUILT.name


def peak_mb(place: Path) -> float:
    """Of a process, by its folder in /proc; 0 once it has ended."""
    try:
        peak = PEAK.search((place / "status").read_text())
    except OSError:
        peak = None
    return int(peak[1]) / 1024 if peak else 0


def _peaks(group: int) -> dict[str, float]:
    """Megabytes by the function, of its largest process."""
    peaks: dict[str, float] = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if int((place / "stat").read_text().rsplit(")", 1)[1].split()[2]) != group:
                continue
            name = NAME.search((place / "environ").read_bytes())
        except OSError:
            # It has just ended.
            continue
        if name:
            known = re.sub(r"\B(?=[A-Z])", "-", name[1].decode()).lower()
            peaks[known] = max(peaks.get(known, 0), peak_mb(place))
    return peaks


def _figure(function: str, megabytes: float) -> Figure:
    workload = f"shutdown and startup of {SERVERS:,} servers, {fleet.WITH_SERVICES} of them with services"
    return Figure.alone(f"peak memory of {function}", workload, round(megabytes, 1), "MB", MOST_MB, MOST_MB)
