"""One attempt at promoting a lock, or at going back."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from application.catalog import Catalog
from application.edit_configs import ConfigEditor, Draft, created_id
from application.in_flight import InFlight
from application.ports import Command
from application.unit_of_work import Approvals, UnitOfWork
from domain.aggregate import stream_id
from domain.configs.config import Config
from domain.configs.slot import Slot, slot_id
from domain.documents import Document
from domain.errors import Conflict, Locked
from domain.releases.lock import PRODUCTION, Lock
from domain.releases.locks import Locks, locks_id

LONGEST_NAME = 200  # of what a copy's name keeps of the config's


@dataclass(frozen=True, slots=True)
class Promotion:
    work: UnitOfWork
    catalog: Catalog
    command: Command
    now_us: int

    def promote(self, lock: Lock, to: str, *, over: UUID | None) -> None:
        """`over`: the lock that held the slot there when this was asked for."""
        self._require_way(lock.environment, to)
        source = self._locks(lock.environment)
        if to == lock.environment:
            if lock.kind == PRODUCTION:
                raise Conflict(f"the lock {lock.version_label} is the production lock of {to} already")
            source.promote(lock.id, to_environment=to, promoted_to=lock.id, stamp=self.command.stamp)
            return
        self.work.approvals = Approvals(source.lock(lock.id).approved_for(to))
        made = promoted_id_of(self.command)
        source.promote(lock.id, to_environment=to, promoted_to=made, stamp=self.command.stamp)
        self._supersede(lock, to, made, over=over)
        before = InFlight(self.work, self.catalog, to, is_before=True).config(lock.scope, lock.config_type)
        replaced = None if before is None else (before.id, before.version)
        config = self._put_in_force(lock, to)
        facts = {name: getattr(lock, name) for name in CARRIED}
        self._locks(to).create(
            made,
            environment=to,
            scope=lock.scope,
            stamp=self.command.stamp,
            config_id=config.id,
            config_version=config.version,
            kind=PRODUCTION,
            locked_us=self.now_us,
            promoted_from=lock.id,
            replaced_id=replaced[0] if replaced else None,
            replaced_version=replaced[1] if replaced else None,
            **facts,
        )

    def roll_back(self, lock: Lock, *, evidence: Document | None) -> None:
        """Of a lock that a promotion made. It gives back what was there, so nobody needs to approve of it."""
        self.work.approvals = Approvals(are_needless=True)
        if lock.replaced is None:
            message = f"nothing was in force at {lock.scope} in {lock.environment} before {lock.version_label}"
            raise Conflict(f"{message}: unlock it, and delete the config or make another the default")
        self._locks(lock.environment).roll_back(lock.id, at_us=self.now_us, evidence=evidence, stamp=self.command.stamp)
        config = self.work.load(Config, lock.replaced.config_id)
        self._editor.restore(config.id, lock.replaced.version)
        if not config.in_force:
            self._editor.update(config.id, {"is_default": True, "is_active": True})

    def _require_way(self, source: str, to: str) -> None:
        """Raises NotFound, and Conflict where the environment is promoted from another."""
        promoted_from = self.catalog.environment(to).demands.promoted_from
        if source != to and promoted_from not in (None, source):
            raise Conflict(f"{to} is promoted from {promoted_from}, not from {source}: promote it there first")

    def _supersede(self, lock: Lock, to: str, made: UUID, *, over: UUID | None) -> None:
        """A production lock gives way to the next promotion; what a candidate lock holds is being measured.

        Of promotions that meet, the second was decided by somebody who has not seen the first: it is refused.
        """
        held = self._locks(to).holding(lock.scope, lock.config_type)
        if held is None:
            return
        if held.kind != PRODUCTION:
            raise Locked(f"{held.told}; unlock it first: POST /api/locks/{held.id}/unlock")
        if held.promoted_from == lock.id:
            raise Conflict(f"the lock {lock.version_label} is promoted to {to} already, as {held.id}")
        if held.id != over:
            raise Conflict(
                f"{held.version_label} was promoted to {to} at the same time: look at it, then promote again"
            )
        self._locks(to).unlock(held.id, at_us=self.now_us, superseded_by=made, stamp=self.command.stamp)

    def _put_in_force(self, lock: Lock, to: str) -> Config:
        """The locked document as the config of the slot there: a new one, but in a collection's slot, which has one."""
        frozen = self.work.past(Config, lock.config_id, version=lock.config_version)
        slot = self.work.load(Slot, slot_id(to, lock.scope, lock.config_type))
        if lock.scope.kind == "collection" and slot.default is not None:
            fields = {"data": frozen.data, "mode": frozen.mode, "unset": list(frozen.unset), "is_active": True}
            self._editor.update(slot.default, fields)
            return self.work.load(Config, slot.default)
        config_id = created_id(self.command)
        name = f"{frozen.name[:LONGEST_NAME].rstrip()} {lock.version_label}"
        about, unset = frozen.description, tuple(frozen.unset)
        draft = Draft(to, lock.scope, lock.config_type, name, frozen.data, about, frozen.mode, unset, is_default=True)
        self._editor.create(draft, config_id)
        return self.work.load(Config, config_id)

    @property
    def _editor(self) -> ConfigEditor:
        return ConfigEditor(self.work, self.catalog, self.command.stamp)

    def _locks(self, environment: str) -> Locks:
        return self.work.load(Locks, locks_id(environment))


CARRIED = (
    "config_type",
    "version_label",
    "config_hash",
    "embedder_name",
    "tokenizer_name",
    "tokenizer_hash",
    "baseline_metrics",
    "checks",
)
"""What the lock of a promotion has from the lock that was promoted: what was measured there."""


def promoted_id_of(command: Command) -> UUID:
    """The same command makes the same lock."""
    return stream_id("lock_promoted_by", command.principal, command.command_id)
