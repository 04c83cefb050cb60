"""Experiments: planned, started, paused, concluded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from application.assign_profiles import SETTINGS
from application.catalog import Catalogs
from application.commands import Commands, DryRun, Outcome
from application.edit_configs import ConfigEditor, Draft
from application.ports import Command
from application.unit_of_work import UnitOfWork
from domain.aggregate import stream_id
from domain.configs.config import Config, checked_name
from domain.configs.merge import merged
from domain.configs.scope import GLOBAL
from domain.configs.slot import Slot, slot_id
from domain.documents import Document
from domain.errors import Conflict
from domain.experiments.experiment import DRAFT, Experiment, experiment_id, variant_scope
from domain.experiments.known import KnownExperiment
from domain.experiments.plan import require_sound
from domain.profiles.profile import Profile, profile_id, profile_scope


class RunExperiments:
    """The commands. Each answers with its commit, or with what it would record when `dry_run`."""

    def __init__(self, catalogs: Catalogs, commands: Commands) -> None:
        self._catalogs = catalogs
        self._commands = commands

    def create(
        self, environment: str, name: str, plan: dict[str, Any], *, command: Command, dry_run: bool = False
    ) -> Outcome | DryRun:
        """A draft; its id is `experiment_id` of environment and name.

        Raises InvalidRequest with every fault of the plan, NotFound (environment), NameTaken.
        """
        self._catalogs.current().require_environment(environment)
        checked_name(name)
        require_sound(plan)

        def decide(work: UnitOfWork) -> None:
            experiment = work.load(Experiment, experiment_id(environment, name))
            experiment.create(environment=environment, name=name, plan=plan, stamp=command.stamp)

        return self._commands.run(command, decide, dry_run=dry_run)

    def revise(
        self,
        known: KnownExperiment,
        changes: dict[str, Any],
        *,
        command: Command,
        expected_version: int | None = None,
        dry_run: bool = False,
    ) -> Outcome | DryRun:
        """Once users are in it: weights, traffic, guardrails and the end alone.

        Raises InvalidRequest, NotFound, StaleVersion; Conflict for what stays, and for traffic that others have.
        """

        def decide(work: UnitOfWork) -> None:
            experiment = self._loaded(work, known, expected_version)
            require_sound({**experiment.plan, **changes})
            experiment.revise(changes, stamp=command.stamp)
            if experiment.status != DRAFT:
                self._require_room(experiment)

        return self._commands.run(command, decide, dry_run=dry_run, at_head=True)

    def start(
        self, known: KnownExperiment, *, command: Command, expected_version: int | None = None, dry_run: bool = False
    ) -> Outcome | DryRun:
        """What the variants' profiles set is copied, and served; or goes on being served after a pause.

        Raises NotFound, StaleVersion; Conflict where it is over, lacks a profile, or others have the traffic.
        """

        def decide(work: UnitOfWork) -> None:
            experiment = self._loaded(work, known, expected_version)
            was = experiment.status
            experiment.run(stamp=command.stamp)
            if was == DRAFT:
                self._require_room(experiment)
                for variant in experiment.variants.values():
                    self._copy(work, command, experiment, variant)

        # Who has which traffic is read from the views: nothing may be recorded between them and this.
        return self._commands.run(command, decide, dry_run=dry_run, at_head=True)

    def pause(
        self, known: KnownExperiment, *, command: Command, expected_version: int | None = None, dry_run: bool = False
    ) -> Outcome | DryRun:
        """Raises NotFound, StaleVersion, Conflict."""

        def decide(work: UnitOfWork) -> None:
            self._loaded(work, known, expected_version).pause(stamp=command.stamp)

        return self._commands.run(command, decide, dry_run=dry_run)

    def conclude(
        self,
        known: KnownExperiment,
        *,
        adopt: str | None,
        command: Command,
        expected_version: int | None = None,
        dry_run: bool = False,
    ) -> Outcome | DryRun:
        """For good: the settings of one variant become global ones in the same commit, or all are dropped.

        Raises NotFound, StaleVersion, Conflict; InvalidConfig where what is adopted is not valid over what is there.
        """

        def decide(work: UnitOfWork) -> None:
            experiment = self._loaded(work, known, expected_version)
            experiment.conclude(adopted=adopt, stamp=command.stamp)
            editor = self._editor(work, command)
            for variant in experiment.variants:
                for config in self._configs(work, experiment, variant):
                    if variant == adopt:
                        _adopt(work, editor, config, experiment, command)
                    editor.delete(config.id)

        return self._commands.run(command, decide, dry_run=dry_run)

    def _loaded(self, work: UnitOfWork, known: KnownExperiment, version: int | None) -> Experiment:
        experiment = work.load(Experiment, experiment_id(known.environment, known.name))
        experiment.require(version=version)
        return experiment

    def _editor(self, work: UnitOfWork, command: Command) -> ConfigEditor:
        return ConfigEditor(work, self._catalogs.current(), command.stamp)

    def _require_room(self, experiment: Experiment) -> None:
        """Raises Conflict where the layer has not enough traffic left."""
        catalog = self._catalogs.current()
        known = catalog.experiment(experiment.id.hex)
        free = catalog.traffic.free(known.layer, but_for=known.id) / 100
        if experiment.plan["traffic_percent"] > free:
            layer, wanted = experiment.plan["layer"], experiment.plan["traffic_percent"]
            message = f"the layer {layer} has {free:g} % of its traffic left, and this takes {wanted:g} %"
            raise Conflict(f"{message}: take less, or conclude another experiment there")

    def _copy(self, work: UnitOfWork, command: Command, experiment: Experiment, variant: Document) -> None:
        """What the variant's profile sets, as configs of the variant. Raises Conflict without the profile."""
        if variant["profile"] is None:
            return
        profile = work.load(Profile, profile_id(experiment.environment, variant["profile"]))
        if not profile.exists:
            message = f"the variant {variant['name']} serves the profile {variant['profile']}, which is not there"
            raise Conflict(f"{message}: make it, or name another")
        scope = variant_scope(experiment.name, variant["name"])
        for config_type in profile.types:
            slot = work.load(Slot, slot_id(experiment.environment, profile_scope(profile.name), config_type))
            if slot.default is not None:
                data = work.load(Config, slot.default).data
                draft = Draft(
                    experiment.environment, scope, config_type, SETTINGS, data, mode="overlay", is_default=True
                )
                id_ = stream_id("config_of", str(experiment.id), variant["name"], config_type, command.command_id)
                self._editor(work, command).create(draft, id_)

    def _configs(self, work: UnitOfWork, experiment: Experiment, variant: str) -> Iterator[Config]:
        scope = variant_scope(experiment.name, variant)
        for config_type in self._catalogs.current().types:
            slot = work.load(Slot, slot_id(experiment.environment, scope, config_type))
            if slot.default is not None:
                yield work.load(Config, slot.default)


def _adopt(work: UnitOfWork, editor: ConfigEditor, config: Config, experiment: Experiment, command: Command) -> None:
    """Put what a variant sets over the global config of its type, which is made where there is none."""
    slot = work.load(Slot, slot_id(config.environment, GLOBAL, config.config_type))
    if slot.default is not None:
        there = work.load(Config, slot.default)
        editor.update(there.id, {"data": merged(there.data, config.data), "is_active": True})
        return
    draft = Draft(
        config.environment, GLOBAL, config.config_type, experiment.name, config.data, mode="overlay", is_default=True
    )
    editor.create(draft, stream_id("config_of", str(experiment.id), config.config_type, command.command_id))
