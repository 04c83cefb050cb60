"""The order of the scope kinds."""

from __future__ import annotations

from collections.abc import Sequence

from application.commands import Commands, DryRun, Outcome
from application.ports import Command, Views
from application.unit_of_work import UnitOfWork
from domain.configs.scope import LAYERS_ONLY, Ladder
from domain.errors import Conflict, StaleVersion
from domain.installation.ladder import LADDER_ID, LadderLog


class ChangeLadder:
    def __init__(self, views: Views, commands: Commands) -> None:
        self._views = views
        self._commands = commands

    def change(
        self, kinds: Sequence[str], *, command: Command, expected_version: int | None = None, dry_run: bool = False
    ) -> Outcome | DryRun:
        """Put this order in force.

        Raises InvalidRequest; Conflict for a kind that is in use and not among them; StaleVersion.
        """
        ladder = Ladder.checked(kinds)

        def decide(work: UnitOfWork) -> None:
            log = work.load(LadderLog, LADDER_ID)
            if expected_version is not None and log.version != expected_version:
                message = (
                    f"the ladder is at version {log.version}, and If-Match names {expected_version}: read it again"
                )
                raise StaleVersion(message)
            dropped = self._views.scope_kinds() - {"process", *LAYERS_ONLY, *ladder.kinds}
            if dropped:
                names = ", ".join(sorted(dropped))
                raise Conflict(
                    f"{names} is in use: delete the configs at that kind of scope before it leaves the ladder"
                )
            log.change(ladder, stamp=command.stamp)

        return self._commands.run(command, decide, dry_run=dry_run, at_head=True)
