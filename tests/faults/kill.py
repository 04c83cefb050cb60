"""The kill: SIGKILL in the middle of 200 commands, again and again; then it is counted what became of each command.

    python -m tests.faults.kill            50 rounds and 20 rebuilds on each store
    python -m tests.faults.kill --short    3 rounds and 2 rebuilds on each store

On PostgreSQL every fifth round kills the database's server instead of Varve's. After each kill all commands are sent
again with the same keys: what was acknowledged must be there and give the same answer, and nothing may be there twice.
Prints a row for each store. Ends with 1 where a command was lost or doubled, or anything else is not as it must be.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Semaphore, Thread

import httpx

from tests.faults.invariants import violations
from tests.faults.kill_rebuild import RebuildKills, kill_rebuilds
from tests.faults.outcome import acknowledged_and_not_there, recorded_of, recorded_twice, told_otherwise
from tests.faults.plan import ACTOR, Answer, Client, Planned, plan, survivors
from tests.faults.race import difference_of_views
from tests.faults.recorded_log import read_log
from tests.faults.server import Server
from tests.postgres import PostgresServer
from tests.shared_postgres import fresh_database

LONG_ROUNDS, SHORT_ROUNDS = 50, 3
LONG_REBUILDS, SHORT_REBUILDS = 20, 2
COMMANDS, CLIENTS = 200, 5
DATABASE_EVERY, DATABASE_FIRST = 5, 2  # rounds; so that a short run has one too
SHOWN = 40  # faults, of a store
Restart = Callable[[], None]


@dataclass
class Killed:
    """What came of all rounds on one store."""

    store: str
    rounds: int = 0
    of_the_database: int = 0
    acknowledged: int = 0
    in_doubt: int = 0  # sent, and cut off before there was an answer
    in_doubt_recorded: int = 0  # of these: in the log all the same
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)  # whatever else is not as it must be
    ready_ms: list[float] = field(default_factory=list)
    database_ready_ms: list[float] = field(default_factory=list)
    rebuilds: RebuildKills = field(default_factory=RebuildKills)

    @property
    def faults(self) -> list[str]:
        lost = [f"lost: {one}" for one in self.lost]
        return [*lost, *(f"doubled: {one}" for one in self.doubled), *self.others, *self.rebuilds.faults]

    def row(self) -> tuple[str, ...]:
        rebuilds = f"{self.rebuilds.killed} ({self.rebuilds.cut_short} cut short)"
        return (
            self.store,
            f"{self.rounds} ({self.of_the_database} of the database)",
            str(self.acknowledged),
            f"{self.in_doubt} ({self.in_doubt_recorded} recorded)",
            str(len(self.lost)),
            str(len(self.doubled)),
            f"{median(self.ready_ms)} ({median(self.database_ready_ms)} of the database)",
            rebuilds,
            str(len(self.faults)),
        )


HEADS = (
    "store",
    "rounds",
    "acknowledged",
    "in doubt",
    "lost",
    "doubled",
    "median ms to ready",
    "rebuilds killed",
    "faults",
)
WIDTHS = (10, 23, 12, 18, 4, 7, 24, 18, 6)


def median(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.0f}" if values else "-"


class Killing:
    """Rounds on one store, which grows from each to the next."""

    def __init__(
        self, store: str, store_url: str, server: Server, *, database: PostgresServer | None, seed: int
    ) -> None:
        self._store_url = store_url
        self._server = server
        self._database = database
        self._random = Random(seed)
        self.killed = Killed(store)

    def round(self, *, commands: int = COMMANDS) -> None:
        """One kill, and everything that is to be seen after it."""
        killed, number = self.killed, self.killed.rounds
        plans = plan(name=f"round-{number}", clients=CLIENTS, commands=commands)
        of_the_database = self._database is not None and number % DATABASE_EVERY == DATABASE_FIRST
        first = self._interrupted(plans, self._kill_database if of_the_database else self._kill_server)
        killed.rounds += 1
        killed.of_the_database += of_the_database
        killed.acknowledged += len(first)
        log = read_log(self._store_url)
        killed.lost += acknowledged_and_not_there(first, log)
        killed.in_doubt_recorded += len(recorded_of(plans, log) - first.keys())
        again = self._all_sent(plans)
        killed.lost += told_otherwise(first, again)
        killed.others += self._miscounted(f"round-{number}-", survivors(plans))

    def _interrupted(self, plans: list[list[Planned]], kill: Restart) -> dict[str, Answer]:
        """What was acknowledged before the kill; the server is ready again."""
        count = Semaphore(0)
        clients = [Client(self._server.address, planned, count.release) for planned in plans]
        threads = [Thread(target=client.send_until_cut_off) for client in clients]
        moment = self._random.randrange(sum(map(len, plans)) * 9 // 10)
        for thread in threads:
            thread.start()
        for _ in range(moment):
            count.acquire(timeout=60)
        time.sleep(self._random.random() * 0.02)
        kill()
        for thread in threads:
            thread.join()
        self.killed.in_doubt += sum(len(client.in_doubt) for client in clients)
        return self._together(clients)

    def _kill_server(self) -> None:
        self._server.kill()
        began = time.monotonic()
        self._server.start()
        self.killed.ready_ms.append(since(began))

    def _kill_database(self) -> None:
        assert self._database is not None
        self._database.kill()
        began = time.monotonic()
        self._database.start()
        wait_until_ready(self._server.address)
        self.killed.database_ready_ms.append(since(began))

    def _all_sent(self, plans: list[list[Planned]]) -> dict[str, Answer]:
        clients = [Client(self._server.address, planned) for planned in plans]
        threads = [Thread(target=client.send_all) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self._together(clients)

    def _together(self, clients: Sequence[Client]) -> dict[str, Answer]:
        self.killed.others += [one for client in clients for one in client.refused]
        return {key: answer for client in clients for key, answer in client.answers.items()}

    def _miscounted(self, prefix: str, expected: set[str]) -> Iterator[str]:
        """Whether the view of configs has exactly those that must be left of this round."""
        params = {"name": prefix, "limit": "500"}
        listing = httpx.get(f"{self._server.address}/api/runtime-configs/", params=params, trust_env=False, timeout=30)
        names = sorted(one["name"] for one in listing.raise_for_status().json()["items"])
        if names != sorted(expected):
            missing, more = sorted(expected - set(names)), [name for name in names if name not in expected]
            yield f"after {prefix[:-1]} there are {len(names)} configs, not {len(expected)}: {missing=} {more=}"

    def finish(self, *, rebuilds: int) -> Killed:
        """What can be seen only of the whole: the log, commit by commit, and the views beside a rebuild."""
        log, killed = read_log(self._store_url), self.killed
        killed.doubled += recorded_twice(log)
        killed.others += [f"{one.rule}, at {one.position}: {one.detail}" for one in violations(log)]
        if difference := difference_of_views(self._server.address, log.commits[-1].last):
            killed.others.append(f"the views differ from a rebuild: {difference}")
        sent = len(log.by(ACTOR))
        if sent != killed.rounds * COMMANDS:
            killed.others.append(f"{killed.rounds * COMMANDS} commands were sent, and the log has {sent}")
        killed.rebuilds = kill_rebuilds(self._server, times=rebuilds, random=self._random)
        return killed


def since(began: float) -> float:
    return (time.monotonic() - began) * 1000


def wait_until_ready(address: str, *, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while httpx.get(f"{address}/health/ready", trust_env=False, timeout=30).status_code != httpx.codes.OK:
        if time.monotonic() > until:
            raise TimeoutError(f"the server is not ready {seconds:.0f} seconds after its database came back")
        time.sleep(0.01)


def kill_on_sqlite(folder: Path, *, rounds: int, rebuilds: int, seed: int = 1) -> Killed:
    store_url = f"sqlite:///{folder / 'varve.db'}"
    with Server(store_url) as server:
        return _kill(Killing("SQLite", store_url, server, database=None, seed=seed), rounds=rounds, rebuilds=rebuilds)


def kill_on_postgres(database: PostgresServer, *, rounds: int, rebuilds: int, seed: int = 1) -> Killed:
    """`database` must be durable: what it acknowledges must outlive its kill."""
    with fresh_database(database.url()) as store_url, Server(store_url) as server:
        killing = Killing("PostgreSQL", store_url, server, database=database, seed=seed)
        return _kill(killing, rounds=rounds, rebuilds=rebuilds)


def _kill(killing: Killing, *, rounds: int, rebuilds: int) -> Killed:
    for _ in range(rounds):
        killing.round()
    return killing.finish(rebuilds=rebuilds)


def all_stores(only: str, *, rounds: int, rebuilds: int) -> Iterator[Killed]:
    if only in ("", "SQLite"):
        with tempfile.TemporaryDirectory() as folder:
            yield kill_on_sqlite(Path(folder), rounds=rounds, rebuilds=rebuilds)
    if only in ("", "PostgreSQL"):
        with PostgresServer(durable=True) as database:
            yield kill_on_postgres(database, rounds=rounds, rebuilds=rebuilds)


def print_row(cells: Sequence[str]) -> None:
    print("  ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)), flush=True)  # noqa: T201


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.kill")
    parser.add_argument("--short", action="store_true", help=f"{SHORT_ROUNDS} rounds, {SHORT_REBUILDS} rebuilds")
    parser.add_argument("--only", choices=("SQLite", "PostgreSQL"), default="", help="one store")
    parser.add_argument("--rounds", type=int, help="kills amid commands, on each store")
    parser.add_argument("--rebuilds", type=int, help="kills amid a rebuild, on each store")
    found = parser.parse_args()
    found.rounds = found.rounds or (SHORT_ROUNDS if found.short else LONG_ROUNDS)
    found.rebuilds = found.rebuilds or (SHORT_REBUILDS if found.short else LONG_REBUILDS)
    return found


def main() -> None:
    asked, failed = options(), False
    print_row(HEADS)
    for one in all_stores(asked.only, rounds=asked.rounds, rebuilds=asked.rebuilds):
        print_row(one.row())
        for fault in one.faults[:SHOWN]:
            print(f"    {fault}", flush=True)  # noqa: T201
        failed = failed or bool(one.faults)
    sys.exit(failed)


if __name__ == "__main__":
    main()
