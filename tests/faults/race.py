"""The race: on each store, callers that change the same few slots at once; then every commit of the log is checked.

    python -m tests.faults.race            20 seconds a race
    python -m tests.faults.race --short    2 seconds a race

Prints a row for each store and mode. Ends with 1 where a rule was broken, an answer was not one of those to expect, the
log has another number of accepted commands than the callers were told, or the views are not what a rebuild makes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import httpx

from api.bootstrap import service
from tests.faults.doors import RACER, Door, UseCaseDoor
from tests.faults.invariants import Violation, violations
from tests.faults.load import ACCEPTED, EXPECTED, race
from tests.faults.recorded_log import RecordedLog, log_in_memory, read_log
from tests.faults.server import ROOT, Server
from tests.postgres import PostgresServer
from tests.shared_postgres import fresh_database

LONG_SECONDS, SHORT_SECONDS = 20.0, 2.0
THREADS, PROCESSES, THREADS_A_CLIENT = 8, 3, 2
LONGEST_LOAD_SECONDS = 0.002
MEMORY = "memory:"
SHOWN = 5  # violations, of a race
HEADS = ("store", "mode", "seconds", "commits", "events", "violations", "views", "commands by result")


@dataclass(frozen=True)
class Raced:
    """What came of one race."""

    store: str
    mode: str
    seconds: float
    results: Counter[str]
    commits: int  # of the racers
    events: int  # of the whole log
    violations: Sequence[Violation]
    view_difference: str | None

    @property
    def faults(self) -> list[str]:
        """Everything that must not be, in sentences."""
        found = [f"{one.rule}, at {one.position}: {one.detail}" for one in self.violations]
        found += [
            f"{count} × {code}, which nobody expects" for code, count in self.results.items() if code not in EXPECTED
        ]
        if self.commits != self.results[ACCEPTED]:
            found.append(f"{self.results[ACCEPTED]} commands were accepted, and the log has {self.commits}")
        if self.view_difference:
            found.append(f"the views differ from a rebuild: {self.view_difference}")
        return found

    def row(self) -> tuple[str, ...]:
        told = ", ".join(f"{code} {count}" for code, count in self.results.most_common())
        views = "differ" if self.view_difference else "equal"
        numbers = (f"{self.seconds:.0f}", str(self.commits), str(self.events), str(len(self.violations)))
        return (self.store, self.mode, *numbers, views, told)


def race_in_threads(store_url: str, *, seconds: float, seed: int = 1) -> Raced:
    """Eight threads of this process, through the use cases."""
    with service(store_url, variables={}) as opened:
        cases = opened.use_cases
        doors: list[Door] = [UseCaseDoor(cases) for _ in range(THREADS)]
        dawdling(cases.store, seed=seed)
        results = race(doors, seconds=seconds, seed=seed)
        log = log_in_memory(cases.store) if store_url == MEMORY else read_log(store_url)
        if not cases.progress.wait_for(log.commits[-1].last, seconds=10):
            difference: str | None = f"they stay at {cases.progress.visible}, before {log.commits[-1].last}"
        else:
            difference = cases.rebuilder.verify().difference
    mode = f"{THREADS} threads"
    return raced(store_url, mode, seconds=seconds, results=results, log=log, difference=difference)


def dawdling(store: Any, *, seed: int) -> None:
    """Let others have their turn between any two loads of a command, as they do where a database is a network away.

    Threads of one process hardly meet otherwise: one in a thousand commands has to decide again.
    """
    load, random = store.load, Random(seed)

    def load_in_time(*which: Any, **how: Any) -> Any:
        time.sleep(random.random() * LONGEST_LOAD_SECONDS)
        return load(*which, **how)

    store.load = load_in_time


def race_in_processes(store_url: str, *, seconds: float, seed: int = 1) -> Raced:
    """Three client processes over HTTP: through one server on SQLite, through a server each on PostgreSQL."""
    one_server = store_url.startswith("sqlite")
    with ExitStack() as stack:
        servers = [stack.enter_context(Server(store_url)) for _ in range(1 if one_server else PROCESSES)]
        addresses = [servers[n % len(servers)].address for n in range(PROCESSES)]
        results = _race_of_clients(addresses, seconds=seconds, seed=seed)
        log = read_log(store_url)
        differences = [difference_of_views(server.address, log.commits[-1].last) for server in servers]
    mode = f"{PROCESSES} clients, {len(servers)} server{'s' * (len(servers) > 1)}"
    difference = next(filter(None, differences), None)
    return raced(store_url, mode, seconds=seconds, results=results, log=log, difference=difference)


def _race_of_clients(addresses: Sequence[str], *, seconds: float, seed: int) -> Counter[str]:
    clients = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.faults.load",
                address,
                str(seconds),
                str(THREADS_A_CLIENT),
                str(seed + 100 * n),
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n, address in enumerate(addresses)
    ]
    answers = [client.communicate(timeout=seconds + 60)[0] for client in clients]
    return sum((Counter(json.loads(answer)) for answer in answers), Counter())


def difference_of_views(address: str, head: int) -> str | None:
    """How the views of a server differ from a replay of the log up to its head; None where they do not."""
    with httpx.Client(base_url=f"{address}/api", trust_env=False, timeout=120) as client:
        client.get("/environments", headers={"Varve-Min-Position": str(head)}).raise_for_status()
        compared = client.post("/projections/verify").raise_for_status().json()
    if compared["position"] != head:
        return f"they are at {compared['position']}, not at {head}"
    return None if compared["equal"] else str(compared["difference"])


def raced(
    store_url: str, mode: str, *, seconds: float, results: Counter[str], log: RecordedLog, difference: str | None
) -> Raced:
    kind = "memory" if store_url == MEMORY else "SQLite" if store_url.startswith("sqlite") else "PostgreSQL"
    counts = len(log.by(RACER)), len(log.events)
    return Raced(kind, mode, seconds, results, *counts, violations(log), difference)


def all_races(*, seconds: float) -> Iterator[Raced]:
    yield race_in_threads(MEMORY, seconds=seconds)
    for run in (race_in_threads, race_in_processes):
        with tempfile.TemporaryDirectory() as folder:
            yield run(f"sqlite:///{Path(folder) / 'varve.db'}", seconds=seconds)
    with PostgresServer(durable=True) as server:
        for run in (race_in_threads, race_in_processes):
            with fresh_database(server.url()) as url:
                yield run(url, seconds=seconds)


def print_row(cells: Sequence[str]) -> None:
    widths = (10, 20, 7, 7, 7, 10, 6, 0)
    print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)), flush=True)  # noqa: T201


def main() -> None:
    print_row(HEADS)
    failed = False
    for one in all_races(seconds=SHORT_SECONDS if "--short" in sys.argv else LONG_SECONDS):
        print_row(one.row())
        for fault in one.faults[:SHOWN]:
            print(f"    {fault}", flush=True)  # noqa: T201
        failed = failed or bool(one.faults)
    sys.exit(failed)


if __name__ == "__main__":
    main()
