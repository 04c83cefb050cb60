"""The clock: stepped back by ten days, forward by a year, and back again, under servers that go on.

    python -m tests.faults.clock           900 commands on each store
    python -m tests.faults.clock --short   45 commands

A real server (and the real PostgreSQL, whose clock it is that counts there) runs under libfaketime. Answers that were
given while the clock stepped, by position and as of a time, are asked again at the end; the log is checked by itself.
Prints a row for each store; ends with 1 where time ran backwards in the log, or any answer was another later.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any

import httpx

from domain.times import rfc3339
from tests.faults.doors import HttpDoor
from tests.faults.invariants import violations
from tests.faults.load import Racer
from tests.faults.race import difference_of_views
from tests.faults.recorded_log import RecordedLog, read_log
from tests.faults.server import Server
from tests.postgres import PostgresServer

STEPS = ("+0", "-10d", "+365d", "-10d", "+0")
LONG, SHORT = 900, 45
CLIENTS = 3
DAY_US = 86_400_000_000
SEEN_AFTER_SECONDS = 1  # how often a process looks where its clock is
CONTEXTS: tuple[dict[str, str], ...] = ({}, {"user_id": "u-1", "collection_id": "c-1"}, {"collection_id": "c-2"})


class FakeClock:
    """The clock of processes that are started with `environment`: some time off from the real one."""

    def __init__(self, folder: Path) -> None:
        """The folder can be read by everybody: PostgreSQL may run as somebody else."""
        found = importlib.util.find_spec("libfaketime")
        assert found is not None
        assert found.origin is not None
        (library,) = Path(found.origin).parent.rglob("libfaketime.so.1")
        own = Path(shutil.copy(library, folder / "libfaketime.so.1"))
        own.chmod(0o755)
        self._file = folder / "clock"
        self.step("+0")
        self.environment: Mapping[str, str] = {
            "LD_PRELOAD": str(own),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "NO_FAKE_STAT": "1",
            "FAKETIME_CACHE_DURATION": str(SEEN_AFTER_SECONDS),
            "DONT_FAKE_MONOTONIC": "1",  # waiting goes on as it does in truth
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def step(self, offset: str) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(offset + "\n")
        new.chmod(0o644)
        new.replace(self._file)
        time.sleep(SEEN_AFTER_SECONDS + 0.1)


@dataclass
class Stepped:
    """What came of it on one store."""

    store: str
    commits: int = 0
    given: int = 0
    days: float = 0.0  # between the first recorded time and the last: shows that the clock did step
    stood_still: int = 0  # commits whose recorded time is but the one before and a microsecond
    faults: list[str] = field(default_factory=list)


class Asker:
    """Asks for effective configs, now and as of times, and asks again."""

    def __init__(self, address: str) -> None:
        self._client = httpx.Client(base_url=f"{address}/api/runtime-configs", trust_env=False, timeout=30)
        self.close = self._client.close
        self._random = Random(1)
        self.given: list[tuple[dict[str, Any], str]] = []

    def ask(self, url: str) -> None:
        """Now; and as of times that the log has seen, which must be final then."""
        for context in CONTEXTS:
            answer = self._client.get("/effective", params=context).raise_for_status().json()
            self.given.append(({**context, "position": answer["position"]}, answer["digest"]))
        times = [commit.recorded_us for commit in read_log(url).commits]
        for _ in range(5):
            one, other = sorted(self._random.choices(times, k=2))
            params = {"as_of": rfc3339(self._random.randint(one, other))}
            answer = self._client.get("/effective", params=params).raise_for_status().json()
            if answer["final"]:
                self.given.append((params, answer["digest"]))

    def faults(self) -> list[str]:
        found = []
        for params, digest in self.given:
            answer = self._client.get("/effective", params=params).raise_for_status().json()
            if answer["digest"] != digest:
                found.append(f"{params}: another answer than the one that was given")
        return found

    def times_and_positions(self, log: RecordedLog) -> list[str]:
        """As of the recorded time of a commit means after that commit."""
        found = []
        for commit in log.commits[:: max(1, len(log.commits) // 50)]:
            answer = (
                self._client.get("/effective", params={"as_of": rfc3339(commit.recorded_us)}).raise_for_status().json()
            )
            if answer["position"] != commit.last:
                found.append(f"as of the commit at {commit.last} answers {answer['position']}")
        return found


def step(store: str, url: str, clock: FakeClock, *, commands: int) -> Stepped:
    stepped = Stepped(store)
    with Server(url, environment=clock.environment) as server, closing(Asker(server.address)) as asker:
        for number, offset in enumerate(STEPS):
            clock.step(offset)
            doors = [HttpDoor(server.address) for _ in range(CLIENTS)]
            racers = [Racer(door, seed=10 * number + n) for n, door in enumerate(doors)]
            threads = [Thread(target=_drive, args=(racer, commands // len(STEPS) // CLIENTS)) for racer in racers]
            for thread in threads:
                thread.start()
            for _ in range(3):
                asker.ask(url)
            for thread, door in zip(threads, doors, strict=True):
                thread.join()
                door.close()
            asker.ask(url)
            stepped.faults += [f"{code}, at {offset}" for racer in racers for code in racer.results if "raised" in code]
        log = read_log(url)
        stepped.faults += [f"{one.rule}, at {one.position}: {one.detail}" for one in violations(log)]
        stepped.faults += asker.faults() + asker.times_and_positions(log)
        if difference := difference_of_views(server.address, log.commits[-1].last):
            stepped.faults.append(f"the views differ from a rebuild: {difference}")
    times = sorted(commit.recorded_us for commit in log.commits)
    stepped.commits, stepped.given = len(log.commits), len(asker.given)
    stepped.days = (times[-1] - times[0]) / DAY_US
    stepped.stood_still = sum(after - before == 1 for before, after in pairwise(times))
    return stepped


def _drive(racer: Racer, commands: int) -> None:
    for _ in range(commands):
        racer.results[racer.once()] += 1


def step_sqlite(*, commands: int) -> Stepped:
    with folder_for_all() as folder:
        return step("SQLite", f"sqlite:///{folder / 'varve.db'}", FakeClock(folder), commands=commands)


def step_postgres(*, commands: int) -> Stepped:
    with folder_for_all() as folder:
        clock = FakeClock(folder)
        with PostgresServer(environment=clock.environment) as server:
            return step("PostgreSQL", server.url(), clock, commands=commands)


@contextmanager
def folder_for_all() -> Iterator[Path]:
    """One that everybody can read: what cannot be read is not loaded before a program, without a word."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--short", action="store_true", help="45 commands")
    commands = SHORT if parser.parse_args().short else LONG
    found = [run(commands=commands) for run in (step_sqlite, step_postgres)]
    for one in found:
        told = f"{one.commits} commits over {one.days:.0f} days, {one.stood_still} a microsecond after the one before"
        sys.stdout.write(f"{one.store}: {told}; {one.given} answers asked again; violations {len(one.faults)}\n")
        sys.stdout.writelines(f"  {fault}\n" for fault in one.faults[:20])
    return 1 if any(one.faults for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
