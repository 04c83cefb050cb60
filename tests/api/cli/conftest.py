"""The command line, in this process and as programs of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.cli import run

LAUNCH = Path(__file__).parents[2] / "launch.py"
ROOT = LAUNCH.parents[1]
DATA = ROOT / "tests" / "data"


@dataclass(frozen=True)
class Ran:
    """What a command line did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Varve = Callable[..., Ran]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command line runs; nothing of the outer environment is set."""
    for name in [name for name in os.environ if name.startswith("VARVE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def varve(capsys: pytest.CaptureFixture[str]) -> Varve:
    """Carry out one command line, on the store in the folder of the test."""

    def carry_out(*arguments: str) -> Ran:
        capsys.readouterr()
        code = run(arguments)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return carry_out


@dataclass(frozen=True)
class Server:
    process: subprocess.Popen[str]
    address: str
    store: str

    def stop(self) -> int:
        """As Ctrl-C would."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(20)


def program(*arguments: str, **how: Any) -> subprocess.Popen[str]:
    """`varve` as a program of its own, which ends with this one."""
    launched = [sys.executable, str(LAUNCH), str(os.getpid()), "", str(int(signal.SIGKILL))]
    command = [*launched, sys.executable, "-m", "varve_server", *arguments]
    quiet = {"VARVE_LOG_LEVEL": "error"}  # a pipe that is full stops it
    environment = {**quiet, **how.pop("environment", os.environ), "PYTHONPATH": str(ROOT)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, text=True, env=environment, **{**pipes, **how})


def finished(process: subprocess.Popen[str]) -> Ran:
    out, err = process.communicate(timeout=60)
    return Ran(process.returncode, out, err)


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    store = f"sqlite:///{folder}/served.db"
    with program("serve", "--port", "0", "--store", store, "--json") as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.stderr and process.stderr.read()
        try:
            yield Server(process, json.loads(line)["address"], store)
        finally:
            process.kill()
