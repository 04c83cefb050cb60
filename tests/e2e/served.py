"""A server in a folder, started as a user would."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START_WITHIN_SECONDS = 60


@contextmanager
def served(folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """`varve serve` on a store in this folder; its address, once it listens."""
    options = ["--host", "127.0.0.1", "--port", "0", "--store", "sqlite:///varve.db"]
    command = [sys.executable, "-m", "varve_server", "serve", *options]
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**environment, "VARVE_LOG_LEVEL": "error"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            yield _address(folder / "varve.db.lock", process)
        finally:
            process.terminate()


def _address(lock: Path, process: subprocess.Popen[bytes]) -> str:
    """What the server left beside its store."""
    deadline = time.monotonic() + START_WITHIN_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        text = lock.read_text() if lock.exists() else ""
        address = json.loads(text)["address"] if text else None
        if address:
            return str(address)
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start: {process.stdout.read().decode() if process.stdout else ''}")
