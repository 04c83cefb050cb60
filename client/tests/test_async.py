"""The client in event loops."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

import varve
from client.tests.conftest import eventually


@pytest.fixture
def both(service, connect):
    return varve.AsyncClient(client=connect())


def test_a_read_answers(service, both):
    service.put("user:u-1", "llm", temperature=0.1)
    cfg = asyncio.run(both.effective(user="u-1", collection=["c-1"]))
    assert cfg.llm.temperature == 0.1


def test_a_hit_does_not_give_up_the_turn(both):
    async def work():
        first = await both.effective(user="u-1")
        turns = []
        asyncio.get_running_loop().call_soon(turns.append, "another")
        again = await both.effective(user="u-1")
        return first is again, list(turns)

    assert asyncio.run(work()) == (True, [])


def test_waiting_for_the_service_blocks_nobody_else(service, both):
    answer = service.on_batch

    def slow(request):
        time.sleep(0.3)
        answer(request)

    service.on_batch = slow

    async def work():
        reads = [asyncio.create_task(both.effective(user=f"u-{n}")) for n in range(100)]
        longest = 0.0
        while not all(read.done() for read in reads):
            began = time.monotonic()
            await asyncio.sleep(0.005)
            longest = max(longest, time.monotonic() - began)
        return longest, [read.result().meta.source for read in reads]

    longest, sources = asyncio.run(work())
    assert longest < 0.25
    assert sources == ["live"] * 100
    assert len(service.batches) <= 3  # they went together


def test_a_service_that_never_answers_is_waited_for_once(service, connect):
    service.on_batch = lambda request: time.sleep(1)
    both = varve.AsyncClient(client=connect(timeout_seconds=0.3, defaults={"llm": {"model_id": "ours"}}))

    async def work():
        began = time.monotonic()
        first = await both.effective(user="u-1")
        waited = time.monotonic() - began
        await both.effective(user="u-2")
        return first.llm.model_id, waited, time.monotonic() - began

    model, waited, both_waited = asyncio.run(work())
    assert model == "ours"
    assert 0.2 < waited < 0.9
    assert both_waited - waited < 0.25


def test_a_loop_that_was_closed_while_a_read_waited_harms_nobody(service, both, caplog):
    answer, is_left = service.on_batch, threading.Event()

    def slow(request):
        is_left.wait(20)
        answer(request)

    service.on_batch = slow

    async def give_up():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(both.effective(user="u-1"), 0.05)

    asyncio.run(give_up())
    is_left.set()
    eventually(lambda: both.client.metrics()["contexts_held"] == 1)
    service.on_batch = answer
    assert asyncio.run(both.effective(user="u-1")).meta.source == "live"
    assert asyncio.run(both.effective(user="u-2")).meta.source == "live"
    assert "Event loop is closed" not in caplog.text


def test_a_task_that_is_cancelled_takes_nothing_from_the_others(service, both):
    answer = service.on_batch

    def slow(request):
        time.sleep(0.2)
        answer(request)

    service.on_batch = slow

    async def work():
        impatient, patient = (asyncio.create_task(both.effective(user="u-1")) for _ in range(2))
        await asyncio.sleep(0.05)
        impatient.cancel()
        return (await patient).meta.source, impatient.cancelled()

    assert asyncio.run(work()) == ("live", True)


def test_it_is_a_context_manager_of_its_own_client(service):
    async def work():
        async with varve.AsyncClient(service.url) as client:
            assert await client.wait_until_live(10)
            return (await client.effective(user="u-1")).meta.source, client

    source, client = asyncio.run(work())
    assert source == "live"
    assert client.state == "live"
    assert asyncio.run(client.effective(user="u-1")).llm.model_id == "base"  # closed, and read still
