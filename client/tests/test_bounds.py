"""However many contexts there are, only so many are held; and nothing grows while the service is away."""

from __future__ import annotations

import os
import time
from pathlib import Path

import varve
from client.tests.conftest import eventually
from varve.context import Context
from varve.defaults import Defaults
from varve.effective import ELSEWHERE, Effective
from varve.facts import Facts
from varve.held import Held
from varve.refresher import requests
from varve.world import World

MANY = 1_000_000
WORLD = World("log-1", 1)


def resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024


def test_a_million_contexts_take_the_memory_of_those_that_are_held():
    held = Held(max_contexts=10_000)
    parts = Defaults({}).parts
    begun = full = resident_mib()
    for number in range(MANY):
        if number == 20_000:
            full = resident_mib()
        context = Context(f"u-{number}", f"c-{number % 1_000}", (f"tenant:t-{number}",))
        facts = Facts("live", world=WORLD, position=number)
        assert held.put(Effective(context, parts, facts, ELSEWHERE), world=WORLD)
    assert len(held) <= 10_000
    assert resident_mib() - full < max(20.0, full - begun)


def test_a_million_contexts_that_were_asked_for_in_vain_take_little_memory():
    with varve.Client("http://127.0.0.1:1", defaults={"llm": {"model_id": "ours"}}) as client:
        client.effective(user="first")
        begun = full = resident_mib()
        for number in range(MANY // 4):
            if number == 30_000:
                full = resident_mib()
            assert client.effective(user=f"u-{number}").llm.model_id == "ours"
        assert resident_mib() - full < max(20.0, full - begun)


def test_what_is_read_stays_while_others_come_and_go(service, connect):
    client = connect(max_contexts=20)
    often = client.effective(user="often")
    for number in range(100):
        client.effective(user=f"u-{number}")
        assert client.effective(user="often") is often
    assert client.metrics()["contexts_held"] <= 20
    asked = len(service.batches)
    assert client.effective(user="u-0").meta.source == "live"
    assert len(service.batches) == asked + 1  # it was let go of, and fetched again


def test_what_was_let_go_of_says_so_and_is_not_kept_up(service, connect):
    client = connect(max_contexts=2)
    cfg = client.effective(user="u-0")
    assert cfg.meta.is_current
    for number in range(1, 10):
        client.effective(user=f"u-{number}")
    service.put("user:u-0", "llm", temperature=0.1)
    service.put("user:u-9", "llm", temperature=0.1)
    eventually(lambda: client.effective(user="u-9").llm.temperature == 0.1)
    assert not cfg.meta.is_current
    assert cfg.meta.source == "memory"
    time.sleep(0.05)
    assert cfg.meta.age_seconds >= 0.05


def test_an_old_answer_is_kept_up_as_a_young_one_is(service, connect):
    client = connect(max_contexts=8)
    for number in range(6):
        client.effective(user=f"u-{number}")
    assert len(client._held.young) == 2
    service.put("global", "llm", temperature=0.1)
    eventually(lambda: client.effective(user="u-5").llm.temperature == 0.1)
    asked = len(service.batches)
    assert client.effective(user="u-3").llm.temperature == 0.1
    assert len(service.batches) == asked


def test_equal_settings_of_many_contexts_are_one_in_memory(client):
    assert client.effective(user="u-1").llm is client.effective(user="u-2").llm


def test_a_request_names_no_more_ids_than_the_service_takes():
    contexts = [Context(f"u-{number}", tuple(f"c-{n}" for n in range(49))) for number in range(201)]
    assert [len(some) for some in requests(contexts)] == [100, 100, 1]
