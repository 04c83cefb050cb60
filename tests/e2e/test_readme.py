"""The README's tour, executed as it is written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.e2e.served import served

ROOT = Path(__file__).resolve().parents[2]


class Step(NamedTuple):
    """One command of the tour, and what it says: `…` stands for anything, a line of it for any lines."""

    command: str
    expected: list[str]


def steps(readme: str) -> Iterator[Step]:
    for block in re.findall(r"```console\n(.*?)```", readme, re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *expected = part.rstrip("\n").split("\n")
            yield Step(command, expected)


def pattern_of(expected: list[str]) -> re.Pattern[str]:
    """Widths of columns and rules do not count."""
    lines = ["(?:.*\n)*?" if line == "…" else _line(line) for line in expected]
    return re.compile("".join(lines))


def _line(line: str) -> str:
    words = [r"─+" if set(word) == {"─"} else re.escape(word).replace("…", ".*") for word in line.split()]
    return r"\s+".join(words) + r"[ ]*\n"


def carried_out(command: str, folder: Path, environment: dict[str, str]) -> str:
    """What a line of the README says, errors too."""
    how = {"cwd": folder, "env": environment, "capture_output": True, "text": True}
    run = subprocess.run(command, shell=True, check=False, **how)  # noqa: S602 -- the README's own line
    return run.stdout + run.stderr


@pytest.mark.timeout(180)
def test_the_tour_goes_as_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("VARVE_")}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    done = 0
    with served(tmp_path, environment) as address:
        for command, expected in steps((ROOT / "README.md").read_text()):
            if command.startswith("export "):
                environment["VARVE_ACTOR"] = command.rpartition("VARVE_ACTOR=")[2]
                continue
            if found := re.fullmatch(r'curl -s "http://127.0.0.1:8000(.*)"', command):
                said = httpx.get(address + found[1]).text + "\n"
            else:
                said = carried_out(command, tmp_path, environment)
            wanted = "\n".join(expected)
            assert pattern_of(expected).fullmatch(said), f"$ {command}\nsaid:\n{said}\nexpected:\n{wanted}"
            done += 1
    assert done >= 10
