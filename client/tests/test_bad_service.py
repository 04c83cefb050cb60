"""Reads while the service is down, slow, wrong or somebody else: they are answered, and never raise."""

from __future__ import annotations

import json
import socket
import threading
import time

import pytest

import varve
from client.tests.conftest import eventually
from client.tests.fake import FakeVarve

DEFAULTS = {"llm": {"model_id": "ours", "temperature": 0.2}}


def no_json(request):
    request.body()
    request.answer(200, b'{"items": [')


def another_json(request):
    request.body()
    request.answer(200, {"message": "hello"})


def too_few_items(request):
    request.body()
    request.answer(200, {"items": [], "position": 1, "epoch": 1})


def items_of_another_shape(request):
    asked = request.body()["contexts"]
    request.answer(200, {"items": [{"llm": 5, "resolution_path": "no"}] * len(asked), "position": 1, "epoch": 1})


def settings_that_are_no_object(request):
    asked = request.body()["contexts"]
    item = {"llm": [1], "resolution_path": {"llm": "global"}, "environment": "e", "position": 1, "digest": "d"}
    request.answer(200, {"items": [item] * len(asked), "position": 1, "epoch": 1})


def a_page(request):
    request.body()
    request.answer(200, b"<html>It works!</html>", content_type="text/html")


def an_error(request):
    request.body()
    request.answer(500, b"Internal Server Error", content_type="text/plain")


def elsewhere(request):
    request.body()
    request.send_response(302)
    request.send_header("Location", "http://127.0.0.1:9/")
    request.send_header("Content-Length", "0")
    request.end_headers()


def cut_off(request):
    request.body()
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    request.wfile.write(b'{"items": [')
    request.end()


def deep(request):
    request.body()
    request.answer(200, b"[" * 100_000)


WRONG = [
    no_json, another_json, too_few_items, items_of_another_shape, settings_that_are_no_object, a_page, an_error,
    elsewhere, cut_off, deep,
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_an_answer_that_is_wrong_leaves_the_applications_defaults(service, connect, wrong):
    service.on_batch = wrong
    cfg = connect(defaults=DEFAULTS).effective(user="u-1")
    assert cfg.llm.model_id == "ours"
    assert cfg.llm.top_p == 0.95  # of the built-in type, below the application's
    assert cfg.meta.source == "application"
    assert cfg.meta.is_fallback
    assert cfg.meta.age_seconds is None
    assert cfg.meta.problem


@pytest.mark.parametrize("wrong", WRONG)
def test_an_answer_that_is_wrong_leaves_what_was_held_and_is_got_over(service, connect, wrong):
    client = connect(stream=False, poll_seconds=0.02)
    client.effective(user="u-1")
    right, service.on_batch = service.on_batch, wrong
    eventually(lambda: client.state == "stale")
    held = client.effective(user="u-1")
    assert held.llm.temperature == 0.7
    assert held.meta.source == "memory"
    service.put("user:u-1", "llm", temperature=0.1)
    service.on_batch = right
    eventually(lambda: client.effective(user="u-1").llm.temperature == 0.1)
    assert client.effective(user="u-1").meta.source == "live"


def test_nothing_listens_there(connect):
    began = time.monotonic()
    cfg = connect(url=f"http://127.0.0.1:{unused_port()}").effective(user="u-1")
    assert cfg.meta.source == "types"
    assert cfg.retrieval.number_of_results == 5
    assert time.monotonic() - began < 1


def test_a_service_that_never_answers_is_waited_for_once(connect):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = connect(url=f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_seconds=0.5)
        assert 0.4 < seconds_of(lambda: client.effective(user="u-1")) < 1.5
        assert seconds_of(lambda: client.effective(user="u-2")) < 0.3
        assert seconds_of(lambda: client.effective(user="u-1")) < 0.3


def test_a_service_that_sends_byte_after_byte_gets_no_more_time(service, connect):
    def trickling(request):
        request.body()
        request.send_response(200)
        request.send_header("Content-Length", "1000")
        request.end_headers()
        for _ in range(300):
            request.wfile.write(b" ")
            time.sleep(0.1)

    service.on_batch = trickling
    client = connect(timeout_seconds=0.5)
    assert seconds_of(lambda: client.effective(user="u-1")) < 1.5
    assert seconds_of(lambda: client.effective(user="u-2")) < 0.3
    service.on_batch = service.answer_batch
    eventually(lambda: client.effective(user="u-2").meta.source == "live")


def test_a_kept_connection_that_the_service_has_just_ended_is_replaced(service, client):
    client.effective(user="u-1")
    answer = service.on_batch

    def hang_up_once(request):
        service.on_batch = answer
        request.body()
        request.end()

    service.on_batch = hang_up_once
    assert client.effective(user="u-2").meta.source == "live"
    assert client.metrics()["failures"] == 0


def test_a_service_that_asks_for_time_gets_it(service, connect):
    asked: list[float] = []

    def overloaded(request):
        asked.append(time.monotonic())
        request.body()
        request.answer(503, {"detail": "too many requests wait"}, headers={"Retry-After": "1"})

    service.on_batch = overloaded
    service.on_stream = overloaded
    client = connect()
    client.effective(user="u-1")
    time.sleep(0.8)
    begun = len(asked)
    assert begun <= 3  # the first sight, the stream, and the question without it
    eventually(lambda: len(asked) > begun)


def test_a_read_is_answered_where_the_system_gives_no_thread(service, connect, monkeypatch):
    client = connect(defaults=DEFAULTS)

    def refuse(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert client.effective(user="u-1").llm.model_id == "ours"
    assert client.effective(user="u-1").meta.is_fallback


def test_a_service_that_comes_up_later_is_found(service, connect):
    service.stop()
    client = connect(defaults=DEFAULTS)
    assert client.effective(user="u-1").llm.model_id == "ours"
    service.start()
    eventually(lambda: client.effective(user="u-1").llm.model_id == "base")
    assert client.effective(user="u-1").meta.source == "live"
    assert client.wait_until_live(10)


def test_what_was_asked_for_in_vain_is_fetched_and_told_of_once_the_service_is_heard_of(service, connect, monkeypatch):
    service.stop()
    told: list[varve.Change] = []
    client = connect(defaults=DEFAULTS, on_change=told.append)
    monkeypatch.setattr(client._running.fetcher._backoff, "next_seconds", lambda: 60.0)
    assert client.effective(user="u-1").llm.model_id == "ours"
    service.start()
    eventually(lambda: told)
    assert [context.user for context in told[0].contexts] == ["u-1"]
    assert "llm" in told[0].types
    assert client.effective(user="u-1").llm.model_id == "base"


def test_a_service_that_goes_down_leaves_its_last_answers(service, client):
    states: list[str] = []
    client.subscribe(on_stale=lambda: states.append("stale"), on_ready=lambda: states.append("ready"))
    cfg = client.effective(user="u-1")
    assert cfg.meta.age_seconds < 1
    service.stop()
    eventually(lambda: client.state == "stale")
    assert client.effective(user="u-1") is cfg
    assert cfg.meta.source == "memory"
    assert cfg.meta.is_fallback
    time.sleep(0.2)
    assert cfg.meta.age_seconds > 0.1
    service.start()
    assert client.wait_until_live(10)
    assert cfg.meta.source == "live"
    eventually(lambda: states == ["stale", "ready"])


def test_a_key_that_is_refused_is_told_of_and_tried_again(service, connect, caplog):
    service.api_key = "right"
    told: list[varve.Fallback] = []
    client = connect(api_key="wrong", defaults=DEFAULTS, on_fallback=told.append)
    assert client.effective(user="u-1").llm.model_id == "ours"
    assert "401" in client.effective(user="u-1").meta.problem
    eventually(lambda: told and "401" in told[0].problem)
    eventually(lambda: client.state == "stale")
    assert "401: who are you?" in caplog.text
    service.api_key = "wrong"
    eventually(lambda: client.effective(user="u-1").llm.model_id == "base")


def test_a_key_that_is_revoked_leaves_what_is_held(service, client):
    cfg = client.effective(user="u-1")
    service.api_key = "another"
    service.cut()
    eventually(lambda: client.state == "stale")
    assert client.effective(user="u-1") is cfg


def test_a_context_that_is_refused_does_not_spoil_the_others(service, client):
    service.refused["u-1"] = "not yours"
    refused = client.effective(user="u-1")
    assert refused.meta.is_fallback
    assert refused.meta.problem == "not yours"
    assert client.effective(user="u-2").meta.source == "live"
    asked = len(service.batches)
    assert client.effective(user="u-1").meta.problem == "not yours"
    assert len(service.batches) == asked  # it is not asked for again at once


def test_a_context_that_is_refused_later_keeps_its_answer(service, client):
    cfg = client.effective(user="u-1")
    service.refused["u-1"] = "not yours any more"
    service.put("user:u-1", "llm", temperature=0.1)
    eventually(lambda: cfg.meta.problem == "not yours any more")
    assert cfg.meta.source == "memory"
    assert client.effective(user="u-1") is cfg


def test_the_key_goes_nowhere_else(service, connect):
    with FakeVarve().served() as another:

        def there(request):
            request.body()
            request.answer(307, {}, headers={"Location": f"{another.url}{request.path}"})

        service.on_batch = service.on_stream = there
        client = connect(api_key="k")
        assert client.effective(user="u-1").meta.is_fallback
        eventually(lambda: client.state == "stale")
        assert another.batches == another.streams == []
    service.on_batch, service.on_stream = service.answer_batch, service.answer_stream
    eventually(lambda: service.streams)
    assert service.streams[0].headers["Authorization"] == "Bearer k"


def test_the_environment_and_the_key_may_come_from_environment_variables(service, connect, monkeypatch):
    monkeypatch.setenv("VARVE_URL", service.url)
    monkeypatch.setenv("VARVE_API_KEY", "from-outside")
    monkeypatch.setenv("VARVE_ENVIRONMENT", "staging")
    client = connect(url=None)
    client.effective(user="u-1")
    assert service.batches[-1]["environment"] == "staging"
    assert service.headers[-1]["Authorization"] == "Bearer from-outside"
    eventually(lambda: service.streams)
    assert service.streams[0].path == "/api/stream?environment=staging"


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"url": "127.0.0.1:8000"}, ValueError),
        ({"url": "ftp://127.0.0.1"}, ValueError),
        ({"url": "http://127.0.0.1/?a=b"}, ValueError),
        ({"url": "http://ann:secret@127.0.0.1"}, ValueError),
        ({"api_key": "two\nlines"}, ValueError),
        ({"timeout_seconds": 0}, ValueError),
        ({"max_contexts": 0}, ValueError),
        ({"defaults": ["llm"]}, TypeError),
        ({"defaults": {"llm": "gpt-4o"}}, TypeError),
    ],
)
def test_a_client_that_cannot_be_is_refused(options, error):
    with pytest.raises(error):
        varve.Client(**{"url": "http://127.0.0.1:1", **options})


def test_a_request_of_the_applications_own(service, client):
    service.on_other = lambda request: request.answer(202, {"accepted": len(request.body()["failures"])})
    assert client.post("/api/failures", {"failures": [{}]}) == (202, {"accepted": 1})
    service.stop()
    with pytest.raises(varve.Unavailable):
        client.post("/api/failures", {"failures": [{}]})


def seconds_of(call) -> float:
    began = time.monotonic()
    call()
    return time.monotonic() - began


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def test_bad_answers_here_are_bad_in_the_way_they_say():
    """`deep` is valid in its beginning: what fails is its depth."""
    with pytest.raises((RecursionError, ValueError)):
        json.loads(b"[" * 100_000)
