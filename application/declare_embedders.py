"""Say what is known of embedding models."""

from __future__ import annotations

from collections.abc import Sequence

from application.commands import Commands, DryRun, Outcome
from application.ports import Command, EventStore
from application.unit_of_work import UnitOfWork
from domain.releases.embedders import EMBEDDERS_ID, Embedder, Embedders


class DeclareEmbedders:
    def __init__(self, store: EventStore, commands: Commands) -> None:
        self._store = store
        self._commands = commands

    def declared(self) -> list[Embedder]:
        """By name."""
        found = self._store.load(Embedders, EMBEDDERS_ID).declared
        return [found[name] for name in sorted(found)]

    def declare(
        self,
        name: str,
        *,
        dimensions: int | None,
        aliases: Sequence[str],
        command: Command,
        dry_run: bool = False,
    ) -> Outcome | DryRun:
        """How long the vectors of a model are, and which other names mean the same one.

        Raises InvalidRequest, and Conflict for a name that another model has.
        """

        def decide(work: UnitOfWork) -> None:
            embedders = work.load(Embedders, EMBEDDERS_ID)
            embedders.declare(name, dimensions=dimensions, aliases=aliases, stamp=command.stamp)

        return self._commands.run(command, decide, dry_run=dry_run)
