"""Keeping up with the service: by the stream as it should be, by one that is bad, and without any."""

from __future__ import annotations

import json
import threading
import time

import pytest

from client.tests.conftest import eventually
from varve import Context, follower


def test_a_change_is_told_once_local_answers_are_new(service, client):
    client.effective(user="u-1")
    told = []
    client.subscribe(lambda change: told.append((change, client.effective(user="u-1").llm.temperature)))
    position = service.put("user:u-1", "llm", temperature=0.1)
    eventually(lambda: told)
    change, temperature = told[0]
    assert (change.contexts, change.types, change.position) == ((Context("u-1"),), {"llm"}, position)
    assert temperature == 0.1


def test_a_change_that_touches_nothing_held_is_not_told(service, client):
    told = []
    client.effective(user="u-1")
    client.subscribe(told.append)
    service.put("user:u-2", "llm", temperature=0.1)
    service.put("user:u-1", "llm", temperature=0.2)
    eventually(lambda: told)
    assert len(told) == 1


@pytest.mark.parametrize("scope", ["profile:warm", "experiment:e-1"])
def test_a_change_of_what_users_are_given_may_concern_anybody(service, client, scope):
    client.effective(user="u-1")
    before = len(service.batches)
    service.put(scope, "llm", temperature=0.1)
    eventually(lambda: len(service.batches) > before)


def test_whoever_unsubscribed_is_not_told(service, client):
    told, still = [], []
    client.effective(user="u-1")
    end = client.subscribe(told.append)
    client.subscribe(still.append)
    end()
    service.put("user:u-1", "llm", temperature=0.2)
    eventually(lambda: still)
    assert told == []


def test_a_callback_that_raises_or_hangs_holds_up_nothing(service, client, caplog):
    hung = threading.Event()
    client.effective(user="u-1")
    client.subscribe(lambda change: 1 / 0)
    client.subscribe(lambda change: hung.wait(10))
    service.put("user:u-1", "llm", temperature=0.2)
    eventually(lambda: client.effective(user="u-1").llm.temperature == 0.2)
    service.put("user:u-1", "llm", temperature=0.3)
    eventually(lambda: client.effective(user="u-1").llm.temperature == 0.3)
    assert "ZeroDivisionError" in caplog.text
    hung.set()


def test_a_config_that_is_deleted_leaves_the_next_layers_value(service, client):
    service.put("global", "llm", temperature=0.5)
    service.put("user:u-1", "llm", temperature=0.1)
    assert client.effective(user="u-1").llm.temperature == 0.1
    service.delete("user:u-1", "llm")
    eventually(lambda: client.effective(user="u-1").llm.temperature == 0.5)
    (note,) = client.effective(user="u-1").meta.notes["llm"]
    assert (note.kind, note.message) == ("gone", "user:u-1 no longer gives llm: global does")


def test_that_a_config_is_gone_stays_noted_while_other_types_change(service, client):
    service.put("user:u-1", "llm", temperature=0.1)
    client.effective(user="u-1")
    service.delete("user:u-1", "llm")
    eventually(lambda: client.effective(user="u-1").llm.temperature == 0.7)
    service.put("user:u-1", "prompt", text="hello")
    eventually(lambda: client.effective(user="u-1").prompt)
    assert [note.kind for note in client.effective(user="u-1").meta.notes["llm"]] == ["gone"]
    service.put("global", "llm", temperature=0.3)
    eventually(lambda: client.effective(user="u-1").llm.temperature == 0.3)
    assert "llm" not in client.effective(user="u-1").meta.notes


def test_there_and_back_ends_where_it_began(service, client):
    service.put("user:u-1", "llm", temperature=0.1)
    client.effective(user="u-1")
    for temperature in (0.2, 0.1) * 20:
        service.put("user:u-1", "llm", temperature=temperature)
    eventually(lambda: client.effective(user="u-1").meta.position == service.position)
    assert client.effective(user="u-1").llm.temperature == 0.1


def test_after_a_cut_everything_held_is_asked_for_again_by_its_etag(service, client):
    users = [f"u-{n}" for n in range(5)]
    before = {user: client.effective(user=user) for user in users}
    service.cut()
    service.documents["user:u-3", "llm"] = {"temperature": 0.1}
    service.versions["user:u-3", "llm"] = 1
    service.position += 1
    eventually(lambda: client.metrics()["reconnects"] == 1 and client.state == "live")
    now = {user: client.effective(user=user) for user in users}
    assert [user for user in users if now[user] is not before[user]] == ["u-3"]
    assert now["u-3"].llm.temperature == 0.1
    assert {asked["user_id"] for asked in service.batches[-1]["contexts"]} == set(users)
    assert all(asked["etag"] for asked in service.batches[-1]["contexts"])


def test_more_than_500_contexts_are_asked_for_in_several_requests(service, client):
    for n in range(1_001):
        client.effective(user=f"u-{n}")
    asked = len(service.batches)
    service.tell("reset", {**service.where(), "reason": "definitions"})
    eventually(lambda: len(service.batches) == asked + 3)
    assert sorted(len(body["contexts"]) for body in service.batches[asked:]) == [1, 500, 500]


def test_the_answer_to_a_change_must_have_seen_it(service, client):
    client.effective(user="u-1")
    position = service.put("user:u-1", "llm", temperature=0.1)
    eventually(lambda: client.effective(user="u-1").llm.temperature == 0.1)
    assert service.headers[-1]["Varve-Min-Position"] == str(position)


def test_an_answer_that_is_older_than_a_change_heard_of_meanwhile_is_asked_for_again(service, client):
    """The first sight is answered before the change, and comes in after the client has heard of it."""
    answer = service.on_batch

    def overtaken(request):
        service.on_batch = answer
        old = service.effective(request.body()["contexts"][0])
        old_position = service.position
        service.put("user:u-1", "llm", temperature=0.1)
        eventually(lambda: client._held.seen == service.position)
        request.answer(200, {"items": [old], "position": old_position, "epoch": 1, "log": service.log})

    service.on_batch = overtaken
    assert client.effective(user="u-1").llm.temperature == 0.1


def test_an_answer_that_is_older_than_what_is_held_is_thrown_away(service, client):
    service.put("user:u-1", "llm", temperature=0.1)
    held = client.effective(user="u-1")
    service.documents["user:u-1", "llm"] = {"temperature": 0.9}
    service.position -= 5
    service.heeds_positions = False
    service.tell("reset", {**service.where(), "reason": "lagging"})
    eventually(lambda: client.metrics()["outdated"])
    assert client.effective(user="u-1") is held


def test_a_restored_service_is_believed_although_its_positions_are_lower(service, client, caplog):
    service.put("user:u-1", "llm", temperature=0.1)
    client.effective(user="u-1")
    service.documents["user:u-1", "llm"] = {"temperature": 0.9}
    service.position, service.epoch = 3, 2
    service.cut()
    eventually(lambda: client.effective(user="u-1").llm.temperature == 0.9)
    meta = client.effective(user="u-1").meta
    assert (meta.position, meta.epoch) == (3, 2)
    assert "another log" in caplog.text


def test_another_log_is_believed_although_its_positions_are_lower(service, client):
    service.put("user:u-1", "llm", temperature=0.1)
    client.effective(user="u-1")
    service.documents.clear()
    service.position, service.log = 1, "log-2"
    service.cut()
    eventually(lambda: client.effective(user="u-1").llm.temperature == 0.7)
    assert client.effective(user="u-1").meta.position == 1


def test_another_log_is_believed_also_where_the_stream_has_gone(service, connect):
    client = connect(poll_seconds=0.05)
    assert client.wait_until_live(10)
    service.put("user:u-1", "llm", temperature=0.1)
    client.effective(user="u-1")
    service.documents.clear()
    service.position, service.log = 1, "log-2"
    service.on_stream = not_found
    service.cut()
    eventually(lambda: client.effective(user="u-1").llm.temperature == 0.7 and client.state == "polling")
    assert client.effective(user="u-2").meta.source == "live"


def test_frames_that_are_told_again_change_nothing(service, client):
    client.effective(user="u-1")
    position = service.put("user:u-1", "llm", temperature=0.1)
    eventually(lambda: client.effective(user="u-1").llm.temperature == 0.1)
    asked, held = len(service.batches), client.effective(user="u-1")
    for told_again in (position, position - 1, 1):
        service.tell("changed", {"position": told_again, "scopes": ["user:u-1"], "types": ["llm"]})
    service.put("user:u-1", "prompt", text="hello")
    eventually(lambda: client.effective(user="u-1").prompt)
    assert len(service.batches) == asked + 1
    assert held.llm == client.effective(user="u-1").llm


@pytest.mark.parametrize(
    "frame",
    [
        ("changed", "{"),
        ("changed", {"position": "x", "scopes": []}),
        ("changed", {"position": 1, "scopes": None}),
        ("reset", {"position": 1}),
        ("reset", []),
    ],
)
def test_a_frame_that_makes_no_sense_ends_the_stream_and_the_next_one_serves(service, client, frame):
    client.effective(user="u-1")
    service.tell(*frame)
    eventually(lambda: client.metrics()["reconnects"] == 1 and client.state == "live")
    service.put("user:u-1", "llm", temperature=0.1)
    eventually(lambda: client.effective(user="u-1").llm.temperature == 0.1)


def test_events_and_comments_that_nobody_knows_are_passed_over(service, client):
    client.effective(user="u-1")
    service.tell("weather", "fine")
    service.streams[0].send(b": a comment\n\n")
    service.put("user:u-1", "llm", temperature=0.1)
    eventually(lambda: client.effective(user="u-1").llm.temperature == 0.1)
    assert client.metrics()["reconnects"] == 0


def test_a_frame_may_come_byte_by_byte(service, client):
    client.effective(user="u-1")
    service.documents["user:u-1", "llm"] = {"temperature": 0.1}
    service.versions["user:u-1", "llm"] = 1
    service.position += 1
    text = f'event: changed\ndata: {{"position": {service.position}, "scopes": ["user:u-1"], "types": []}}\n\n'
    for byte in text.encode():
        service.streams[0].send(bytes([byte]))
    eventually(lambda: client.effective(user="u-1").llm.temperature == 0.1)


def test_a_stream_that_has_fallen_silent_is_left(service, connect, monkeypatch):
    monkeypatch.setattr(follower, "DEAD_AFTER_SECONDS", 0.2)
    client = connect()
    assert client.wait_until_live(10)
    eventually(lambda: client.metrics()["reconnects"] >= 1)


def test_a_stream_that_beats_is_not_left(service, connect, monkeypatch):
    monkeypatch.setattr(follower, "DEAD_AFTER_SECONDS", 0.4)
    client = connect()
    assert client.wait_until_live(10)
    for _ in range(10):
        time.sleep(0.1)
        service.streams[0].send(b": still here\n\n")
    assert client.metrics()["reconnects"] == 0


def a_page(request):
    request.answer(200, b"<html>", content_type="text/html")


def not_found(request):
    request.answer(404, {"detail": "no such route"})


def held_back(request):
    """A proxy that waits for the end before it passes on anything."""
    request.begin_stream()
    request.gone.wait(10)


def not_ours(request):
    request.begin_stream()
    request.frame("ping", {"hello": 1})
    request.gone.wait(10)


@pytest.mark.parametrize("no_stream", [a_page, not_found, held_back, not_ours])
def test_without_a_stream_it_is_asked_every_now_and_then(service, connect, monkeypatch, no_stream):
    monkeypatch.setattr(follower, "FIRST_FRAME_SECONDS", 0.1)
    service.on_stream = no_stream
    client = connect(poll_seconds=0.05, timeout_seconds=1)
    client.effective(user="u-1")
    assert client.wait_until_live(10)
    assert client.state == "polling"
    service.put("user:u-1", "llm", temperature=0.1)
    eventually(lambda: client.effective(user="u-1").llm.temperature == 0.1)
    assert client.effective(user="u-1").meta.source == "live"
    service.on_stream = service.answer_stream
    eventually(lambda: client.state == "live")


def test_a_service_that_is_asked_says_what_is_unchanged(service, connect):
    client = connect(stream=False, poll_seconds=0.02)
    cfg = client.effective(user="u-1")
    eventually(lambda: client.metrics()["contexts_unchanged"] >= 3)
    assert client.effective(user="u-1") is cfg
    assert json.dumps(service.batches[-1]["contexts"][0]).count("etag") == 1
