"""Secrets on the command line: keys are printed, secrets only to who asks for them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.api.cli.conftest import Varve, finished, program
from tests.master_keys import key_file, lines_of

TEXT = "sk-on-the-terminal"


@pytest.fixture
def keys(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = key_file(folder / "keys", "m-1")
    monkeypatch.setenv("VARVE_SECRET_KEYS", str(path))
    return path


def set_key(varve: Varve, text: str = TEXT) -> str:
    done = varve("set", "user:u-1", "provider", f"api_key={text}")
    assert done.code == 0, done.err
    return done.out + done.err


def test_a_secret_is_shown_only_where_it_is_asked_for(varve: Varve, keys: Path) -> None:
    assert TEXT not in set_key(varve)
    for how in ((), ("--explain",), ("--json",)):
        told = varve("get", "u-1", *how)
        assert "commitment" in told.out
        assert TEXT not in told.out + told.err
    for how in ((), ("--explain",), ("--json",)):
        assert TEXT in varve("get", "u-1", "--secrets", *how).out


def test_another_field_is_set_beside_a_secret(varve: Varve, keys: Path) -> None:
    set_key(varve)
    assert varve("set", "user:u-1", "provider", "timeout=77").code == 0
    assert varve("get", "u-1", "--secrets", "--json").json["provider"]["api_key"] == TEXT


def test_no_command_that_tells_tells_a_secret(varve: Varve, keys: Path) -> None:
    set_key(varve)
    set_key(varve, "sk-another-one")
    set_key(varve)
    commands = (
        ("history", "user:u-1", "provider"),
        ("list",),
        ("timeline", "u-1"),
        ("export",),
        ("audit", "replay", "--all"),
        ("undo", "17", "--dry-run"),
        ("rollback", "user:u-1", "provider", "--to", "2", "--dry-run"),
        ("settings",),
    )
    for command in commands:
        for how in ((), ("--json",)):
            told = varve(*command, *how)
            assert told.code in (0, 1), told.err
            assert TEXT not in told.out + told.err
            assert "sk-another-one" not in told.out + told.err
            assert "ciphertext" not in told.out


def test_a_key_is_printed_as_a_line_of_the_file(varve: Varve, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    printed = varve("secrets", "key", "m-2")
    assert printed.code == 0
    path = key_file(folder / "keys", lines=printed.out.splitlines())
    monkeypatch.setenv("VARVE_SECRET_KEYS", str(path))
    set_key(varve)
    assert varve("secrets", "key", "two words").code == 1


def test_a_rotation_says_which_lines_may_go(varve: Varve, keys: Path, folder: Path, monkeypatch) -> None:
    set_key(varve)
    both = key_file(folder / "both", "m-2", lines=lines_of(keys))
    monkeypatch.setenv("VARVE_SECRET_KEYS", str(both))
    assert varve("secrets", "rotate", "--dry-run", "--json").json["dry_run"]
    done = varve("secrets", "rotate")
    assert done.code == 0
    assert "every line but m-2 may leave" in done.out + done.err
    monkeypatch.setenv("VARVE_SECRET_KEYS", str(key_file(folder / "alone", lines=lines_of(both)[:1])))
    assert varve("get", "u-1", "--secrets", "--json").json["provider"]["api_key"] == TEXT


def test_a_file_without_the_key_that_is_needed_stops_the_start_in_one_line(
    varve: Varve, keys: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_key(varve)
    monkeypatch.setenv("VARVE_SECRET_KEYS", str(key_file(folder / "other", "m-9")))
    told = varve("get", "u-1")
    assert told.code == 2
    assert "m-1" in told.err
    with program("serve", "--port", "0", cwd=folder) as process:
        served = finished(process)
    assert served.code == 2
    assert "m-1" in served.err
    assert len(served.err.strip().splitlines()) == 1


def test_a_file_that_others_may_read_stops_the_start(varve: Varve, keys: Path) -> None:
    keys.chmod(0o644)
    told = varve("list")
    assert told.code == 2
    assert f"chmod 600 {keys}" in told.err
    assert os.linesep not in told.err.strip()


def test_a_file_of_lines_with_a_secret_is_imported_once(varve: Varve, keys: Path, folder: Path) -> None:
    (folder / "lines.jsonl").write_text('{"service": {"api_key": "1234"}}\n{"service": {"api_key": "1235"}}\n')
    command = ("import", "lines.jsonl", "--map", "service=provider", "--json")
    first, again = varve(*command), varve(*command)
    assert first.code == again.code == 0, first.err + again.err
    assert [one.json["items"][0]["repeated"] for one in (first, again)] == [False, True]
    assert varve("get", "--secrets", "--json").json["provider"]["api_key"] == "1235"
