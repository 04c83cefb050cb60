"""Taking in reports: failures and usage records, 500 a request, beside the insertion of the same rows with no server;
and what a command takes meanwhile.
"""

from __future__ import annotations

import json
import statistics
import sys
import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx

from application.reports import Failure, Usage, UsedConfig
from benchmarks.servers import served
from infrastructure.stores import open_store

ROUNDS, REQUESTS, BATCH = 5, 20, 500
AT = "2026-11-20T10:00:00Z"
CONFIG = uuid4()
USED = [{"config_type": f"t-{n}", "config_id": str(uuid4()), "version": 7, "layer": "global"} for n in range(4)]
COMMANDS = 40


def failure() -> dict[str, Any]:
    about = {"config_type": "llm", "config_id": str(CONFIG), "version": 7, "layer": "user:u-1", "user_id": "u-1"}
    return {"id": str(uuid4()), "at": AT, "position": 12, "error": "NotFoundError: no such model", **about}


def record() -> dict[str, Any]:
    return {"request_id": uuid4().hex, "at": AT, "user_id": "u-1", "position": 12, "digest": "9f" * 32, "configs": USED}


def reports_per_second(http: httpx.Client, path: str, field: str, make: Callable[[], dict[str, Any]]) -> float:
    bodies = [json.dumps({field: [make() for _ in range(BATCH)]}) for _ in range(REQUESTS)]
    began = time.perf_counter()
    for body in bodies:
        answer = http.post(path, content=body, headers={"Content-Type": "application/json"})
        assert answer.json() == {"accepted": BATCH, "repeated": 0}, answer.text
    return REQUESTS * BATCH / (time.perf_counter() - began)


def rows_per_second(store: str) -> dict[str, float]:
    """The floor: the same rows, with no server before them."""
    opened = open_store(store)
    try:
        failures = [
            [
                Failure(uuid4(), "production", "llm", CONFIG, 7, "user:u-1", "u-1", None, 12, "E: e", None, "closed",
                        1, 1, "r", False)
                for _ in range(BATCH)
            ]
            for _ in range(REQUESTS)
        ]  # fmt: skip
        used = tuple(UsedConfig(one["config_type"], uuid4(), 7, "global") for one in USED)
        usage = [
            [
                Usage("production", uuid4().hex, "u-1", None, 12, "9f" * 32, used, None, None, "ok", 1, 1)
                for _ in range(BATCH)
            ]
            for _ in range(REQUESTS)
        ]
        return {
            "failures, rows alone": per_second(opened.reports.add_failures, failures),
            "usage, rows alone": per_second(opened.reports.add_usage, usage),
        }
    finally:
        opened.close()


def per_second(add: Callable[[Any], object], batches: list[list[Any]]) -> float:
    began = time.perf_counter()
    for batch in batches:
        add(batch)
    return len(batches) * BATCH / (time.perf_counter() - began)


def command_ms(http: httpx.Client) -> float:
    """The median of commands, one after the other."""
    taken = []
    for n in range(COMMANDS):
        body = {"config_type": "retrieval", "name": f"{uuid4()}", "config_data": {"number_of_results": n + 1}}
        began = time.perf_counter()
        http.post("/api/runtime-configs/", json=body).raise_for_status()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def command_ms_meanwhile(address: str) -> float:
    """The same while another caller reports without a pause."""
    done = threading.Event()

    def report() -> None:
        with httpx.Client(base_url=address, timeout=30) as other:
            while not done.is_set():
                other.post("/api/usage", json={"records": [record() for _ in range(BATCH)]}).raise_for_status()

    thread = threading.Thread(target=report)
    thread.start()
    try:
        with httpx.Client(base_url=address, timeout=30) as http:
            return command_ms(http)
    finally:
        done.set()
        thread.join()


def main(store: str) -> None:
    rounds: dict[str, list[float]] = {}
    for name, found in [pair for _ in range(ROUNDS) for pair in rows_per_second(store).items()]:
        rounds.setdefault(name, []).append(found)
    with (
        served("benchmarks.serve_varve", arguments=(store,)) as address,
        httpx.Client(base_url=address, timeout=30) as http,
    ):
        measures: dict[str, Callable[[], float]] = {
            "failures": lambda: reports_per_second(http, "/api/failures", "failures", failure),
            "usage": lambda: reports_per_second(http, "/api/usage", "records", record),
            "a command, ms": lambda: command_ms(http),
            "a command amid reports, ms": lambda: command_ms_meanwhile(address),
        }
        for _ in range(ROUNDS):
            for name, measure in measures.items():
                rounds.setdefault(name, []).append(measure())
    print(f"reports, {BATCH} a request, one caller, {store.partition(':')[0]}, {ROUNDS} rounds")
    for name, found_all in rounds.items():
        print(f"| {name} | {statistics.median(found_all):,.1f} ({min(found_all):,.1f}–{max(found_all):,.1f}) |")


if __name__ == "__main__":
    main(sys.argv[1])
