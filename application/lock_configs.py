"""Freeze what is in force in a slot, promote it to another environment, go back, and let go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from application.catalog import Catalogs
from application.check_locks import Asked, Tokenizers, fitness
from application.commands import Commands, DryRun, Outcome
from application.edit_configs import require_kind
from application.in_flight import InFlight
from application.ports import Command, EventStore
from application.promote_locks import Promotion
from application.unit_of_work import UnitOfWork
from domain.aggregate import stream_id
from domain.configs.scope import Scope
from domain.documents import Document
from domain.errors import Conflict, InvalidRequest
from domain.releases.lock import Kind, Lock, checked_label, config_hash, version_label
from domain.releases.locks import Locks, locks_id, unknown_lock


@dataclass(frozen=True, slots=True)
class NewLock:
    """What is to be locked, and what its index is made with."""

    environment: str
    scope: Scope
    config_type: str
    embedder_name: str
    tokenizer_name: str
    tokenizer_hash: str | None = None
    baseline_metrics: Document | None = None
    kind: Kind = "candidate"
    version_label: str | None = None


class LockConfigs:
    """The commands. Each answers with its commit, or with what it would record when `dry_run`."""

    def __init__(self, store: EventStore, catalogs: Catalogs, commands: Commands, tokenizers: Tokenizers) -> None:
        self._store = store
        self._catalogs = catalogs
        self._commands = commands
        self._tokenizers = tokenizers

    def lock(self, lock_id: UUID) -> Lock:
        """Raises NotFound."""
        found = (self._store.load(Locks, locks_id(name)).locks.get(lock_id) for name in self._environments)
        lock = next((one for one in found if one is not None), None)
        if lock is None:
            raise unknown_lock(lock_id)
        return lock

    def locks(self, environment: str | None = None) -> list[Lock]:
        """Those of an environment, or of all, in the order in which they were made. Raises NotFound."""
        names = (
            self._environments if environment is None else [self._catalogs.current().require_environment(environment)]
        )
        found = [lock for name in names for lock in self._store.load(Locks, locks_id(name)).locks.values()]
        return sorted(found, key=lambda lock: (lock.locked_us, lock.id))

    @property
    def _environments(self) -> list[str]:
        return list(self._catalogs.current().environments)

    def create(self, new: NewLock, *, command: Command, dry_run: bool = False) -> Outcome | DryRun:
        """Its id is `lock_id_of` the command.

        Raises NotFound (environment, type), InvalidRequest for what is not fit to be locked, Conflict where nothing is
        in force or the label is taken, Locked where the slot is.
        """

        def decide(work: UnitOfWork) -> None:
            catalog, now_us = self._catalogs.current(), self._store.now_us()
            catalog.require_environment(new.environment)
            catalog.definition(new.config_type)
            require_kind(work, catalog, new.scope)
            now = InFlight(work, catalog, new.environment)
            config = now.config(new.scope, new.config_type)
            if config is None:
                message = f"no {new.config_type} is in force at {new.scope} in {new.environment}"
                raise Conflict(f"{message}: make a config there the default, then lock it")
            asked = Asked(new.scope, new.config_type, new.embedder_name, new.tokenizer_name, new.tokenizer_hash)
            fit = fitness(asked, now, self._tokenizers)
            label = checked_label(new.version_label) if new.version_label is not None else None
            locks = work.load(Locks, locks_id(new.environment))
            locks.create(
                lock_id_of(command),
                environment=new.environment,
                scope=new.scope,
                stamp=command.stamp,
                config_type=new.config_type,
                config_id=config.id,
                config_version=config.version,
                kind=new.kind,
                version_label=label or version_label(now_us, taken=locks.labels),
                config_hash=config_hash(config.data),
                embedder_name=new.embedder_name,
                tokenizer_name=new.tokenizer_name,
                tokenizer_hash=fit.tokenizer_hash,
                baseline_metrics=new.baseline_metrics or {},
                checks=fit.checks,
                locked_us=now_us,
            )

        return self._commands.run(command, decide, dry_run=dry_run)

    def unlock(self, lock: Lock, *, command: Command, dry_run: bool = False) -> Outcome | DryRun:
        """Let the slot change again. Raises NotFound, Conflict where it has ended, InvalidRequest without a reason."""
        require_reason(command)

        def decide(work: UnitOfWork) -> None:
            locks = work.load(Locks, locks_id(lock.environment))
            locks.unlock(lock.id, at_us=self._store.now_us(), stamp=command.stamp)

        return self._commands.run(command, decide, dry_run=dry_run)

    def approve(self, lock: Lock, *, to_environment: str, command: Command, dry_run: bool = False) -> Outcome | DryRun:
        """Of its promotion to another environment. Raises NotFound, Conflict where it has ended, Forbidden."""
        self._catalogs.current().require_environment(to_environment)

        def decide(work: UnitOfWork) -> None:
            locks = work.load(Locks, locks_id(lock.environment))
            locks.approve(lock.id, to_environment=to_environment, stamp=command.stamp)

        return self._commands.run(command, decide, dry_run=dry_run)

    def promote(self, lock: Lock, *, to_environment: str, command: Command, dry_run: bool = False) -> Outcome | DryRun:
        """Put the locked config in force in another environment, under a production lock there.

        Its id is `promoted_id_of` the command; in its own environment a candidate becomes a production lock. Raises
        NotFound, Conflict where it is there already or another is promoted at the same time, Locked where a candidate
        lock holds the slot there, InvalidConfig, InvalidRequest.
        """
        require_reason(command)
        held = self._store.load(Locks, locks_id(to_environment)).holding(lock.scope, lock.config_type)
        over = None if held is None else held.id
        return self._run(lambda promotion: promotion.promote(lock, to_environment, over=over), command, dry_run=dry_run)

    def roll_back(
        self, lock: Lock, *, command: Command, evidence: Document | None = None, dry_run: bool = False
    ) -> Outcome | DryRun:
        """Put what was in force before a promotion in force again, and end its lock.

        Raises NotFound, InvalidRequest, and Conflict where nothing was promoted, or nothing was in force before.
        """
        require_reason(command)

        def act(promotion: Promotion) -> None:
            promotion.roll_back(self.promoted(lock), evidence=evidence)

        return self._run(act, command, dry_run=dry_run)

    def promoted(self, lock: Lock) -> Lock:
        """The lock that a promotion made: this one, or the newest that was made of it. Raises Conflict."""
        if lock.promoted_from is not None:
            return lock
        made = [self.lock(one) for _, one in reversed(lock.promoted_to) if one != lock.id]
        found = next((one for one in made if one.is_held), None)
        if found is None:
            raise Conflict(f"the lock {lock.version_label} is promoted nowhere: there is nothing to go back from")
        return found

    def _run(self, act: Callable[[Promotion], None], command: Command, *, dry_run: bool) -> Outcome | DryRun:
        def decide(work: UnitOfWork) -> None:
            act(Promotion(work, self._catalogs.current(), command, self._store.now_us()))

        return self._commands.run(command, decide, dry_run=dry_run)


def require_reason(command: Command) -> None:
    """Raises InvalidRequest."""
    if not (command.reason or "").strip():
        raise InvalidRequest.at("/reason", "say why: a lock is moved or ended with a reason", "reason")


def lock_id_of(command: Command) -> UUID:
    """The same command makes the same lock."""
    return stream_id("lock_of", command.principal, command.command_id)
