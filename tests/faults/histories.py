"""Random histories: what was answered once is answered for ever, and by replay of raw events too.

    python -m tests.faults.histories STORE...             2,000 histories of 200 commits on each store
    python -m tests.faults.histories --short STORE...     8 histories of 40 commits (--histories: another number)

STORE is memory, sqlite or postgresql; all three where none is named. Each history has an environment of its own, in
which several writers collide: configs are made, changed, renamed, switched, deleted, brought back, undone; the
environment is rolled back as a whole and imported; types are defined anew, and variables read again; profiles are made,
changed and given to users, experiments are run; change sets are published and taken back; slots are locked, locks are
promoted, settings wait for indexes. After each history every commit boundary is resolved twice, from the views and by
replay of raw events, for every context. Answers that were given while it went on are asked again: then, after a
rebuild, and in the restored copy of a backup; so is one in four of the answers at boundaries. Prints a row for each
store; ends with 1 where any two answers differ.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

from api.bootstrap import service
from application.assemble import Assembler, Unmetered
from application.audit import answer_of
from application.moments import Moment
from application.ports import Command, Commit
from application.replay import RawState
from application.resolve_config import ResolveConfig
from application.use_cases import UseCases
from domain.access.api_key import ApiKey
from domain.access.collection import Collection
from domain.installation.serving import Serving
from domain.installation.tags import Tags
from domain.webhooks.webhook import Webhook
from infrastructure.backup import back_up, restore
from tests.architecture.test_goldens import TOPICS
from tests.faults.history_writer import TYPES, Given, Writer, contexts, redefine
from tests.faults.lock_writer import laboratory
from tests.postgres import PostgresServer
from tests.shared_postgres import fresh_database

LONG, LONG_COMMITS, SHORT, SHORT_COMMITS = 2_000, 200, 8, 40
A_STORE = 25  # histories, before a rebuild, a backup and a new store
WRITERS = 3
KINDS = ["global", "team", "user", "collection"]
SHOWN = 20
MOST_TIMES = 10  # longer than it must be, for the sake of what never happened yet
BESIDES = (ApiKey, Collection, Serving, Tags, Webhook)  # what changes no answer
WANTED = TOPICS - {event.TOPIC for kind in BESIDES for event in kind.EVENTS}
ONE_IN = 4  # of the answers at boundaries is asked again after a rebuild and a restore


@dataclass
class Checked:
    """What was compared on one store."""

    store: str
    histories: int = 0
    commits: int = 0
    boundaries: int = 0  # commit boundaries × contexts, from the views and by replay
    asked_again: Counter[str] = field(default_factory=Counter)
    operations: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    topics: set[str] = field(default_factory=set)  # of the events that there were
    seconds: float = 0.0


class Histories:
    """Histories one after the other on one store, each compared when it is over."""

    def __init__(self, cases: UseCases, checked: Checked, *, commits: int, seed: str) -> None:
        self._cases = cases
        self._checked = checked
        self._commits = commits
        self._seed = seed
        self._raw = RawState(self._commit_of)
        self._raw_upto = 0
        self._looked_upto = 0
        self._all_commits: list[Commit] = []
        self.given: Given = {}
        cases.change_ladder.change(KINDS, command=Command("racer", uuid4().hex, "ladder", b""))
        redefine(cases, 50, Command("racer", uuid4().hex, "define", b""))

    def go_on(self, number: int) -> None:
        environment = f"h-{number}"
        for name in (environment, laboratory(environment)):
            self._cases.govern_environments.add(name, {}, command=Command("racer", uuid4().hex, "add", b""))
        newest = self._cases.store.newest()
        assert newest is not None
        self._advance(newest.last)
        given = self._written(environment, since=newest.last)
        self._compare(environment, self._committed(newest.last))
        self.ask_again(self._cases, "after more commits", given)
        self.given.update(given)
        self._checked.histories += 1

    def _written(self, environment: str, *, since: int) -> Given:
        seeds = [f"{self._seed}/{environment}/{n}" for n in range(WRITERS)]
        writers = [Writer(self._cases, environment, seed=seed, since=since) for seed in seeds]

        def is_enough() -> bool:
            """Long enough, and longer while something never happened, up to a bound."""
            accepted = sum(writer.accepted for writer in writers)
            return accepted >= self._commits and (self._has_all() or accepted >= MOST_TIMES * self._commits)

        threads = [Thread(target=writer.write, args=(is_enough,)) for writer in writers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for writer in writers:
            self._checked.operations += writer.operations
            self._checked.violations += writer.problems
        return {key: digest for writer in writers for key, digest in writer.given.items()}

    def _has_all(self) -> bool:
        """Whether events of every kind were there by now. Writers may ask at once: at worst one looks twice."""
        newest = self._cases.store.newest()
        assert newest is not None
        events = self._cases.store.events(first=self._looked_upto + 1, last=newest.last)
        self._checked.topics.update(event.topic for event in events)
        self._looked_upto = newest.last
        return self._checked.topics >= WANTED

    def _committed(self, since: int) -> list[Commit]:
        return list(self._cases.store.commits(after=since, limit=self._commits * 10))

    def _advance(self, upto: int) -> None:
        if upto > self._raw_upto:
            events = self._cases.store.events(first=self._raw_upto + 1, last=upto)
            self._checked.topics |= {event.topic for event in events}
            self._raw.take(events)
            self._raw_upto = upto

    def _commit_of(self, position: int) -> Commit:
        known = self._all_commits
        if not known or known[-1].last < position:
            known += self._cases.store.commits(after=known[-1].last if known else 0, limit=100_000)
        return known[bisect_left(known, position, key=lambda commit: commit.last)]

    def _compare(self, environment: str, commits: list[Commit]) -> None:
        """Each boundary, from views that resolve everything themselves, and by replay of raw events."""
        views = ResolveConfig(self._cases.views, self._cases.assignments, self._cases.catalogs, Unmetered())
        assembler = Assembler(Unmetered())
        for commit in commits:
            self._advance(commit.last)
            for context in contexts(environment):
                viewed = views.effective(context, types=TYPES, moment=Moment(commit.last))
                replayed = answer_of(self._raw, assembler, context, types=TYPES, position=commit.last)
                self._checked.boundaries += 1
                if self._checked.boundaries % ONE_IN == 0:
                    self.given[commit.last, context] = replayed.digest
                if viewed.digest != replayed.digest:
                    self._checked.violations.append(f"{context} at {commit.last}: views and replay differ")
        self._checked.commits += len(commits)

    def ask_again(self, cases: UseCases, when: str, given: Given | None = None) -> None:
        """What was answered, once more."""
        views = ResolveConfig(cases.views, cases.assignments, cases.catalogs, Unmetered())
        for (position, context), digest in (self.given if given is None else given).items():
            self._checked.asked_again[when] += 1
            if views.effective(context, types=TYPES, moment=Moment(position)).digest != digest:
                self._checked.violations.append(f"{context} at {position}: another answer {when}")


def check(store: str, new_store: Callable[[], Any], *, histories: int, commits: int, seed: str) -> Checked:
    checked, began = Checked(store), time.monotonic()
    while checked.histories < histories:
        with new_store() as (url, copy_url, folder):
            _check_store(url, copy_url, folder, checked, min(A_STORE, histories - checked.histories), commits, seed)
        checked.seconds = time.monotonic() - began
        sys.stderr.write(f"{told(checked)}\n")
    return checked


def _check_store(  # noqa: PLR0917 -- a step of `check`
    url: str, copy_url: str | None, folder: Path, checked: Checked, histories: int, commits: int, seed: str
) -> None:
    backup = folder / "backup.db"
    with service(url, variables={}) as served:
        cases = served.use_cases
        run = Histories(cases, checked, commits=commits, seed=f"{seed}/{checked.histories}")
        for _ in range(histories):
            run.go_on(checked.histories)
        cases.rebuilder.rebuild()
        run.ask_again(cases, "after a rebuild")
        if not cases.rebuilder.verify().equal:
            checked.violations.append("the views are not those of the log")
        if copy_url is not None:
            back_up(url, backup)
    if copy_url is not None:
        restore(backup, copy_url)
        with service(copy_url, variables={}) as served:
            run.ask_again(served.use_cases, "after backup and restore")


@contextmanager
def in_memory() -> Iterator[tuple[str, str | None, Path]]:
    yield "memory:", None, Path()


def on_sqlite(folder: Path) -> Callable[[], Any]:
    @contextmanager
    def new_store() -> Iterator[tuple[str, str | None, Path]]:
        own = Path(tempfile.mkdtemp(dir=folder))
        yield f"sqlite:///{own / 'varve.db'}", f"sqlite:///{own / 'copy.db'}", own
        shutil.rmtree(own)

    return new_store


def on_postgres(server_url: str, folder: Path) -> Callable[[], Any]:
    @contextmanager
    def new_store() -> Iterator[tuple[str, str | None, Path]]:
        own = Path(tempfile.mkdtemp(dir=folder))
        with fresh_database(server_url) as url, fresh_database(server_url) as copy_url:
            yield url, copy_url, own
        shutil.rmtree(own)

    return new_store


def told(checked: Checked) -> str:
    again = ", ".join(f"{count} {when}" for when, count in checked.asked_again.items())
    counts = f"{checked.histories} histories, {checked.commits} commits, {checked.boundaries} answers at boundaries"
    found = f"violations {len(checked.violations)} ({checked.seconds:.0f} s)"
    return f"{checked.store}: {counts}; asked again: {again}; {found}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("stores", nargs="*", default=["memory", "sqlite", "postgresql"])
    parser.add_argument("--short", action="store_true", help="8 histories of 40 commits on each store")
    parser.add_argument("--histories", type=int, help="so many on each store")
    parser.add_argument("--seed", default="1")
    given = parser.parse_args()
    histories, commits = (SHORT, SHORT_COMMITS) if given.short else (LONG, LONG_COMMITS)
    size = {"histories": given.histories or histories, "commits": commits}
    folder = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))  # noqa: S108 -- no disk needed
    checks = []
    try:
        for store in given.stores:
            if store == "memory":
                checks.append(check(store, in_memory, seed=given.seed, **size))
            elif store == "sqlite":
                checks.append(check(store, on_sqlite(folder), seed=given.seed, **size))
            else:
                with PostgresServer() as server:
                    checks.append(check(store, on_postgres(server.url(), folder), seed=given.seed, **size))
    finally:
        shutil.rmtree(folder)
    for checked in checks:
        sys.stdout.write(f"{told(checked)}\n  {dict(checked.operations.most_common())}\n")
        sys.stdout.writelines(f"  {one}\n" for one in checked.violations[:SHOWN])
    return 1 if any(checked.violations for checked in checks) else 0


if __name__ == "__main__":
    sys.exit(main())
