"""What a log must hold before it can answer: the ladder, the resolver, the built-in types, the default environment."""

from __future__ import annotations

from application.commands import Commands
from application.ports import Command, EventStore
from application.unit_of_work import UnitOfWork
from domain.config_types.builtin import BUILTIN
from domain.config_types.config_type import ConfigType, config_type_id
from domain.configs.resolution import RESOLVER_VERSION
from domain.configs.scope import Ladder
from domain.installation.environment import Environment, environment_id
from domain.installation.ladder import LADDER_ID, LadderLog
from domain.installation.resolver import RESOLVER_ID, Resolver


class PrepareLog:
    """Records what is missing, and the built-in types whose revision in the log is lower than ours."""

    def __init__(self, store: EventStore, commands: Commands) -> None:
        self._store = store
        self._commands = commands

    def prepare(self, *, environment: str, command: Command) -> None:
        """A log that lacks nothing is left as it is."""

        def decide(work: UnitOfWork) -> None:
            self._add_missing(work, environment, command)

        trial = UnitOfWork(self._store)
        decide(trial)
        if trial.decision().aggregates:
            self._commands.execute(command, decide)

    def _add_missing(self, work: UnitOfWork, environment: str, command: Command) -> None:
        stamp = command.stamp
        work.load(Resolver, RESOLVER_ID).adopt(RESOLVER_VERSION, stamp=stamp)
        ladder = work.load(LadderLog, LADDER_ID)
        if ladder.ladder is None:
            ladder.change(Ladder.INITIAL, stamp=stamp)
        for spec in BUILTIN:
            config_type = work.load(ConfigType, config_type_id(spec.name))
            known = config_type.definition
            # A custom type of this name came first: it stays. A higher revision is a newer server's.
            if known is None or (known["revision"] is not None and known["revision"] < spec.revision):
                config_type.define(spec.to_data(), stamp=stamp)
        work.load(Environment, environment_id(environment)).create(environment, stamp=stamp)
