"""What the command `varve` runs."""

from __future__ import annotations

import sys
from pathlib import Path

ROOMS = Path(__file__).parent / "_app"
"""Where the wheel keeps the rooms; a checkout has no such folder, its rooms are importable as they are."""

# On import, so that a worker process that imports this module first finds the rooms too.
if ROOMS.is_dir() and str(ROOMS) not in sys.path:
    sys.path.insert(0, str(ROOMS))


def main() -> None:
    from api.cli import main as run

    run()
