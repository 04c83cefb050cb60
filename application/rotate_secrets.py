"""Take a new data key, and wrap all of them under the first master key. No event is touched."""

from __future__ import annotations

from dataclasses import dataclass

from application.commands import Commands, Outcome
from application.ports import Command, EventStore
from application.secret_keys import Rotation
from application.unit_of_work import UnitOfWork
from domain.aggregate import stream_id


@dataclass(frozen=True, slots=True)
class Rotated:
    """`outcome` is None after a dry run."""

    rotation: Rotation
    outcome: Outcome | None


class RotateSecrets:
    def __init__(self, store: EventStore, commands: Commands) -> None:
        self._store = store
        self._commands = commands

    def rotate(self, *, command: Command, dry_run: bool = False) -> Rotated:
        """The same command again takes no further key. Raises KeysMissing, ReadOnly."""
        key = stream_id("data_key", command.principal, command.command_id).hex
        if dry_run:
            return Rotated(self._store.secrets.rotate(key, dry_run=True), None)
        # A repeat is judged before any key is touched; a commit row without events says that it was done.
        known = self._store.commit_of(command.principal, command.command_id)
        outcome = self._commands.execute(command, _nothing) if known else None
        if not known:
            self._commands.require_writable()
        rotation = self._store.secrets.rotate(key, dry_run=known is not None)
        return Rotated(rotation, outcome or self._commands.execute(command, _nothing))


def _nothing(_: UnitOfWork) -> None:
    """Keys are kept outside the log."""
