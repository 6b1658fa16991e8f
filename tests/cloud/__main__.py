"""Starts the local cloud: `python -m tests.cloud --port 4566 --scale 60 [--state-dir DIR]`."""

import argparse

from tests.cloud import clock


def main() -> None:
    options = parse_arguments()
    # Nothing that remembers the real clock may be imported before.
    clock.enter_virtual_time(options.scale)

    from tests.cloud import assembly

    assembly.serve(options.port, options.state_dir)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.cloud", description="The local cloud of Lockstep.")
    parser.add_argument("--port", type=int, default=4566)
    parser.add_argument("--scale", type=float, default=60, help="virtual seconds per real second")
    parser.add_argument("--state-dir", help="keep temporary files here instead of the system's directory")
    return parser.parse_args()


if __name__ == "__main__":
    main()
