"""Environments: added, made to demand this or that of changes, frozen, thawed, retired."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from application.catalog import Catalogs
from application.check_policies import standing
from application.commands import Commands, DryRun, Outcome
from application.ports import Command, Views
from application.unit_of_work import UnitOfWork
from domain.errors import Conflict, Fault, InvalidRequest
from domain.experiments.experiment import RUNNING
from domain.installation.environment import Environment, environment_id
from domain.installation.policy import Policy


class GovernEnvironments:
    """The commands. Each answers with its commit, or with what it would record when `dry_run`."""

    def __init__(self, catalogs: Catalogs, views: Views, commands: Commands, *, default: str) -> None:
        self._views = views
        self._catalogs = catalogs
        self._commands = commands
        self._default = default

    def add(
        self, name: str, demands: Mapping[str, Any], *, command: Command, dry_run: bool = False
    ) -> Outcome | DryRun:
        """Raises InvalidRequest, NotFound for what it is promoted from. One that is there stays as it is."""

        def decide(work: UnitOfWork) -> None:
            environment = work.load(Environment, environment_id(name))
            if not environment.exists:
                environment.create(name, stamp=command.stamp)
                self._revise(work, environment, demands, command)

        return self._commands.run(command, decide, dry_run=dry_run)

    def revise(
        self,
        name: str,
        demands: Mapping[str, Any],
        *,
        command: Command,
        expected_version: int | None = None,
        dry_run: bool = False,
    ) -> Outcome | DryRun:
        """Change the demands given. Raises InvalidRequest with every fault, NotFound, StaleVersion, Frozen."""

        def decide(work: UnitOfWork) -> None:
            self._revise(work, _there(work, name, expected_version), demands, command)

        return self._commands.run(command, decide, dry_run=dry_run)

    def set_policy(self, name: str, policy: Policy, *, command: Command, dry_run: bool = False) -> Outcome | DryRun:
        """What is in force already is not refused. Raises InvalidRequest with every fault, NotFound (type too)."""
        self._catalogs.current().definition(policy.config_type)
        act = partial(Environment.set_policy, policy=policy, stamp=command.stamp)
        return self._run(name, act, command, dry_run=dry_run)

    def delete_policy(self, name: str, policy: str, *, command: Command, dry_run: bool = False) -> Outcome | DryRun:
        """Raises NotFound."""
        act = partial(Environment.delete_policy, policy=policy, stamp=command.stamp)
        return self._run(name, act, command, dry_run=dry_run)

    def violations(self, name: str, policy: Policy) -> list[Fault]:
        """What is in force now that a policy does not want. Raises NotFound."""
        return standing(self._views, self._catalogs.current(), name, policy)

    def freeze(self, name: str, *, command: Command, dry_run: bool = False) -> Outcome | DryRun:
        """Raises NotFound."""
        return self._run(name, lambda environment: environment.freeze(stamp=command.stamp), command, dry_run=dry_run)

    def thaw(self, name: str, *, command: Command, dry_run: bool = False) -> Outcome | DryRun:
        """Raises NotFound."""
        return self._run(name, lambda environment: environment.thaw(stamp=command.stamp), command, dry_run=dry_run)

    def retire(
        self, name: str, *, command: Command, expected_version: int | None = None, dry_run: bool = False
    ) -> Outcome | DryRun:
        """Nothing in it is served or changed any more; its past is still told.

        Raises NotFound, StaleVersion, Frozen; Conflict for the default one, while another is promoted from it, and
        while an experiment runs in it.
        """

        def decide(work: UnitOfWork) -> None:
            environment = _there(work, name, expected_version)
            self._require_unneeded(name)
            environment.retire(stamp=command.stamp)

        # Who needs it is read from the views: nothing may be recorded between them and this.
        return self._commands.run(command, decide, dry_run=dry_run, at_head=True)

    def _run(
        self, name: str, act: Callable[[Environment], None], command: Command, *, dry_run: bool
    ) -> Outcome | DryRun:
        return self._commands.run(command, lambda work: act(_there(work, name, None)), dry_run=dry_run)

    def _revise(self, work: UnitOfWork, environment: Environment, demands: Mapping[str, Any], command: Command) -> None:
        wanted = replace(environment.demands, **demands)
        if wanted.promoted_from is not None:
            _require_no_loop(work, environment.name, wanted.promoted_from)
        environment.revise(wanted, stamp=command.stamp)

    def _require_unneeded(self, name: str) -> None:
        catalog = self._catalogs.current()
        if name == self._default:
            raise Conflict(f"{name} is this server's default environment: it stays")
        for other in catalog.environments.values():
            if other.demands.promoted_from == name:
                raise Conflict(f"{other.name} is promoted from {name}: let it be promoted from another first")
        for one in catalog.experiments.values():
            if one.environment == name and one.status == RUNNING:
                raise Conflict(f"the experiment {one.name} runs in {name}: conclude it first")


def _there(work: UnitOfWork, name: str, version: int | None) -> Environment:
    environment = work.load(Environment, environment_id(name))
    environment.require(version=version)
    return environment


def _require_no_loop(work: UnitOfWork, name: str, source: str) -> None:
    """Raises InvalidRequest for a source that is not there, or that is itself promoted from `name` in the end."""
    path: list[str] = [name]
    at: str | None = source
    while at is not None:
        environment = work.load(Environment, environment_id(at))
        if at in path or not environment.exists:
            there = f"{' ← '.join([*path, at])} would be a loop" if at in path else f"there is no environment {at[:64]}"
            raise InvalidRequest.at("/promoted_from", f"{there}: name another to promote from", "promoted_from")
        path.append(at)
        at = environment.demands.promoted_from
