"""The road of docs/guides/road-to-production.md, gone as it is written: a real service, two databases of PostgreSQL."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import httpx
import pytest

from api.cli import run
from tests.e2e.served import served
from tests.e2e.test_journey import blocks
from tests.e2e.test_readme import ROOT, carried_out, pattern_of, steps
from tests.shared_postgres import fresh_database

PAGE = ROOT / "docs" / "guides" / "road-to-production.md"
TRIALS = ROOT / "tests" / "data" / "tuning" / "trials.jsonl"


USERS = 150


@pytest.fixture
def road(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_url: str, postgres_server_url: str
) -> Iterator[tuple[Path, str]]:
    """A folder with the trials, and a service there that knows the databases; the environment is theirs, too."""
    shutil.copy(TRIALS, tmp_path)
    for name in [name for name in os.environ if name.startswith("VARVE_")]:
        monkeypatch.delenv(name)
    with fresh_database(postgres_server_url) as staging:
        urls = {"staging": staging, "production": postgres_url}
        told = {f"{name.upper()}_DATABASE": url for name, url in urls.items()}
        told |= {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
        for name, value in (told | {"VARVE_ACTOR": "ann", "VARVE_INDEX_URLS": json.dumps(urls)}).items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        with served(tmp_path, dict(os.environ)) as address:
            yield tmp_path, address


@pytest.mark.timeout(240)
def test_the_road_goes_as_it_is_written(road: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    folder, address = road
    done = 0
    for language, name, text in blocks(PAGE):
        if name:
            (folder / name).write_text(text, encoding="utf-8")
            continue
        for command, expected in steps(f"```{language}\n{text}```"):
            if command.startswith("export "):
                for one in shlex.split(command)[1:]:
                    monkeypatch.setenv(*one.split("=", 1))
                continue
            said, wanted = said_by(command, folder), "\n".join(expected)
            assert pattern_of(expected).fullmatch(said), f"$ {command}\nsaid:\n{said}\nexpected:\n{wanted}"
            done += 1
    assert done >= 35
    assert 0 < with_more(address, "tag:some") < USERS / 3  # a tenth, more or less


def with_more(address: str, moment: str) -> int:
    """How many users had more passages then."""
    with httpx.Client(base_url=f"{address}/api/runtime-configs/effective") as client:
        asked = {"config_types": "retrieval", "as_of": moment}
        answers = [client.get(f"/u-{number}", params=asked).json() for number in range(USERS)]
    return sum(one["retrieval"]["number_of_results"] == 25 for one in answers)


def said_by(command: str, folder: Path) -> str:
    """A line that is a command of ours and nothing else is carried out in this process, which spares its start."""
    name, *arguments = shlex.split(command)
    if name != "varve" or ">" in arguments:
        return carried_out(command, folder, dict(os.environ))
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        run(arguments)
    return out.getvalue() + err.getvalue()
