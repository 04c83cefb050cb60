"""A further environment for configs to live in."""

from __future__ import annotations

from application.commands import Commands, DryRun, Outcome
from application.ports import Command
from application.unit_of_work import UnitOfWork
from domain.installation.environment import Environment, environment_id


class AddEnvironment:
    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    def add(self, name: str, *, command: Command, dry_run: bool = False) -> Outcome | DryRun:
        """Raises InvalidRequest. One that is there already records nothing."""

        def decide(work: UnitOfWork) -> None:
            work.load(Environment, environment_id(name)).create(name, stamp=command.stamp)

        return self._commands.run(command, decide, dry_run=dry_run)
