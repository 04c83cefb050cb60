"""Give positions a name."""

from __future__ import annotations

from application.commands import Commands, DryRun, Outcome
from application.ports import Command, EventStore
from application.unit_of_work import UnitOfWork
from domain.errors import InvalidRequest
from domain.installation.tags import TAGS_ID, Tags


class NamePositions:
    def __init__(self, store: EventStore, commands: Commands) -> None:
        self._store = store
        self._commands = commands

    def name(self, name: str, position: int | None, *, command: Command, dry_run: bool = False) -> Outcome | DryRun:
        """Call a position, or the newest one, by this name; rounded down to the end of a commit.

        Raises InvalidRequest for a name that cannot stand in an address, and for a position beyond the log.
        """
        newest = self._store.newest()
        head = newest.last if newest else 0
        if position is not None and position > head:
            message = f"the log ends at position {head}: name one up to that"
            raise InvalidRequest.at("/position", message, "beyond_the_log")
        boundary = self._store.commit_at(position=head if position is None else position)
        at = boundary.last if boundary else 0

        def decide(work: UnitOfWork) -> None:
            work.load(Tags, TAGS_ID).name(name, at, stamp=command.stamp)

        return self._commands.run(command, decide, dry_run=dry_run)

    def named_by(self, name: str, outcome: Outcome) -> int:
        """The position that a command gave this name, or found it to have."""
        return self._store.load(Tags, TAGS_ID, version=self._version_at(outcome.position)).positions[name]

    def _version_at(self, position: int) -> int:
        return max((event.version for event in self._store.stream(TAGS_ID) if event.position <= position), default=0)

    def all(self) -> dict[str, int]:
        """Every tag's position, by name."""
        return dict(sorted(self._store.load(Tags, TAGS_ID).positions.items()))
