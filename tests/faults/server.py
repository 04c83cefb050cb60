"""A real server process that can be killed and started again at the same address."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Self

import httpx

ROOT = Path(__file__).parent.parent.parent
LAUNCH = ROOT / "tests" / "launch.py"
SERVE = (sys.executable, "-m", "varve_server", "serve", "--json", "--host", "127.0.0.1")
# The log begins the same on every machine, and nothing is said that nobody reads: a full pipe would stop the server.
NO_VARIABLES = {"VARVE_ENVIRONMENT_VARIABLES": "false", "VARVE_LOG_LEVEL": "error"}


class Server:
    """`varve serve` on a store. It ends with the thread that started it."""

    def __init__(self, store_url: str, *, environment: Mapping[str, str] = MappingProxyType({})) -> None:
        self._store_url = store_url
        self._environment = environment
        self._port = "0"
        self._process: subprocess.Popen[str] | None = None
        self.address = ""

    def start(self) -> Self:
        """Returns when it has said that it listens, and answers that it is ready."""
        launch = [sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid()), "", str(int(signal.SIGKILL))]
        program = [*SERVE, "--port", self._port, "--store", self._store_url]
        self._process = subprocess.Popen(
            [*launch, *program],
            cwd=ROOT,
            env={**os.environ, **NO_VARIABLES, **self._environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        if not said:
            raise RuntimeError(f"the server on {self._store_url} did not start: it tells why above")
        self.address = json.loads(said)["address"]
        self._port = self.address.rpartition(":")[2]
        httpx.get(f"{self.address}/health/ready", trust_env=False).raise_for_status()
        return self

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in good order; one that is gone already stays gone."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process.wait(timeout=30)
        self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
