"""The settings in use, on log lines and on spans."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import varve
from varve import otel
from varve.testing import MemoryClient
from varve.testing import client as memory_client


@pytest.fixture
def client() -> Iterator[MemoryClient]:
    with memory_client({"llm": {"provider_id": "openai", "model_id": "gpt-4o"}}) as client:
        client.set("llm", model_id="gpt-4oo", user="u-1")
        yield client


@pytest.fixture
def lines() -> Iterator[list[tuple[object, str, str]]]:
    """What a handler with the filter sees of each record."""
    seen: list[tuple[object, str, str]] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told = vars(record)
            seen.append((told["varve_position"], told["varve_digest"], told["varve_configs"]))

    handler = Handler()
    handler.addFilter(varve.TraceFilter())
    logger = logging.getLogger("application")
    logger.addHandler(handler)
    yield seen
    logger.removeHandler(handler)


def say() -> None:
    logging.getLogger("application").warning("hello")


def configs(client: MemoryClient, user: str | None = None) -> str:
    return " ".join(
        f"{one.config_type}={one.config_id}@{one.version}" for one in client.effective(user).trace().configs
    )


def test_a_line_names_the_settings_that_are_bound_and_none_outside(client, lines):
    cfg = client.effective(user="u-1")
    say()
    with cfg.bound():
        say()
        with client.effective().bound():
            say()
        say()
    say()
    assert [line[2] for line in lines] == ["", configs(client, "u-1"), configs(client), configs(client, "u-1"), ""]
    assert lines[1][:2] == (cfg.meta.position, cfg.meta.digest)
    assert lines[0] == ("", "", "")


def test_a_guarded_call_names_the_layer_that_it_is_made_with(client, lines):
    def call(cfg):
        say()
        if cfg.model_id == "gpt-4oo":
            raise ValueError(cfg.model_id)

    client.guard("llm", user="u-1").run(call)
    assert [line[2] for line in lines] == [configs(client, "u-1"), configs(client)]


def test_each_task_and_thread_has_its_own(client, lines):
    async def work(user):
        with client.effective(user).bound():
            await asyncio.sleep(0.01)
            say()

    async def both():
        await asyncio.gather(work("u-1"), work("u-2"))

    asyncio.run(both())
    with client.effective("u-1").bound():
        thread = threading.Thread(target=say)
        thread.start()
        thread.join()
    assert {line[2] for line in lines} == {configs(client, "u-1"), configs(client, "u-2"), ""}


def test_what_cannot_be_told_stops_no_call(client, monkeypatch):
    def fail(bound):
        raise OSError

    monkeypatch.setattr("varve.bound.on_bound", [fail])
    assert client.guard("llm").run(lambda cfg: cfg.model_id) == "gpt-4o"


@pytest.fixture
def spans(monkeypatch) -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("test").start_as_current_span("a request"):
        yield exporter
    otel.disable()


def test_the_current_span_names_the_settings(client, spans):
    cfg = client.effective(user="u-1")
    otel.mark_span(cfg)
    (strongest,) = [layer for layer in cfg.layers("llm") if layer.layer == "user:u-1"]
    found = dict(current_attributes())
    assert found["varve.config.llm"] == f"{strongest.config_id}@1"
    assert (found["varve.position"], found["varve.digest"]) == (cfg.meta.position, cfg.meta.digest)


def test_once_enabled_every_guarded_call_marks_its_span(client, spans):
    otel.enable()
    otel.enable()
    client.guard("llm").run(lambda cfg: cfg.model_id)
    assert "varve.config.llm" in current_attributes()


def test_without_being_enabled_nothing_is_marked(client, spans):
    client.guard("llm").run(lambda cfg: cfg.model_id)
    assert current_attributes() == {}


def current_attributes() -> dict:
    return dict(trace.get_current_span().attributes or {})
