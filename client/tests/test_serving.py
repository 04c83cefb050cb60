"""While the service is switched so, applications use their own defaults."""

from __future__ import annotations

import logging

import pytest

import varve.testing
from client.tests.conftest import eventually

DEFAULTS = {"llm": {"model_id": "mine", "temperature": 0.4}}


@pytest.fixture
def switched(connect, service):
    """A client with defaults of its own that has seen settings, and then the switch."""
    service.put("global", "llm", model_id="theirs", temperature=0.9)
    service.put("user:u-1", "prompt", text="theirs")
    client = connect(defaults=DEFAULTS)
    assert client.wait_until_live(10)
    assert client.effective(user="u-1").llm.model_id == "theirs"
    assert client.effective(user="u-1").prompt.text == "theirs"
    service.switch("defaults")
    eventually(lambda: client.effective(user="u-1").llm.model_id == "mine")
    return client


def test_reads_are_answered_by_the_defaults_until_it_is_switched_back(switched, service):
    cfg = switched.effective(user="u-1")
    assert (cfg.meta.serving, cfg.meta.source, cfg.meta.is_fallback, cfg.meta.problem) == (
        "defaults", "application", True, None,
    )  # fmt: skip
    assert cfg.llm.temperature == 0.4
    assert not cfg.prompt  # a type that the application has no defaults for is there, and empty
    assert switched.effective(user="seen for the first time").llm.model_id == "mine"
    service.switch("settings")
    eventually(lambda: switched.effective(user="u-1").llm.model_id == "theirs")
    cfg = switched.effective(user="u-1")
    assert (cfg.meta.serving, cfg.meta.source, cfg.prompt.text) == ("settings", "live", "theirs")
    assert switched.metrics()["switches"] == 2


def test_a_change_meanwhile_is_not_handed_out(switched, service):
    position = service.put("global", "llm", model_id="theirs still")
    eventually(lambda: switched.effective(user="u-1").meta.position == position)
    assert switched.effective(user="u-1").llm.model_id == "mine"


def test_a_guarded_call_and_a_trace_know_of_no_config(switched):
    assert switched.guard("llm", user="u-1").run(lambda cfg: cfg.model_id) == "mine"
    trace = switched.effective(user="u-1").trace()
    assert (trace.configs, trace.digest, trace.environment) == ((), None, "production")


def test_subscribers_and_the_log_are_told(connect, service, caplog):
    service.put("global", "llm", model_id="theirs")
    told: list[varve.Change] = []
    client = connect(defaults=DEFAULTS, on_change=told.append)
    assert client.wait_until_live(10)
    client.effective(user="u-1")
    client.effective(user="u-2")
    with caplog.at_level(logging.WARNING, "varve"):
        service.switch("defaults")
        eventually(lambda: told)
    assert "llm" in told[0].types
    assert [one.getMessage() for one in caplog.records].count(
        "the service has applications use their own defaults: it was switched so by an operator"
    ) == 1


def test_a_process_that_starts_without_the_service_keeps_to_the_switch_with_its_own_defaults(
    connect, service, tmp_path
):
    service.put("global", "llm", model_id="theirs")
    service.switch("defaults")
    with connect(defaults=DEFAULTS, cache_dir=tmp_path) as before:
        assert before.effective(user="u-1").llm.model_id == "mine"
        assert before.flush()
    service.stop()
    after = connect(defaults={"llm": {"model_id": "mine, newer"}}, cache_dir=tmp_path)
    assert after.effective(user="u-1").llm.model_id == "mine, newer"


def test_a_client_in_memory_can_be_switched():
    with varve.testing.client({"llm": {"model_id": "theirs"}}, defaults=DEFAULTS) as client:
        client.serve("defaults")
        assert client.effective(user="u-1").llm.model_id == "mine"
        client.serve("settings")
        assert client.effective(user="u-1").llm.model_id == "theirs"
