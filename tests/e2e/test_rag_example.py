"""The README of the example application, executed as it is written, with a real service and the real client."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from examples.rag.answering import DEFAULTS, Answering
from examples.rag.model import NotFoundError
from tests.e2e.served import served
from tests.e2e.test_readme import ROOT, carried_out, pattern_of, steps
from varve import testing

REPORTED = ("varve failures", "varve usage")  # which the client tells the service in batches, soon
QUESTION = "Why do worms matter for varves?"


@contextmanager
def application(environment: dict[str, str]) -> Iterator[str]:
    """The example on a port of its own; its address."""
    command = [sys.executable, "-m", "examples.rag", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["address"]
        finally:
            process.terminate()


def carried_out_at(address: str, command: str, folder: Path, environment: dict[str, str]) -> str:
    """What a line of the README says, where the application is at this address."""
    found = re.fullmatch(r'curl -s "http://127.0.0.1:8100(.*)"', command)
    return httpx.get(address + found[1]).text if found else carried_out(command, folder, environment)


@pytest.mark.timeout(180)
def test_the_example_goes_as_its_readme_says(tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("VARVE_")}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    environment["PYTHONPATH"] = f"{ROOT}:{ROOT / 'client'}"
    done, deadline = 0, time.monotonic() + 60
    with served(tmp_path, environment) as service, application({**environment, "VARVE_URL": service}) as address:
        environment["VARVE_ACTOR"] = "ann"
        for command, expected in steps((ROOT / "examples" / "rag" / "README.md").read_text()):
            if command.startswith("export "):
                continue
            pattern = pattern_of(expected)
            said = carried_out_at(address, command, tmp_path, environment)
            while command.startswith(REPORTED) and not pattern.fullmatch(said) and time.monotonic() < deadline:
                said = carried_out_at(address, command, tmp_path, environment)
            wanted = "\n".join(expected)
            assert pattern.fullmatch(said), f"$ {command}\nsaid:\n{said}\nexpected:\n{wanted}"
            done += 1
    assert done >= 10


def test_the_application_is_tested_without_a_service() -> None:
    with testing.client({"retrieval": {**DEFAULTS["retrieval"], "number_of_results": 3}}, defaults=DEFAULTS) as client:
        answering = Answering(client)
        assert len(answering.answer(QUESTION, user="u-1").sources) == 3
        client.set("retrieval", number_of_results=1, user="u-1")
        assert [len(answering.answer(QUESTION, user=user).sources) for user in ("u-1", "u-2")] == [1, 3]
        client.set("llm", provider_id="stand-in", model_id="sediment-lrage")
        assert answering.answer(QUESTION).model == "sediment-small"
        assert client.flush()
        told = [body for path, body in client.received if path == "/api/failures"]
        assert "NotFoundError" in told[0]["failures"][0]["error"]
        client.fail()
        assert answering.answer(QUESTION, user="u-9").model == "sediment-small"


def test_a_model_that_nobody_has_is_the_callers_to_know() -> None:
    wrong = {**DEFAULTS, "llm": {**DEFAULTS["llm"], "model_id": "none"}}
    with testing.client(defaults=wrong) as client, pytest.raises(NotFoundError):
        Answering(client).answer(QUESTION)
