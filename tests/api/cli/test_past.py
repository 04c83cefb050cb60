"""history, rollback, undo, tag, audit replay, bisect run: on a store in a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.api.cli.conftest import DATA, Varve

CHUNKING = ("global", "chunking")


def overlap(varve: Varve, *more: str) -> Any:
    return varve("get", "-t", "chunking", "--json", *more).json["chunking"]["chunk_overlap"]


@pytest.fixture
def changed(varve: Varve) -> int:
    """chunk_overlap was 20, then 30, then 40; the position at which it was 20."""
    position: int = varve("set", *CHUNKING, "chunk_overlap=20", "--reason", "a start", "--json").json["position"]
    varve("set", *CHUNKING, "chunk_overlap=30", "--actor", "ann")
    varve("set", *CHUNKING, "chunk_overlap=40", "--reason", "more")
    return position


def test_the_history_of_a_config_is_told(varve: Varve, changed: int):
    lines = varve("history", *CHUNKING).out.splitlines()[2:]
    assert [line.split()[0] for line in lines] == ["3", "2", "1"]
    assert lines[1].split()[3:6] == ["ann", "UPDATE", "chunk_overlap=30"]
    items = varve("history", *CHUNKING, "--json").json["items"]
    assert [one["new_data"]["chunk_overlap"] for one in items] == [40, 30, 20]


def test_a_deleted_config_has_its_history_by_id_and_comes_back(varve: Varve, changed: int):
    config_id = varve("list", "--json").json["items"][0]["id"]
    varve("delete", *CHUNKING)
    assert varve("history", *CHUNKING).code == 1
    assert "DELETE" in varve("history", *CHUNKING, "--id", config_id).out
    assert varve("rollback", "--id", config_id, "--to", "3").code == 0


def test_a_config_goes_back_to_a_version_or_a_moment(varve: Varve, changed: int):
    assert "at version 4" in varve("rollback", *CHUNKING, "--to", "2").out
    assert overlap(varve) == 30
    varve("rollback", *CHUNKING, "--position", str(changed))
    assert overlap(varve) == 20


def test_an_environment_goes_back_after_a_dry_run(varve: Varve, changed: int):
    varve("set", "user:u-1", "chunking", "chunk_overlap=50")
    tried = varve("rollback", "--all", "--position", str(changed), "--dry-run")
    assert "2 configs would change" in tried.out
    assert overlap(varve) == 40
    done = varve("rollback", "--all", "--position", str(changed), "--reason", "worse")
    assert "2 configs changed" in done.out
    assert sorted({line.split()[3] for line in done.out.splitlines()[2:-1]}) == ["DELETE", "UPDATE"]
    assert (overlap(varve), overlap(varve, "u-1")) == (20, 20)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("global",),
        ("global", "chunking"),
        ("--all",),
        ("--all", "--to", "3"),
        ("--all", "global", "chunking", "--position", "3"),
        ("global", "chunking", "--to", "1", "--position", "3"),
    ],
)
def test_a_rollback_that_does_not_say_what_or_when_is_misuse(varve: Varve, arguments: tuple[str, ...]):
    assert varve("rollback", *arguments).code == 2


def test_one_change_is_undone(varve: Varve, changed: int):
    items = varve("history", *CHUNKING, "--json").json["items"]
    refused = varve("undo", str(items[1]["position"]))
    assert (refused.code, "/config_data/chunk_overlap" in refused.err) == (1, True)
    assert varve("undo", str(items[0]["position"]), "--dry-run").code == 0
    assert varve("undo", str(items[0]["position"])).code == 0
    assert overlap(varve) == 30


def test_a_tag_names_a_moment(varve: Varve, changed: int):
    assert varve("tag", "start", str(changed)).out == f"tag:start is position {changed}\n"
    assert varve("tag").out.splitlines()[2].split() == ["start", str(changed)]
    assert overlap(varve, "--as-of", "tag:start") == 20
    assert varve("get", "--as-of", "tag:nosuch").code == 1


def test_the_auditor_replays_raw_events(varve: Varve, changed: int):
    varve("set", "user:u-1", "chunking", "chunk_overlap=50")
    told = varve("audit", "replay", "--at", f"position:{changed}", "-t", "chunking")
    assert (told.code, "chunk_overlap" in told.out) == (0, True)
    assert "events replayed; 1 answers" in told.err
    found = varve("audit", "replay", "--all", "--json").json
    assert (found["equal"], len(found["items"])) == (True, 2)
    lines = varve("audit", "replay", "--all", "--format", "ndjson").out.splitlines()
    values = [json.loads(line)["effective"]["chunking"]["chunk_overlap"] for line in lines]
    assert values == [40, 50]
    assert varve("audit", "replay", "--at", "2999-01-01T00:00:00Z").code == 1
    assert varve("audit", "replay", "--at", "2026-11-20T10:00:00").code == 1
    assert varve("audit", "replay", "--all", "--user", "u-1").code == 2


def test_a_bisect_by_command_names_the_first_bad_of_85_trials(varve: Varve, folder: Path):
    trials = DATA / "tuning" / "trials.jsonl"
    recalls = [json.loads(line)["metrics"]["recall_at_20"] for line in trials.read_text().splitlines()]
    done = varve("import", str(trials), "--define", "--map", "config=rag_tuning", "--map", "metrics=metrics")
    assert done.code == 0, done.err
    items = varve("history", "global", "rag_tuning", "--json").json["items"][::-1]  # a commit for each trial
    assert len(items) == len(recalls) == 85
    judge = "import json, sys; sys.exit(json.load(sys.stdin)['metrics']['recall_at_20'] < 0.2)"
    good, bad = (f"position:{items[n - 1]['position']}" for n in (41, 85))
    found = varve("bisect", "run", "--good", good, "--bad", bad, "--json", "--", sys.executable, "-c", judge)
    assert found.code == 0, found.err
    first = next(n for n in range(41, 85) if recalls[n] < 0.2)
    assert found.json["first_bad"]["position"] == items[first]["position"]
    assert len(found.json["probes"]) <= 7


@pytest.mark.parametrize("code", [125, 127, 130])
def test_a_command_that_cannot_tell_ends_the_bisect(varve: Varve, changed: int, code: int):
    for number in range(3):
        varve("set", *CHUNKING, f"chunk_overlap={number}")
    newest = varve("history", *CHUNKING, "--json").json["items"][0]["position"]
    span = ("--good", f"position:{changed}", "--bad", f"position:{newest}")
    found = varve("bisect", "run", *span, "--", sys.executable, "-c", f"raise SystemExit({code})")
    assert (found.code, str(code) in found.err) == (2, True)
    assert varve("bisect", "run", *span, "--", "./nosuch").code == 2


def test_moments_that_tell_the_same_say_so(varve: Varve, changed: int):
    varve("tag", "here")
    same = varve("diff", "u-1", "--from", "tag:here")
    assert (same.code, same.out) == (0, "no difference\n")
