"""Servers to measure, each in a process of its own on one core; the load comes from another."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx

SERVER_CORE, LOAD_CORE = "0", "1"
ROOT = Path(__file__).resolve().parent.parent
START_WITHIN_SECONDS = 20
MARKED = "init = function(given) mark = given[1] end\n"  # at the top of a script that uses `mark`


def pinned(core: str, *command: str) -> list[str]:
    """The command, kept on one core where the machine can do that."""
    return ["taskset", "-c", core, *command] if shutil.which("taskset") else list(command)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class Served:
    """`python -m module PORT …`, which can be stopped, and started again at the same address."""

    def __init__(self, module: str, *arguments: str) -> None:
        port = free_port()
        self._command = pinned(SERVER_CORE, sys.executable, "-m", module, str(port), *arguments)
        self.address = f"http://127.0.0.1:{port}"
        self.start()

    def start(self) -> None:
        """Returns once it answers. Logs are written, and kept by nobody."""
        self._process = subprocess.Popen(self._command, cwd=ROOT, stdout=subprocess.DEVNULL)
        self.pid = self._process.pid
        deadline = time.monotonic() + START_WITHIN_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                httpx.get(f"{self.address}/health/live", timeout=1)
            except httpx.HTTPError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(f"no server at {self.address}")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


@contextmanager
def server(module: str, *arguments: str) -> Iterator[Served]:
    found = Served(module, *arguments)
    try:
        yield found
    finally:
        found.stop()


@contextmanager
def served(module: str, *, arguments: tuple[str, ...] = ()) -> Iterator[str]:
    """The address of a server, for as long as it is needed."""
    with server(module, *arguments) as found:
        yield found.address


def requests_per_second(
    url: str,
    *,
    seconds: float = 3,
    connections: int = 16,
    script: Path | None = None,
    headers: dict[str, str] | None = None,
) -> float:
    """What `wrk` measures from the other core. Every answer must be a success (or 304).

    A script may end the ids that it makes up in `mark`, which no other run has: Lua's random numbers are the same in
    each, so that ids made of them alone would be known from the second run on, and their answers kept.
    """
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s"]
    for name, value in (headers or {}).items():
        command += ["-H", f"{name}: {value}"]
    if script is not None:
        command += ["-s", str(script)]
    command += [url, "--", uuid4().hex]
    done = subprocess.run(pinned(LOAD_CORE, *command), capture_output=True, text=True, check=True)
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError(done.stdout)
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    assert found is not None, done.stdout
    return float(found[1])
