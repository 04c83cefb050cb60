"""Evaluations on the command line, with the trials of a real tuning run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.api.cli.conftest import DATA, Varve

TRIALS = DATA / "tuning" / "trials.jsonl"


def test_real_trials_are_imported_in_their_order_and_once(varve: Varve):
    assert varve("evaluation", "import", str(TRIALS)).out == "85 evaluations: 85 unknown\n"
    assert varve("evaluation", "import", str(TRIALS)).code == 0
    found = varve("evaluation", "list", "-n", "500", "--json").json["items"]
    trials = [json.loads(line) for line in TRIALS.read_text().splitlines()]
    assert [one["ran_at"] for one in reversed(found)] == [
        f"{one['timestamp'].replace(' ', 'T')}.000000Z" for one in trials
    ]
    assert found[-1]["metrics"] == {
        **trials[0]["metrics"],
        "score": trials[0]["score"],
        "eval_time_seconds": trials[0]["eval_time_seconds"],
    }
    assert found[-1]["manifest"]["rerank"] == trials[0]["config"]["rerank"]
    assert found[-1]["manifest"]["settings"]["fusion"] == trials[0]["config"]["fusion"]
    assert found[-1]["manifest"]["seed"] is None  # the trials do not tell it, so nothing is made up


def test_a_run_is_recorded_from_a_file_and_a_failure_ends_with_1(varve: Varve, folder: Path):
    run = {"manifest": {"seed": 42}, "dataset_hash": "fc16", "metrics": {"f1": 0.25}}
    (folder / "run.json").write_text(json.dumps(run))
    (folder / "worse.yaml").write_text("manifest: {seed: 42}\ndataset_hash: fc16\nmetrics: {f1: 0.14}\n")
    first = varve("evaluation", "record", "-f", "run.json", "--json").json
    worse = varve("evaluation", "record", "-f", "worse.yaml", "--baseline", first["id"])
    assert worse.code == 1
    assert "0.14 is 0.11 worse than 0.25" in worse.out
    newest = varve("evaluation", "list", "--verdict", "fail", "--json").json["items"][0]
    assert "0.14 is 0.11 worse" in varve("evaluation", "show", newest["id"]).out


def test_a_run_is_of_the_lock_that_its_label_names(varve: Varve, folder: Path):
    (folder / "run.json").write_text('{"manifest": {}, "dataset_hash": "fc16", "metrics": {"f1": 0.25}}')
    varve("set", "global", "chunking", "chunk_overlap=20")
    lock = ("--label", "2026-11-20-100000-v1", "--baseline", "f1=0.2", "--embedder", "e")
    assert varve("lock", "create", "global", "chunking", *lock).code == 0
    done = varve("evaluation", "record", "-f", "run.json", "--lock", "2026-11-20-100000-v1", "--json")
    assert (done.code, done.json["verdict"]) == (0, "pass")
    assert len(varve("evaluation", "list", "--lock", "2026-11-20-100000-v1", "--json").json["items"]) == 1


def test_a_dry_run_tells_the_verdict_and_records_nothing(varve: Varve, folder: Path):
    (folder / "run.json").write_text('{"manifest": {}, "dataset_hash": "fc16", "metrics": {"f1": 0.25}}')
    assert varve("evaluation", "record", "-f", "run.json", "--dry-run").out.startswith("unknown")
    assert varve("evaluation", "list", "--json").json["items"] == []


@pytest.mark.parametrize(
    ("line", "told"),
    [("[]", "trials.jsonl:1 is no trial"), ('{"timestamp": "2025-09-30 03:22:36"}', "lacks metrics, dataset_hash")],
)
def test_a_line_that_is_no_trial_is_named(varve: Varve, folder: Path, line: str, told: str):
    (folder / "trials.jsonl").write_text(line)
    ran = varve("evaluation", "import", "trials.jsonl")
    assert ran.code == 1
    assert told in ran.err
