"""Health on the command line."""

from __future__ import annotations

import json
from pathlib import Path

from tests.api.cli.conftest import Varve
from tests.domain.releases.test_checks import HEALTHY


def test_a_healthy_environment_ends_with_0_and_another_with_1(varve: Varve, folder: Path):
    assert varve("health", "production").code == 0  # what was not measured is told, and alerts nobody
    (folder / "good.json").write_text(json.dumps(HEALTHY))
    (folder / "bad.yaml").write_text("metrics: {over_budget_chunks: 2}\n")
    good = varve("env", "health", "production", "-m", "good.json")
    assert (good.code, good.out) == (0, "production is healthy\n")
    bad = varve("health", "production", "--metrics", "bad.yaml")
    assert bad.code == 1
    assert "over_budget_chunks is 2: it must be at most 0" in bad.out
    assert "over_budget_chunks is 2" in varve("env", "bounds", "production").out


def test_bounds_come_from_a_file(varve: Varve, folder: Path):
    (folder / "bounds.yaml").write_text("oracle_hit_rate: {at_least: 0.9}\n")
    told = varve("env", "bounds", "production", "-f", "bounds.yaml", "--no-auto-rollback")
    assert told.code == 0, told.err
    assert "automatic rollback is off" in told.out
    (folder / "good.json").write_text(json.dumps(HEALTHY))
    assert varve("health", "production", "-m", "good.json").code == 1
