"""VARVE_READ_ONLY, as an operator sets it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.api.cli.conftest import Ran, Varve, program

SET = ("set", "global", "chunking", "max_chunk_size=900")


def was_refused(done: Ran) -> bool:
    return done.code == 1 and "commands are switched off" in done.err


def test_a_command_on_a_store_is_refused_and_a_read_is_not(varve: Varve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VARVE_READ_ONLY", "1")
    assert was_refused(varve(*SET))
    assert varve("get", "-t", "chunking").code == 0


def test_a_server_refuses_commands_whoever_sends_them(varve: Varve, folder: Path) -> None:
    store = f"sqlite:///{folder}/served.db"
    environment = {**os.environ, "VARVE_READ_ONLY": "1"}
    with program("serve", "--port", "0", "--store", store, "--json", environment=environment) as process:
        assert process.stdout is not None
        try:
            lines = (json.loads(line) for line in process.stdout)
            address = next(line["address"] for line in lines if "address" in line)
            assert was_refused(varve(*SET, "--server", address))
            assert was_refused(varve(*SET, "--store", store))
            assert varve("get", "-t", "chunking", "--server", address).code == 0
        finally:
            process.kill()
