"""Rows 1–3: effective GET warm, not modified, and of a context never seen, beside an application that returns the same
bytes.

Interleaved rounds, server and load on different cores; the table gives medians, their spread, and ratios.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

import httpx

from benchmarks.servers import MARKED, requests_per_second, served

ROUNDS = 5
TYPES = "&".join(f"config_types={name}" for name in ("chunking", "retrieval"))
COLD = """%s
local n = 0
request = function()
  n = n + 1
  return wrk.format("GET", "/api/runtime-configs/effective/u-" .. n .. "-" .. mark .. "?%s")
end
"""


def fill(address: str) -> None:
    """A global default, a user's and a collection's config."""
    retrieval = {"retrieval_type": "hybrid", "number_of_results": 10, "vector_weight": 0.6, "keyword_weight": 0.4}
    chunking = {"strategy": "semantic", "min_chunk_size": 200, "max_chunk_size": 1500, "chunk_overlap": 150}
    for body in (
        {"scope": "global", "config_type": "retrieval", "name": "house", "config_data": retrieval, "is_default": True},
        {"scope": "user:u-1", "config_type": "retrieval", "name": "mine", "config_data": retrieval, "is_default": True},
        {"scope": "collection:c-9", "config_type": "chunking", "name": "contracts", "config_data": chunking},
    ):
        httpx.post(f"{address}/api/runtime-configs/", json=body).raise_for_status()


def main(store: str) -> None:
    with tempfile.TemporaryDirectory() as folder, served("benchmarks.serve_varve", arguments=(store,)) as varve:
        fill(varve)
        warm = f"{varve}/api/runtime-configs/effective/u-1?collection_id=c-9&{TYPES}"
        answer = httpx.get(warm)
        body, script = Path(folder, "body"), Path(folder, "cold.lua")
        body.write_bytes(answer.content)
        script.write_text(COLD % (MARKED, TYPES))
        unchanged = {"If-None-Match": answer.headers["etag"]}
        with served("benchmarks.serve_bytes", arguments=(str(body),)) as floor:
            measures = {
                "raw ASGI, same bytes": lambda: requests_per_second(floor),
                "warm": lambda: requests_per_second(warm),
                "304": lambda: requests_per_second(warm, headers=unchanged),
                "cold context": lambda: requests_per_second(varve, script=script),
            }
            rounds: dict[str, list[float]] = {name: [] for name in measures}
            for _ in range(ROUNDS):
                for name, measure in measures.items():
                    rounds[name].append(measure())
        report(store, len(answer.content), rounds)


def report(store: str, size: int, rounds: dict[str, list[float]]) -> None:
    base = rounds["raw ASGI, same bytes"]
    print(f"effective GET, {size} B, 16 connections, {store.partition(':')[0]}, {ROUNDS} rounds")
    for name, found in rounds.items():
        ratios = [one / other for one, other in zip(found, base, strict=True)]
        spread = f"{min(ratios):.2f}–{max(ratios):.2f}"
        print(f"| {name} | {statistics.median(found):,.0f}/s | {statistics.median(ratios):.2f} ({spread}) |")


if __name__ == "__main__":
    main(sys.argv[1])
