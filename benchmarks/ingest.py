"""Taking in exposures and outcomes over HTTP, 1,000 a request, by several callers, beside their insertion alone."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import httpx

from application.measurements import Exposure, MetricOutcome
from benchmarks.servers import served
from infrastructure.stores import open_store

ROUNDS, REQUESTS, BATCH = 3, 24, 1_000
CALLERS = (1, 4, 8)
PLAN = {
    "name": "e-1",
    "variants": [{"name": "control", "weight": 1, "is_control": True}, {"name": "deep", "weight": 1}],
    "primary_metric": {"name": "accepted"},
}
AT = "2026-11-20T10:00:00Z"


def exposures() -> bytes:
    mark = uuid4().hex[:8]
    rows = [{"user_id": f"u-{mark}-{n}", "experiment": "e-1", "variant": "deep", "at": AT} for n in range(BATCH)]
    return json.dumps({"exposures": rows}).encode()


def outcomes() -> bytes:
    rows = [
        {"id": str(uuid4()), "user_id": f"u-{n}", "metric": "accepted", "value": 0.5, "at": AT} for n in range(BATCH)
    ]
    return json.dumps({"outcomes": rows}).encode()


def rows_per_second(address: str, path: str, make: Callable[[], bytes], *, callers: int) -> float:
    bodies = [make() for _ in range(REQUESTS)]
    with httpx.Client(base_url=address, timeout=60) as http, ThreadPoolExecutor(callers) as pool:

        def post(body: bytes) -> None:
            answer = http.post(path, content=body, headers={"Content-Type": "application/json"})
            assert answer.json() == {"accepted": BATCH, "repeated": 0}, answer.text

        began = time.perf_counter()
        list(pool.map(post, bodies))
        return REQUESTS * BATCH / (time.perf_counter() - began)


def alone(add: Callable[[Sequence[Any]], int], make: Callable[[int], Any]) -> float:
    """The floor: the same rows, with no server before them."""
    batches = [[make(n) for n in range(BATCH)] for _ in range(REQUESTS)]
    began = time.perf_counter()
    for batch in batches:
        assert add(batch) == BATCH
    return REQUESTS * BATCH / (time.perf_counter() - began)


def floors(store: str) -> dict[str, float]:
    opened = open_store(store)
    try:
        return {
            "exposures, rows alone": alone(
                opened.measurements.add_exposures,
                lambda n: Exposure("production", UUID(int=1), uuid4().hex, "deep", 1, 1, 1),
            ),
            "outcomes, rows alone": alone(
                opened.measurements.add_outcomes,
                lambda n: MetricOutcome(uuid4(), "production", f"u-{n}", "accepted", 0.5, 1, 1),
            ),
        }
    finally:
        opened.close()


def over_http(address: str) -> dict[str, float]:
    return {
        f"{name}, {callers} {'caller' if callers == 1 else 'callers'}": rows_per_second(
            address, f"/api/{name}", make, callers=callers
        )
        for name, make in (("exposures", exposures), ("outcomes", outcomes))
        for callers in CALLERS
    }


def main(store: str) -> None:
    rounds: dict[str, list[float]] = {}
    for measured in (floors(store) for _ in range(ROUNDS)):
        for name, found in measured.items():
            rounds.setdefault(name, []).append(found)
    with served("benchmarks.serve_varve", arguments=(store,)) as address:
        httpx.post(f"{address}/api/experiments", json=PLAN, timeout=30).raise_for_status()
        for measured in (over_http(address) for _ in range(ROUNDS)):
            for name, found in measured.items():
                rounds.setdefault(name, []).append(found)
    print(f"rows a second, {BATCH:,} a request, {store.partition(':')[0]}, median of {ROUNDS} rounds (least–most)")
    for name, found_all in rounds.items():
        print(f"| {name} | {statistics.median(found_all):,.0f} ({min(found_all):,.0f}–{max(found_all):,.0f}) |")


if __name__ == "__main__":
    main(sys.argv[1])
