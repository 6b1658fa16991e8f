"""Where the peers are installed: in a Python environment of their own, which the Makefile makes and names."""

import os
from pathlib import Path

FOLDER = Path(os.environ.get("PEERS", "venv-peers-is-not-set; run this through make"))
PYTHON = FOLDER / "bin" / "python"
CUSTODIAN = FOLDER / "bin" / "custodian"
