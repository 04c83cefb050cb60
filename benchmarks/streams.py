"""Row 13: 2,000 open streams on one worker, beside bare server-sent events; then the server is started again.

`python -m benchmarks.streams STORE`. Interleaved rounds, server and listeners on different cores.
"""

from __future__ import annotations

import asyncio
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import httpx
import uvloop

from api.connections import allow_many_connections
from benchmarks.listeners import Crowd
from benchmarks.servers import LOAD_CORE, Served, server

STREAMS, ROUNDS, CHANGES = 2000, 5, 10
EVENT = b'id: 1078\nevent: changed\ndata: {"position":1078,"scopes":["user:u-1"],"types":["chunking"]}\n\n'


class Told(NamedTuple):
    """Milliseconds: from the request, and from its answer, to the last listener; from the first of them to the last."""

    from_request: float
    from_answer: float
    from_first: float


async def told(crowd: Crowd, client: httpx.AsyncClient, *, varve: bool) -> Told:
    crowd.heard.clear()
    asked = time.perf_counter()
    if varve:
        body = {"config_type": "chunking", "name": f"n-{asked}", "scope": "user:u-1", "is_default": False}
        await client.post("/api/runtime-configs/", json={**body, "config_data": {}})
    else:
        await client.post("/")
    answered = time.perf_counter()
    await crowd.until(lambda: len(crowd.heard) == STREAMS)
    first, last = min(crowd.heard), max(crowd.heard)
    return Told(*(1000 * (last - since) for since in (asked, answered, first)))


def resident_kib(pid: int) -> int:
    found = re.search(r"^Rss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1])


async def compared(varve: Served, floor: Served) -> Crowd:
    """Those who listen to Varve, after all rounds."""
    crowds, memory = dict[str, Crowd](), dict[str, float]()
    rounds: dict[str, list[Told]] = {"bare": [], "varve": []}
    for name, one in (("bare", floor), ("varve", varve)):
        async with httpx.AsyncClient(base_url=one.address) as client:
            await client.post("/") if one is floor else await client.get("/api/runtime-configs/effective")
        before = resident_kib(one.pid)
        crowds[name] = Crowd(one.address, STREAMS)
        await crowds[name].gather()
        await asyncio.sleep(1)
        memory[name] = (resident_kib(one.pid) - before) / STREAMS
    for _ in range(ROUNDS):
        for name, one in (("bare", floor), ("varve", varve)):
            async with httpx.AsyncClient(base_url=one.address, timeout=30) as client:
                changes = [await told(crowds[name], client, varve=one is varve) for _ in range(CHANGES)]
            rounds[name].append(Told(*(statistics.median(column) for column in zip(*changes, strict=True))))
    report(rounds, memory)
    return crowds["varve"]


def report(rounds: dict[str, list[Told]], memory: dict[str, float]) -> None:
    print(f"{STREAMS} streams, {ROUNDS} rounds of {CHANGES} changes: medians, and their ratio to bare (from – to)")
    for index, what in enumerate(("asked", "answered", "the first has it")):
        base = [one[index] for one in rounds["bare"]]
        for name, round_ in rounds.items():
            found = [one[index] for one in round_]
            ratios = [one / other for one, other in zip(found, base, strict=True)]
            ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} – {max(ratios):.2f})"
            print(f"| {what} → the last has it | {name} | {statistics.median(found):.1f} ms | {ratio} |")
    for name, kib in memory.items():
        print(f"| memory of a stream | {name} | {kib:.1f} KiB | {kib / memory['bare']:.2f} |")


async def restarted(crowd: Crowd, varve: Served) -> None:
    """The server is stopped and started again; who was connected comes back as the client does."""
    crowd.comes_back = True
    crowd.attempts.clear()
    crowd.arrivals.clear()
    began = time.monotonic()
    await asyncio.to_thread(varve.stop)
    stopped = time.monotonic() - began
    await asyncio.to_thread(varve.start)
    up = time.monotonic() - began
    await crowd.until(crowd.is_whole)
    whole = time.monotonic() - began
    crowd.comes_back = False
    tried, came = max(crowd.attempts.values()), max(crowd.arrivals.values())
    print(f"| restart | stopped after {stopped:.1f} s, up after {up:.1f} s | all are back after {whole:.1f} s |")
    print(f"| | tried {sum(crowd.attempts.values())} times | {tried} tries, {came} streams a second at the most |")


async def measured(varve: Served, floor: Served) -> None:
    await restarted(await compared(varve, floor), varve)


def main(store: str) -> None:
    os.sched_setaffinity(0, {int(LOAD_CORE)})
    allow_many_connections()
    with tempfile.TemporaryDirectory() as folder:
        event = Path(folder, "event")
        event.write_bytes(EVENT)
        with server("benchmarks.serve_varve", store) as varve, server("benchmarks.serve_events", str(event)) as floor:
            uvloop.run(measured(varve, floor))


if __name__ == "__main__":
    main(sys.argv[1])
