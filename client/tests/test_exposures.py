"""Who met a variant is told by itself: when its settings are read, and once."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest
from openfeature.evaluation_context import EvaluationContext

import varve
from client.tests.conftest import eventually
from client.tests.fake import FakeVarve
from varve import exposures
from varve.openfeature import VarveProvider

TOLD = {"experiments": {"e-1": "deep", "e-2": "b"}, "exposed": {"llm": ["e-1"]}}


@pytest.fixture
def received(service: FakeVarve) -> list[tuple[str, dict]]:
    """What the service was told, by path and body."""
    found: list[tuple[str, dict]] = []

    def take(request):
        found.append((request.path, request.body()))
        request.answer(202, {"accepted": 1})

    service.on_other = take
    service.told = dict.fromkeys(("u-1", "u-2"), TOLD)
    return found


def exposed(client: varve.Client, received: list[tuple[str, dict]]) -> list[tuple[str, str, str]]:
    assert client.flush(10)
    found = [one for path, body in received if path == "/api/exposures" for one in body["exposures"]]
    return [(one["user_id"], one["experiment"], one["variant"]) for one in found]


READS = {
    "attribute": lambda cfg: cfg.llm,
    "item": lambda cfg: cfg["llm"],
    "get": lambda cfg: cfg.get("llm"),
    "whole": lambda cfg: cfg.as_dict(),
    "items": dict,
}
NO_READS = {
    "nothing": lambda cfg: None,
    "another type": lambda cfg: cfg.prompt,
    "whether it is there": lambda cfg: "llm" in cfg,
    "what is known of it": lambda cfg: (cfg.meta, cfg.trace(), cfg.layers("llm"), repr(cfg)),
    "a copy elsewhere": lambda cfg: pickle.loads(pickle.dumps(cfg)).llm,  # noqa: S301 - it is ours
}


@pytest.mark.parametrize("how", [*READS])
def test_reading_what_an_experiment_varies_exposes_once(client, received, how):
    for _ in range(3):
        READS[how](client.effective(user="u-1"))
    assert exposed(client, received) == [("u-1", "e-1", "deep")]


@pytest.mark.parametrize("how", [*NO_READS])
def test_nothing_else_exposes(client, received, how):
    NO_READS[how](client.effective(user="u-1"))
    assert exposed(client, received) == []


@dataclass
class LlmConfig:
    model_id: str


def test_a_guarded_call_a_class_and_a_flag_read_too(connect, received):
    ways = {
        "class": lambda client: client.get(LlmConfig, user="u-1"),
        "guard": lambda client: client.guard("llm", user="u-1").run(lambda cfg: cfg.model_id),
        "flag": lambda client: VarveProvider(client).resolve_string_details(
            "llm.model_id", "", EvaluationContext("u-1")
        ),
    }
    for way in ways.values():
        received.clear()
        client = connect()  # one that has told nothing yet
        assert way(client)
        assert exposed(client, received) == [("u-1", "e-1", "deep")]


def test_a_new_answer_for_the_same_user_tells_nothing_new_before_the_next_day(client, service, received, monkeypatch):
    assert client.effective(user="u-1").llm.temperature == 0.7
    service.put("global", "llm", temperature=0.1)
    eventually(lambda: client.effective(user="u-1").llm.temperature == 0.1)
    assert len(exposed(client, received)) == 1

    class Tomorrow:
        @staticmethod
        def now(_: object) -> datetime:
            return datetime(2100, 1, 1, tzinfo=UTC)

    monkeypatch.setattr(exposures, "datetime", Tomorrow)
    service.put("global", "llm", temperature=0.2)
    eventually(lambda: client.effective(user="u-1").llm.temperature == 0.2)
    assert len(exposed(client, received)) == 2


def test_who_wants_none_of_it_tells_nothing(connect, received):
    client = connect(report_exposures=False)
    assert client.effective(user="u-1").llm.model_id == "base"
    assert exposed(client, received) == []


def test_a_read_is_none_the_worse_for_a_reporter_that_fails(client, received, monkeypatch):
    def add(*_: object, **__: object) -> None:
        raise RuntimeError("no more threads can be started")

    monkeypatch.setattr(client._reporter, "add", add)
    cfg = client.effective(user="u-1")
    assert cfg.llm.model_id == copy.copy(cfg).llm.model_id == "base"


def test_an_answer_from_disk_tells_as_the_one_that_was_kept(connect, service, received, tmp_path):
    with connect(cache_dir=tmp_path) as client:
        client.effective(user="u-1")
        assert client.flush()
    service.stop()
    after = connect(cache_dir=tmp_path)
    assert after.effective(user="u-1").meta.exposed == {"llm": ("e-1",)}
    assert after.effective(user="u-1").llm
    service.start()
    assert exposed(after, received) == [("u-1", "e-1", "deep")]


def test_an_outcome_has_an_id_of_its_own_or_the_one_that_is_given(client, received):
    given = "5e0f7b0c-6a2d-4b6e-9d57-7c1c3a4b5d6e"
    client.outcome("accepted", True, user="u-1")
    client.outcome("latency_ms", 12.5, user="u-1", id=UUID(given))
    assert client.flush(10)
    (first, second) = [one for path, body in received if path == "/api/outcomes" for one in body["outcomes"]]
    assert UUID(first["id"]).version == 4
    assert (first["user_id"], first["metric"], json.dumps(first["value"])) == ("u-1", "accepted", "1.0")
    assert (second["id"], second["value"]) == (given, 12.5)


@pytest.mark.parametrize(
    ("metric", "value", "options"),
    [
        ("", 1, {}),
        ("m" * 256, 1, {}),
        ("m", float("nan"), {}),
        ("m", 1e16, {}),
        ("m", "1", {}),
        ("m", 1, {"user": None}),
        ("m", 1, {"id": "request-1"}),
    ],
)
def test_an_outcome_that_cannot_be_is_refused_here(client, metric, value, options):
    with pytest.raises(ValueError, match="is needed"):
        client.outcome(metric, value, **{"user": "u-1", **options})
