"""Random histories: what was answered once is answered for ever, and by replay of raw events too.

    python -m tests.faults.histories STORE...             2,000 histories of 200 commits on each store
    python -m tests.faults.histories --short STORE...     8 histories of 40 commits

STORE is memory, sqlite or postgresql; all three where none is named. Each history has an environment of its own, in
which several writers collide: configs are made, changed, renamed, switched, deleted, brought back, undone; the
environment is rolled back as a whole and imported; types are defined anew, and variables read again. After each
history every commit boundary is resolved twice, from the views and by replay of raw events, for every context. Answers
that were given while it went on are asked again: then, after a rebuild, and in the restored copy of a backup; so is one
in four of the answers at boundaries. Prints a row for each store; ends with 1 where any two answers differ.
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
from random import Random
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

from api.bootstrap import service
from application.assemble import Assembler, Unmetered
from application.audit import answer_of
from application.commands import Outcome
from application.edit_configs import Draft
from application.moments import Moment
from application.ports import Command, Commit
from application.replay import RawState
from application.resolve_config import ResolveConfig
from application.restore import Selection
from application.use_cases import UseCases
from application.views import ConfigFilter, ConfigView
from domain.config_types.spec import Rule, TypeSpec
from domain.configs.scope import Context, Scope
from domain.documents import Document
from domain.errors import NotFound, Refusal
from infrastructure.backup import back_up, restore
from tests.faults.load import NAMES, random_document
from tests.postgres import PostgresServer
from tests.shared_postgres import fresh_database

LONG, LONG_COMMITS, SHORT, SHORT_COMMITS = 2_000, 200, 8, 40
A_STORE = 25  # histories, before a rebuild, a backup and a new store
WRITERS = 3
KINDS = ["global", "team", "user", "collection"]
SCOPES = [
    Scope("global"),
    Scope("team", "t-1"),
    Scope("user", "u-1"),
    Scope("collection", "c-1"),
    Scope("collection", "c-2"),
]
TYPES = ("chunking", "question_generation", "level")  # one that replaces, one that overlays, one that changes
VARIABLES = ("MAX_CHUNK_SIZE", "CHUNK_OVERLAP", "MIN_CHUNK_SIZE")
SHOWN = 20
ONE_IN = 4  # of the answers at boundaries is asked again after a rebuild and a restore
EXPECTED = {
    "name_taken",
    "slot_taken",
    "conflict",
    "not_found",
    "stale_version",
    "invalid_config",
    "invalid_request",
    "behind",
}


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
    seconds: float = 0.0


Given = dict[tuple[int, Context], str]
"""The digest of an answer, by its position and whose it was."""


def contexts(environment: str) -> tuple[Context, ...]:
    return (
        Context(environment),
        Context(environment, "u-1", ("c-1",)),
        Context(environment, "u-2", ("c-2", "c-1"), (Scope("team", "t-1"),)),
    )


class Writer:
    """One caller that does at random what there is to do, until the history has enough commits."""

    def __init__(self, cases: UseCases, environment: str, *, seed: str, since: int) -> None:
        self._cases = cases
        self._environment = environment
        self._random = Random(seed)
        self._since = since
        self.given: Given = {}
        self.operations: Counter[str] = Counter()
        self.problems: list[str] = []
        self.accepted = 0  # commits that record something, at least
        self._acts: list[tuple[float, Callable[[], Outcome | None]]] = [
            (6, self._create),
            (6, self._update),
            (4, self._switch_default),
            (2, self._switch_active),
            (2, self._rename),
            (3, self._delete),
            (2, self._bring_back),
            (0.4, self._roll_back),
            (2, self._undo),
            (1, self._import),
            (0.5, self._redefine),
            (1, self._read_variables),
        ]

    def write(self, is_enough: Callable[[], bool]) -> None:
        weights, acts = zip(*self._acts, strict=True)
        while not is_enough():
            (act,) = self._random.choices(acts, weights)
            try:
                outcome = act()
                self.operations[act.__name__[1:]] += 1
                self.accepted += outcome is not None and outcome.commit.first <= outcome.commit.last
            except Refusal as refusal:
                self.operations[f"refused {refusal.code}"] += 1
                if refusal.code not in EXPECTED:
                    self.problems.append(f"{act.__name__} was refused: {refusal.code}: {refusal.detail}")
            except Exception as error:  # noqa: BLE001 -- whatever else there is to be told is a finding
                self.problems.append(f"{act.__name__} raised {error!r}")
            if self._random.random() < 0.4:
                self._ask()

    def _ask(self) -> None:
        context = self._random.choice(contexts(self._environment))
        answer = self._cases.resolve_config.effective(context, types=TYPES)
        self.given[answer.position, context] = answer.digest

    def _command(self, operation: str) -> Command:
        return Command("racer", uuid4().hex, operation, b"", reason=self._random.choice((None, "because")))

    def _there(self) -> ConfigView:
        wanted = ConfigFilter(self._environment)
        found = self._cases.views.configs(wanted, after=None, limit=200).items
        if not found:
            raise NotFound("nothing is there yet")
        return self._random.choice(found)

    def _document(self, config_type: str) -> Document:
        return (
            {"level": self._random.randint(0, 100)}
            if config_type == "level"
            else random_document(self._random, config_type)
        )

    def _create(self) -> Outcome:
        scope, config_type = self._random.choice(SCOPES), self._random.choice(TYPES)
        default = None if scope.kind == "collection" else self._random.random() < 0.7
        name, data = self._random.choice(NAMES), self._document(config_type)
        how: dict[str, Any] = {"mode": self._random.choice((None, "overlay", "replace")), "is_default": default}
        draft = Draft(self._environment, scope, config_type, name, data, **how)
        return self._cases.edit_configs.create(draft, command=self._command("create"))

    def _change(self, config_id: UUID, **changes: Any) -> Outcome:
        return self._cases.edit_configs.update(config_id, changes, command=self._command("update"))

    def _update(self) -> Outcome:
        one = self._there()
        return self._change(one.id, data=self._document(one.config_type))

    def _switch_default(self) -> Outcome:
        return self._change(self._there().id, is_default=self._random.random() < 0.8)

    def _switch_active(self) -> Outcome:
        return self._change(self._there().id, is_active=self._random.random() < 0.6)

    def _rename(self) -> Outcome:
        return self._change(self._there().id, name=self._random.choice(NAMES))

    def _delete(self) -> Outcome:
        return self._cases.edit_configs.delete(self._there().id, command=self._command("delete"))

    def _bring_back(self) -> Outcome:
        event = self._event_of_a_config()
        version = self._random.randint(1, event.version)
        return self._cases.edit_configs.restore(event.stream, version, command=self._command("restore"))

    def _roll_back(self) -> Outcome:
        boundary = self._cases.store.commit_at(position=self._some_position())
        assert boundary is not None
        types = frozenset(("chunking",)) if self._random.random() < 0.3 else None
        selection = Selection(self._environment, types=types)
        moment, asked = Moment(boundary.last), self._command("rollback")
        return self._cases.restore.rollback(selection, moment=moment, command=asked).outcome

    def _undo(self) -> Outcome:
        force = frozenset(("/config_data/level", "/is_default", "/config_data/max_chunk_size"))
        position = self._event_of_a_config().position
        return self._cases.undo.undo(position, force=force, command=self._command("undo"))

    def _import(self) -> None:
        configs = [
            {
                "environment": self._environment,
                "scope": str(scope),
                "config_type": "question_generation",
                "name": "imported",
                "config_data": {"number_of_questions": self._random.randint(1, 50)},
                "is_default": True,
                "is_active": True,
            }
            for scope in SCOPES[2:4]
        ]
        bundle = {"varve_bundle": 1, "configs": configs}
        self._cases.transfer.import_bundle(bundle, command=self._command("import"))

    def _redefine(self) -> None:
        redefine(self._cases, self._random.randint(0, 99), self._command("define"))

    def _read_variables(self) -> None:
        variables = {name: str(self._random.choice((20, 150, 400, 900))) for name in self._random.sample(VARIABLES, 2)}
        self._cases.read_environment.sync(variables, environment=self._environment, command=self._command("sync"))

    def _some_position(self) -> int:
        newest = self._cases.store.newest()
        assert newest is not None
        return self._random.randint(self._since, newest.last)

    def _event_of_a_config(self) -> Any:
        position = self._some_position()
        for event in self._cases.store.events(first=position, last=position + 30):
            if event.topic.startswith("config."):
                return event
        raise NotFound("no event of a config is near")


def redefine(cases: UseCases, number: int, command: Command) -> None:
    """A type of our own, each time with other defaults and another rule."""
    schema = {"type": "integer", "minimum": 0, "maximum": 100, "default": number}
    rule = Rule("low", f"this.level <= {min(100, number + 30)}", "level is too high", ("/level",))
    spec = TypeSpec("level", "", "overlay", {"type": "object", "properties": {"level": schema}}, (rule,))
    cases.register_types.define(spec, command=command, force=True)


class Histories:
    """Histories one after the other on one store, each compared when it is over."""

    def __init__(self, cases: UseCases, checked: Checked, *, commits: int, seed: str) -> None:
        self._cases = cases
        self._checked = checked
        self._commits = commits
        self._seed = seed
        self._raw = RawState(self._commit_of)
        self._raw_upto = 0
        self._all_commits: list[Commit] = []
        self.given: Given = {}
        cases.change_ladder.change(KINDS, command=Command("racer", uuid4().hex, "ladder", b""))
        redefine(cases, 50, Command("racer", uuid4().hex, "define", b""))

    def go_on(self, number: int) -> None:
        environment = f"h-{number}"
        self._cases.add_environment.add(environment, command=Command("racer", uuid4().hex, "add", b""))
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
            return sum(writer.accepted for writer in writers) >= self._commits

        threads = [Thread(target=writer.write, args=(is_enough,)) for writer in writers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for writer in writers:
            self._checked.operations += writer.operations
            self._checked.violations += writer.problems
        return {key: digest for writer in writers for key, digest in writer.given.items()}

    def _committed(self, since: int) -> list[Commit]:
        return list(self._cases.store.commits(after=since, limit=self._commits * 10))

    def _advance(self, upto: int) -> None:
        if upto > self._raw_upto:
            self._raw.take(self._cases.store.events(first=self._raw_upto + 1, last=upto))
            self._raw_upto = upto

    def _commit_of(self, position: int) -> Commit:
        known = self._all_commits
        if not known or known[-1].last < position:
            known += self._cases.store.commits(after=known[-1].last if known else 0, limit=100_000)
        return known[bisect_left(known, position, key=lambda commit: commit.last)]

    def _compare(self, environment: str, commits: list[Commit]) -> None:
        """Each boundary, from views that resolve everything themselves, and by replay of raw events."""
        views = ResolveConfig(self._cases.views, self._cases.catalogs, Unmetered())
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
        views = ResolveConfig(cases.views, cases.catalogs, Unmetered())
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
    parser.add_argument("--seed", default="1")
    given = parser.parse_args()
    size = {"histories": SHORT if given.short else LONG, "commits": SHORT_COMMITS if given.short else LONG_COMMITS}
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
