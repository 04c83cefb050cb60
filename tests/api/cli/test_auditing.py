"""audit verify, checkpoint, key: what an auditor does, and how a program reads it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.api.cli.conftest import Server, Varve


@pytest.fixture
def held(varve: Varve, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """A store with a few changes, and the options that name a checkpoint of it and its key."""
    assert varve("audit", "key", "key.pem").code == 0
    monkeypatch.setenv("VARVE_CHECKPOINT_KEY", str(folder / "key.pem"))
    varve("set", "global", "chunking", "chunk_overlap=20")
    done = varve("audit", "checkpoint", "held.txt")
    assert (done.code, done.err) == (0, "")
    varve("set", "global", "chunking", "chunk_overlap=30")
    return "--checkpoint", "held.txt", "--key", "key.pem.pub"


def altered(folder: Path, statement: str) -> None:
    connection = sqlite3.connect(folder / "varve.db")
    with connection:
        connection.execute(statement)
    connection.close()


def read(folder: Path, query: str) -> Any:
    connection = sqlite3.connect(folder / "varve.db")
    (row,) = connection.execute(query).fetchall()
    connection.close()
    return row


def test_a_log_that_is_as_it_was_is_verified(varve: Varve, held: tuple[str, ...]):
    done = varve("audit", "verify", *held)
    assert (done.code, done.out.startswith("verified: ")) == (0, True)
    assert "1 of them not yet anchored" in done.out
    assert varve("audit", "verify", *held, "--json").json["verdict"] == "verified"


def test_a_log_that_was_altered_is_told_with_the_first_bad_position(varve: Varve, held: tuple[str, ...], folder: Path):
    changed = "topic = 'config.created'"
    altered(folder, f"UPDATE varve_events SET state = replace(state, '20', '90') WHERE {changed}")
    done = varve("audit", "verify", *held)
    (position,) = read(folder, f"SELECT rowid FROM varve_events WHERE {changed}")
    assert (done.code, f"first at position {position}" in done.err) == (1, True)


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--checkpoint", "held.txt"),
        ("--key", "key.pem.pub"),
        ("--checkpoint", "nosuch", "--key", "key.pem.pub"),
        ("--checkpoint", "held.txt", "--key", "nosuch"),
        ("--checkpoint", "varve.db", "--key", "key.pem.pub"),
        ("--checkpoint", "key.pem.pub", "--key", "key.pem.pub"),
        ("--checkpoint", "held.txt", "--key", "held.txt"),
        ("--checkpoint", "held.txt", "--key", "other.pem.pub"),
        ("--checkpoint", "of-another.txt", "--key", "key.pem.pub"),
    ],
)
def test_what_cannot_be_verified_is_never_a_pass(varve: Varve, held: tuple[str, ...], options: tuple[str, ...]):
    varve("audit", "key", "other.pem")
    varve("audit", "checkpoint", "of-another.txt", "--store", "sqlite:///another.db")
    done = varve("audit", "verify", *options)
    assert (done.code, done.err.startswith("varve: cannot verify: ")) == (2, True)


def test_a_key_is_not_overwritten(varve: Varve, held: tuple[str, ...]):
    done = varve("audit", "key", "key.pem")
    assert (done.code, "cannot be written" in done.err) == (1, True)


def test_a_store_without_a_key_gives_no_checkpoint(varve: Varve):
    done = varve("audit", "checkpoint")
    assert (done.code, "varve audit key" in done.err) == (1, True)


@pytest.fixture
def signing(varve: Varve, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    varve("audit", "key", "key.pem")
    monkeypatch.setenv("VARVE_CHECKPOINT_KEY", str(folder / "key.pem"))
    monkeypatch.setenv("VARVE_CHECKPOINT_FILE", str(folder / "newest.txt"))


def test_a_running_server_publishes_its_checkpoints(signing: None, server: Server, varve: Varve):
    store = ("--store", server.store)
    varve("set", "global", "chunking", "chunk_overlap=20", *store)
    assert varve("audit", "checkpoint", *store).out.startswith("varve/")
    server.stop()
    done = varve("audit", "verify", *store, "--checkpoint", "newest.txt", "--key", "key.pem.pub")
    assert (done.code, "0 of them not yet anchored" in done.out) == (0, True)


def test_a_key_that_cannot_be_read_stops_the_start(varve: Varve, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("VARVE_CHECKPOINT_KEY", "nosuch")
    done = varve("serve", "--port", "0")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "varve audit key nosuch" in done.err
    monkeypatch.delenv("VARVE_CHECKPOINT_KEY")
    monkeypatch.setenv("VARVE_CHECKPOINT_FILE", "newest")
    assert "set checkpoint_key too" in varve("serve", "--port", "0").err
