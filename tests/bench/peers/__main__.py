"""`python -m tests.bench.peers`: measures the peers alone and prints a table."""

from tests.bench import peers
from tests.bench.figure import Figure
from tests.world.cloud import ROOT

FOLDER = ROOT / "target/bench"
MET = {True: "met", False: "MISSED", None: ""}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    figures, notes = peers.measure(FOLDER)
    print(f"{'':48}{'ours':>10}{'peer':>10}{'ratio':>8}{'budget':>10}")
    for figure in figures:
        print(_line(figure))
    print(f"\n{notes}")


def _line(figure: Figure) -> str:
    numbers = [f"{_short(n):>{width}}" for n, width in ((figure.ours, 10), (figure.peer, 10), (figure.ratio, 8))]
    what = f"{figure.name:48}{''.join(numbers)}{_short(figure.budget):>10}  {figure.unit:9}{MET[figure.met]:8}"
    return f"{what}{figure.workload}{f'; peer: {figure.peer_name}' if figure.peer_name else ''}"


def _short(number: float | None) -> str:
    return "" if number is None else f"{number:,g}"


if __name__ == "__main__":
    main()
