"""The client that applications test with answers as the real one does, and does no I/O."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import varve
from varve import testing
from varve.origins import given, origin_of
from varve.testing import MemoryClient

LLM = {"provider_id": "p", "model_id": "m"}
CLIENT = Path(__file__).parents[1]


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryClient]:
    """One that must not open a socket or start a thread before somebody is to be told of something."""
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("a socket was opened"))
    before = threading.active_count()
    with testing.client({"llm": LLM}, defaults={"llm": {**LLM, "model_id": "mine"}}) as found:
        found.effective("u-1")
        assert threading.active_count() == before
        yield found


def test_it_answers_by_layers_and_what_is_set_is_there_at_once(client: MemoryClient) -> None:
    client.set("llm", temperature=1)
    client.set("llm", temperature=0.2, user="u-1")
    client.set("llm", {"temperature": 0.1}, collection="c-9")
    client.set("llm", temperature=0.9, scope="tenant:t-1")
    told = [
        client.effective(user, collection, scopes).llm.temperature
        for user, collection, scopes in (
            (None, None, ()),
            (None, None, ["tenant:t-1"]),
            ("u-1", None, ["tenant:t-1"]),
            ("u-1", "c-9", ()),
            ("u-1", ["c-8", "c-9"], ()),
        )
    ]
    assert told == [1.0, 0.9, 0.2, 0.1, 0.1]
    assert type(client.effective().llm.temperature) is float  # as the schema of the type means it


def test_an_answer_is_of_the_same_classes_and_says_the_same_of_itself(client: MemoryClient) -> None:
    client.set("llm", temperature=0.2, user="u-1")
    cfg = client.effective("u-1")
    assert isinstance(client, varve.Client)
    assert isinstance(cfg, varve.Effective)
    assert [(layer.layer, layer.value.temperature) for layer in cfg.layers("llm")] == [
        ("user:u-1", 0.2),
        ("global", 0.7),
        ("application", 0.7),
    ]
    assert [used.layer for used in cfg.trace().configs] == ["user:u-1", "global"]
    assert (cfg.meta.source, cfg.meta.is_fallback, client.state) == ("live", False, "live")
    assert cfg.template == {}
    assert cfg.chunking.max_chunk_size == 400


def test_it_tells_who_gave_which_fields(client: MemoryClient) -> None:
    client.set("tools", {"limits": {"seconds": 3, "a/b": [1]}})
    client.set("tools", {"limits": {"seconds": 4}}, user="u-1")
    client.set("tools", limits=None, user="u-2")
    cfg = client.effective("u-1")
    assert [(origin.layer, origin.gives) for origin in cfg.origins("tools")] == [
        ("user:u-1", ("/limits/seconds",)),
        ("global", ("/limits/a~1b",)),
    ]
    assert given(cfg, "tools") == {"limits": {"seconds": 4, "a/b": [1]}}
    assert given(client.effective("u-2"), "tools") == {"limits": None}
    assert given(cfg, "chunking") == {}
    inner = [origin_of(cfg, "tools", keys) for keys in (["limits"], ["limits", "a/b"], ["limits", "nothing"])]
    assert [origin and origin.layer for origin in inner] == ["user:u-1", "global", None]


def test_subscribers_are_told_and_what_is_unset_shows_what_lies_below(client: MemoryClient) -> None:
    client.set("llm", temperature=0.2, user="u-1")
    client.effective("u-1")
    changes: list[varve.Change] = []
    client.subscribe(changes.append)
    client.set("llm", temperature=0.3, user="u-2")  # of whom nothing is held
    client.unset("llm", user="u-1")
    assert client.flush()
    assert [(change.contexts, change.types) for change in changes] == [
        ((varve.Context("u-1"),), frozenset({"llm"})),
    ]
    assert client.effective("u-1").llm.temperature == 0.7


def test_a_service_that_fails_leaves_what_was_read_and_the_applications_defaults(client: MemoryClient) -> None:
    client.effective("u-1")
    told: list[str] = []
    client.subscribe(on_stale=lambda: told.append("stale"), on_ready=lambda: told.append("ready"))
    client.fail()
    client.set("llm", model_id="m-2")
    held, new = client.effective("u-1"), client.effective("u-2")
    assert (held.llm.model_id, held.meta.source, client.state) == ("m", "memory", "stale")
    assert (new.llm.model_id, new.meta.source, new.meta.is_fallback) == ("mine", "application", True)
    with pytest.raises(varve.Unavailable):
        client.post("/api/failures", {})
    client.recover()
    assert [client.effective(user).llm.model_id for user in ("u-1", "u-2")] == ["m-2", "m-2"]
    assert client.flush()
    assert (told, client.state) == (["stale", "ready"], "live")


def test_what_the_client_sends_is_there_to_be_looked_at(client: MemoryClient) -> None:
    assert client.post("/api/usage", {"records": []})[0] == 202
    assert client.received == [("/api/usage", {"records": []})]


def test_settings_stand_at_one_scope(client: MemoryClient) -> None:
    with pytest.raises(ValueError, match="choose between user:u-1 and collection:c-9"):
        client.set("llm", temperature=1, user="u-1", collection="c-9")


def test_classes_of_the_application_are_made_of_it(client: MemoryClient) -> None:
    @dataclass
    class LlmConfig:
        model_id: str
        temperature: float = 0.0

    assert client.get(LlmConfig, user="u-1") == LlmConfig("m", 0.7)


APPLICATION_TEST = """
def test_one(varve_client):
    varve_client.set("retrieval", number_of_results=9, user="u-1")
    assert varve_client.effective(user="u-1").retrieval.number_of_results == 9

def test_another_begins_empty(varve_client):
    assert varve_client.effective(user="u-1").retrieval.number_of_results == 5
"""


def test_the_fixture_is_there_for_who_installs_the_package(tmp_path: Path) -> None:
    (tmp_path / "test_application.py").write_text(APPLICATION_TEST)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "varve.pytest_plugin", "-p", "no:cacheprovider"]
    environment = {"PYTHONPATH": str(CLIENT)}
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert "2 passed" in ran.stdout, ran.stdout + ran.stderr
    assert '[project.entry-points.pytest11]\nvarve = "varve.pytest_plugin"' in (CLIENT / "pyproject.toml").read_text()


def test_the_fixture_costs_nothing_until_it_is_asked_for() -> None:
    code = "import sys, varve.pytest_plugin; sys.exit('varve.testing' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(CLIENT)}, check=False).returncode == 0
