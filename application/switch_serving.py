"""The switch of an environment: settings are served, or applications use their own defaults."""

from __future__ import annotations

from application.catalog import Catalogs
from application.commands import Commands, DryRun, Outcome
from application.ports import Command
from application.unit_of_work import UnitOfWork
from domain.installation.serving import Serving, serving_id


class SwitchServing:
    def __init__(self, catalogs: Catalogs, commands: Commands) -> None:
        self._catalogs = catalogs
        self._commands = commands

    def to(self, serving: str, *, environment: str, command: Command, dry_run: bool = False) -> Outcome | DryRun:
        """Serve "settings", or have "defaults" used. Raises NotFound for an unknown environment."""
        self._catalogs.current().require_environment(environment)

        def decide(work: UnitOfWork) -> None:
            switch = work.load(Serving, serving_id(environment))
            switch.change(serving, environment=environment, stamp=command.stamp)

        return self._commands.run(command, decide, dry_run=dry_run)
