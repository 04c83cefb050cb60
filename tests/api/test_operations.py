"""What operators are given names only what there is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.api.conftest import Client
from tests.architecture.tree import ROOT

OPERATIONS = ROOT / "docs" / "operations"
GUIDE = ROOT / "docs" / "guides" / "operations.md"
NAME = re.compile(r"\b(?:varve|process)_[a-z_]+\b")
PARTS = {"histogram": ("_bucket", "_count", "_sum"), "counter": ("",), "gauge": ("",)}


@pytest.fixture
def served(api: Client) -> dict[str, str]:
    """The metrics that there are, with their types."""
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", api.get("/metrics").text, re.MULTILINE))


def asked_for(expression: str) -> set[str]:
    without_strings = re.sub(r'"[^"]*"', "", expression)
    return set(NAME.findall(re.sub(r"by \([^)]*\)", "", without_strings)))


def samples(served: dict[str, str]) -> set[str]:
    return {name + part for name, kind in served.items() for part in PARTS[kind]}


def expressions_of_the_dashboard() -> list[str]:
    dashboard = json.loads((OPERATIONS / "grafana-dashboard.json").read_text())
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def test_the_dashboard_asks_for_metrics_that_there_are(served: dict[str, str]) -> None:
    asked = set().union(*map(asked_for, expressions_of_the_dashboard()))
    assert len(asked) > 10
    assert asked - samples(served) == set()


def test_the_alerts_ask_for_metrics_that_there_are(served: dict[str, str]) -> None:
    text = (OPERATIONS / "alerts.yml").read_text()
    expressions = re.findall(r"expr: (?:\|\n((?: {10,}.*\n)+)|(.*)\n)", text)
    asked = set().union(*(asked_for(folded or plain) for folded, plain in expressions))
    assert len(expressions) == text.count("- alert:")
    assert len(asked) > 5
    assert asked - samples(served) == set()


def test_every_alert_is_tried() -> None:
    alerts = re.findall(r"- alert: (\w+)", (OPERATIONS / "alerts.yml").read_text())
    tried = set(re.findall(r"alertname: (\w+)", (OPERATIONS / "alerts.test.yml").read_text()))
    assert set(alerts) == tried


def test_the_guide_tells_of_every_metric_and_of_no_other(served: dict[str, str]) -> None:
    told = set(re.findall(r"^\| `(varve_\w+)` \|", GUIDE.read_text(), re.MULTILINE))
    assert told == {name for name in served if name.startswith("varve_")}


@pytest.mark.parametrize("path", sorted(OPERATIONS.iterdir()), ids=lambda path: path.name)
def test_the_guide_leads_to_what_there_is(path: Path) -> None:
    assert path.name in GUIDE.read_text() or path.name == "alerts.test.yml"
