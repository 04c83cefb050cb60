"""What writers of a random history do with locks and indexes, and what they find out about them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from random import Random
from typing import TypeVar
from uuid import UUID

from application.commands import DryRun, Outcome
from application.edit_configs import Draft
from application.judge_health import Measured
from application.lock_configs import NewLock
from application.manage_indexes import NewIndex, index_id_of
from application.ports import Command
from application.record_evaluations import Run
from application.use_cases import UseCases
from domain.configs.scope import GLOBAL, Scope
from domain.errors import IndexNotReady, NotFound
from domain.releases.index import Index
from domain.releases.lock import Lock
from domain.releases.verdict import Tolerance

PLACES = (GLOBAL, Scope("collection", "c-1"), Scope("collection", "c-2"))
TYPES = ("chunking", "question_generation")
MODEL, OTHER_NAMES = "m-1", ("gateway/m-1", "proxy/m-1")
FINGERPRINT = re.compile(r"[0-9a-f]{64}")
T = TypeVar("T")


def laboratory(environment: str) -> str:
    """The environment beside it, from which locks are promoted."""
    return f"{environment}-lab"


class LockWriter:
    """Locks are let go sooner than they are made, so that the others find something to change."""

    def __init__(self, cases: UseCases, environment: str, random: Random, command: Callable[[str], Command]) -> None:
        self._cases = cases
        self._environment = environment
        self._random = random
        self._command_of = command
        self.acts: list[tuple[float, Callable[[], Outcome | bool]]] = [
            (1, self.lock),
            (4, self.unlock),
            (1, self.lock_in_laboratory),
            (2, self.promote),
            (1, self.approve_promotion),
            (1, self.roll_lock_back),
            (1, self.register_index),
            (1, self.progress_of_index),
            (1, self.make_index_ready),
            (2, self.change_with_its_index),
            (1, self.switch_index),
            (2, self.drop_index),
            (0.5, self.declare_embedder),
            (0.5, self.evaluate),
            (3, self.report_health),
            (0.5, self.revise_health),
        ]

    def _command(self, operation: str) -> Command:
        return replace(self._command_of(operation), reason="measured")

    def _one_of(self, there: Iterable[T]) -> T:
        found = list(there)
        if not found:
            raise NotFound("nothing of this kind is there yet")
        return self._random.choice(found)

    def _held(self, environment: str) -> Lock:
        return self._one_of(one for one in self._cases.lock_configs.locks(environment) if one.is_held)

    def _index(self) -> Index:
        return self._one_of(one for one in self._cases.manage_indexes.indexes(self._environment) if one.is_kept)

    def _new_lock(self, environment: str) -> NewLock:
        metrics = {"f1": self._random.random()}
        place, config_type = self._random.choice(PLACES), self._random.choice(TYPES)
        return NewLock(environment, place, config_type, MODEL, MODEL, baseline_metrics=metrics)

    def lock(self) -> Outcome:
        return done(self._cases.lock_configs.create(self._new_lock(self._environment), command=self._command("lock")))

    def unlock(self) -> Outcome:
        lock = self._held(self._environment)
        return done(self._cases.lock_configs.unlock(lock, command=self._command("unlock")))

    def lock_in_laboratory(self) -> Outcome:
        new = self._new_lock(laboratory(self._environment))
        held = (one for one in self._cases.lock_configs.locks(new.environment) if one.is_held)
        for lock in held:
            self._cases.lock_configs.unlock(lock, command=self._command("unlock"))
        data = {"chunking": {"max_chunk_size": self._random.randint(300, 900)}}.get(new.config_type, {})
        default = None if new.scope.kind == "collection" else True
        name = f"tried {self._random.randint(1, 10**9)}"
        draft = Draft(new.environment, new.scope, new.config_type, name, data, is_default=default)
        self._cases.edit_configs.create(draft, command=self._command("create"))
        return done(self._cases.lock_configs.create(new, command=self._command("lock")))

    def promote(self) -> Outcome:
        lock = self._held(self._random.choice((self._environment, laboratory(self._environment))))
        command = self._command("promote_lock")
        return done(self._cases.lock_configs.promote(lock, to_environment=self._environment, command=command))

    def approve_promotion(self) -> Outcome:
        lock, command = self._held(laboratory(self._environment)), self._command("approve_lock")
        another = replace(command, principal="another")
        return done(self._cases.lock_configs.approve(lock, to_environment=self._environment, command=another))

    def roll_lock_back(self) -> Outcome:
        """Of one that was promoted; where there is none, one is."""
        held = [one for one in self._cases.lock_configs.locks(self._environment) if one.is_held]
        if not any(one.replaced for one in held):
            self.lock_in_laboratory()
            tried = self._held(laboratory(self._environment))
            command = self._command("promote_lock")
            self._cases.lock_configs.promote(tried, to_environment=self._environment, command=command)
            held = [one for one in self._cases.lock_configs.locks(self._environment) if one.is_held]
        lock = self._one_of(one for one in held if one.replaced)
        return done(self._cases.lock_configs.roll_back(lock, command=self._command("roll_lock_back")))

    def _register(self, new: NewIndex) -> Index:
        command = self._command("register_index")
        self._cases.manage_indexes.register(new, command=command)
        return self._cases.manage_indexes.index(index_id_of(command))

    def register_index(self) -> bool:
        """Of collections: what shapes a global one would hold up too much of the others."""
        self._register(NewIndex(self._environment, self._random.choice(PLACES[1:])))
        return True

    def progress_of_index(self) -> Outcome:
        index, count = self._index(), self._random.randint(1, 10**6)
        indexes, command = self._cases.manage_indexes, self._command("progress_of_index")
        return done(indexes.progress(index, chunks=count, of=None, command=command))

    def make_index_ready(self) -> Outcome:
        return done(self._cases.manage_indexes.ready(self._index(), command=self._command("ready")))

    def change_with_its_index(self) -> Outcome:
        """Where a change needs an index, it is built, and the change sent again."""
        known = self._cases.manage_indexes.indexes(self._environment)
        scope = self._one_of({one.scope: None for one in known if one.is_kept})
        config = self._default_at(scope)
        changes = {"data": {"min_chunk_size": 50, "max_chunk_size": self._random.randint(300, 900)}}
        edit = self._cases.edit_configs
        try:
            return edit.update(config, changes, command=self._command("update"))
        except IndexNotReady as refusal:
            wanted = FINGERPRINT.findall(refusal.detail)[-1]
        index = self._register(NewIndex(self._environment, scope, fingerprint=wanted))
        self._cases.manage_indexes.ready(index, command=self._command("ready"))
        return edit.update(config, changes, command=self._command("update"))

    def _default_at(self, scope: Scope) -> UUID:
        rows = self._cases.views.layers(self._environment, [scope]).rows
        return UUID(self._one_of(row.id for row in rows if row.config_type == "chunking"))

    def switch_index(self) -> Outcome:
        return done(self._cases.manage_indexes.switch(self._index(), command=self._command("switch_index")))

    def drop_index(self) -> Outcome:
        index, command = self._index(), self._command("drop_index")
        return done(self._cases.manage_indexes.drop(index, confirm=index.confirmation, force=True, command=command))

    def declare_embedder(self) -> Outcome:
        names = self._random.sample(OTHER_NAMES, self._random.randint(0, 2))
        facts = {"dimensions": self._random.choice((384, 1024)), "aliases": names}
        return done(self._cases.declare_embedders.declare(MODEL, **facts, command=self._command("declare")))

    def evaluate(self) -> Outcome:
        lock = self._held(self._environment).id if self._random.random() < 0.5 else None
        metrics, within = {"f1": self._random.random()}, {"f1": Tolerance("higher", percent=10)}
        run = Run(self._environment, {}, "fc16", metrics, within, lock_id=lock)
        return done(self._cases.record_evaluations.record(run, command=self._command("evaluate")))

    def report_health(self) -> bool:
        """Well after ill; else one in four is critical, which takes back what was released just now."""
        before = self._cases.store.newest()
        is_ill = bool(self._cases.check_health.judge.health(self._environment).alerts)
        leaked = 0 if is_ill else self._random.choice((0, 0, 0, 3))
        now_us = self._cases.store.now_us()
        self._cases.check_health.report(Measured(self._environment, {"bm25_prefix_leakage": leaked}, None, now_us))
        return self._cases.store.newest() != before

    def revise_health(self) -> Outcome:
        bounds = {"oracle_hit_rate": {"at_least": self._random.random(), "at_most": None, "severity": "warning"}}
        command = self._command("revise_health")
        revise = self._cases.check_health.revise
        return done(revise(self._environment, bounds=bounds, auto_rollback=None, command=command))


def done(outcome: Outcome | DryRun) -> Outcome:
    assert isinstance(outcome, Outcome)
    return outcome
