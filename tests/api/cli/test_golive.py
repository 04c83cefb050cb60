"""The checklist on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from application.go_live import Found, Probe
from tests.api.cli.conftest import Server, Varve


def told(varve: Varve, *arguments: str) -> tuple[int, dict[str, str]]:
    done = varve("golive", "production", *arguments, "--json")
    return done.code, {one["id"]: one["state"] for one in done.json["items"]}


def test_what_is_missing_is_named_and_ends_with_1(varve: Varve):
    done = varve("golive", "production")
    assert (done.code, done.err) == (1, "")
    last = done.out.splitlines()[-1]
    assert last.startswith(
        "production is not ready: manifest_frozen, deterministic_settings, change_rules, index_ready"
    )


@pytest.mark.parametrize(("state", "code", "says"), [("passed", 0, "is ready"), ("unknown", 2, "cannot be told")])
def test_all_in_order_ends_with_0_and_what_cannot_be_told_with_2(
    varve: Varve, monkeypatch: pytest.MonkeyPatch, state: str, code: int, says: str
):
    probe = Probe("one", "It looks.", lambda _: Found(state, "seen"))  # type: ignore[arg-type]
    monkeypatch.setattr("api.rest.go_live.PROBES", (probe,))
    done = varve("golive", "production")
    assert (done.code, says in done.out) == (code, True)


def test_a_backup_is_restored_on_trial(varve: Varve, server: Server, folder: Path):
    varve("set", "global", "chunking", "chunk_overlap=20", "--store", server.store)
    assert varve("backup", "copy.db", "--store", server.store).code == 0
    assert told(varve, "--backup", "copy.db", "--server", server.address)[1]["backup_restorable"] == "passed"
    (folder / "torn.db").write_bytes((folder / "copy.db").read_bytes()[:5000])
    assert told(varve, "--backup", "torn.db", "--server", server.address)[1]["backup_restorable"] == "failed"
    varve("set", "global", "chunking", "chunk_overlap=30", "--store", server.store)
    code, states = told(varve, "--backup", "copy.db", "--server", server.address)
    assert (code, states["backup_restorable"]) == (1, "failed")


def test_an_environment_that_is_not_there_is_told(varve: Varve):
    done = varve("golive", "nowhere")
    assert (done.code, "there is no environment nowhere" in done.err) == (1, True)


def test_only_promoted_locks_move_things_where_that_is_set(varve: Varve):
    assert "a promoted lock" in varve("env", "set", "production", "--require-lock").out
