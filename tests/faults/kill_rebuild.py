"""SIGKILL while the views are being built anew: those that are served stay as they were, and the next run completes."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from random import Random
from threading import Thread
from typing import Any

import httpx

from tests.faults.server import Server


@dataclass
class RebuildKills:
    killed: int = 0
    cut_short: int = 0  # of these: before the rebuild had answered
    faults: list[str] = field(default_factory=list)


def kill_rebuilds(server: Server, *, times: int, random: Random) -> RebuildKills:
    """Kill it at any moment of a rebuild, as long as one takes here."""
    found = RebuildKills()
    began = time.monotonic()
    digest = _ask(server, "POST", "/rebuild")["digest"]
    takes = time.monotonic() - began
    for _ in range(times):
        answers: list[int] = []
        rebuilding = Thread(target=_rebuild, args=(server.address, answers))
        rebuilding.start()
        time.sleep(random.random() * takes)
        server.kill()
        rebuilding.join()
        server.start()
        found.killed += 1
        found.cut_short += not answers
        found.faults += _what_is_wrong(server, digest=digest)
    return found


def _rebuild(address: str, answers: list[int]) -> None:
    """Leaves the status of its answer, if there comes one."""
    try:
        answers.append(httpx.post(f"{address}/api/projections/rebuild", trust_env=False, timeout=120).status_code)
    except httpx.TransportError:
        return


def _what_is_wrong(server: Server, *, digest: str) -> list[str]:
    compared = _ask(server, "POST", "/verify")
    status = _ask(server, "GET", "")["items"][0]
    rebuilt = _ask(server, "POST", "/rebuild")
    after = _ask(server, "POST", "/verify")
    expected = {
        "the views that were served are not those of the log": compared["equal"] and compared["digest"] == digest,
        "the views have lost their place": status["position"] == status["head"] == compared["position"],
        "the next rebuild made other views": rebuilt["digest"] == digest,
        "the next rebuild is not what is served": rebuilt["generation"] > status["generation"] and after["equal"],
    }
    return [f"after a rebuild was killed: {fault}" for fault, holds in expected.items() if not holds]


def _ask(server: Server, method: str, path: str) -> dict[str, Any]:
    answer = httpx.request(method, f"{server.address}/api/projections{path}", trust_env=False, timeout=120)
    found: dict[str, Any] = answer.raise_for_status().json()
    return found
