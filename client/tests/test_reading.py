"""Reads from a service that is well."""

from __future__ import annotations

import threading

import pytest

import varve
from client.tests.conftest import eventually


def test_a_read_answers_by_attribute_and_by_item(service, client):
    service.put("user:u-1", "llm", temperature=0.2, stop=["a", "b"], extra={"seed": 7})
    cfg = client.effective(user="u-1")
    assert cfg.llm.temperature == cfg["llm"]["temperature"] == 0.2
    assert cfg.llm.stop == ("a", "b")
    assert cfg.llm.extra.seed == 7
    assert dict(**cfg.llm)["model_id"] == "base"


def test_the_second_read_of_a_context_asks_nobody(service, client):
    first = client.effective(user="u-1", collection="c-9")
    asked = len(service.batches)
    assert client.effective(user="u-1", collection="c-9") is first
    assert len(service.batches) == asked


def test_a_change_is_read_once_the_service_told_of_it(service, client):
    before = client.effective(user="u-1")
    position = service.put("user:u-1", "llm", temperature=0.1)
    eventually(lambda: client.effective(user="u-1").llm.temperature == 0.1)
    assert before.llm.temperature == 0.7
    assert client.effective(user="u-1").meta.position == position


def test_only_contexts_that_a_change_touches_are_asked_for_again(service, client):
    for user in ("u-1", "u-2"):
        client.effective(user=user, collection="c-9")
    service.put("user:u-2", "llm", temperature=0.1)
    eventually(lambda: client.effective(user="u-2", collection="c-9").llm.temperature == 0.1)
    assert [asked["user_id"] for asked in service.batches[-1]["contexts"]] == ["u-2"]


def test_threads_that_ask_for_the_same_share_one_request(service, client):
    asked = threading.Barrier(9)
    held_back = threading.Event()
    answer = service.on_batch

    def slow(request):
        held_back.wait(5)
        answer(request)

    service.on_batch = slow
    found: list[varve.Effective] = []

    def read():
        asked.wait()
        found.append(client.effective(user="u-1"))

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    before = len(service.batches)
    asked.wait()
    held_back.set()
    for thread in threads:
        thread.join()
    assert len({id(one) for one in found}) == 1
    assert len(service.batches) - before <= 1


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"user": 7}, TypeError),
        ({"user": ""}, ValueError),
        ({"user": "u" * 256}, ValueError),
        ({"user": "a\nb"}, ValueError),
        ({"collection": ["c-1", 2]}, TypeError),
        ({"scopes": "tenant:t-1"}, TypeError),
        ({"scopes": ["t-1"]}, ValueError),
    ],
)
def test_an_id_that_cannot_be_is_refused_here(client, arguments, error):
    with pytest.raises(error):
        client.effective(**arguments)


def test_an_unknown_type_is_told_with_the_names_that_there_are(client):
    cfg = client.effective()
    with pytest.raises(AttributeError, match="there are llm, prompt"):
        _ = cfg.lllm
    with pytest.raises(KeyError, match="there are llm, prompt"):
        _ = cfg["lllm"]


def test_a_type_that_nobody_gives_is_empty_and_noted(client):
    cfg = client.effective()
    assert not cfg.prompt
    assert [note.kind for note in cfg.meta.notes["prompt"]] == ["unset"]


def test_a_finalizer_or_a_signal_may_read_while_its_thread_takes_in_an_answer(client):
    held = client.effective(collection=["c-1", "c-2"])
    with client._held.lock:
        assert client.effective(collection=["c-1", "c-2"]) is held  # a list is looked for under the lock
