"""Named sets of settings, and the users who are given them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from application.assignments import Assignments
from application.catalog import Catalogs
from application.commands import Commands, DryRun, Outcome
from application.edit_configs import ConfigEditor, Draft
from application.ports import Command
from application.unit_of_work import UnitOfWork
from domain.aggregate import stream_id
from domain.configs.config import Config, checked_name
from domain.configs.scope import Scope
from domain.configs.slot import Slot, slot_id
from domain.documents import Document
from domain.errors import Conflict, Fault, InvalidConfig, InvalidRequest
from domain.profiles.assignment import Assignment, assignment_id
from domain.profiles.profile import KnownProfile, Profile, profile_id, profile_scope

SETTINGS = "settings"  # the name of each config of a profile, in its slot
MOST_AT_ONCE = 10_000  # users in one commit
Settings = Mapping[str, Document]


@dataclass(frozen=True, slots=True)
class NewProfile:
    environment: str
    name: str
    settings: Settings
    description: str | None = None
    is_active: bool = True


class AssignProfiles:
    """The commands. Each answers with its commit, or with what it would record when `dry_run`."""

    def __init__(self, assignments: Assignments, catalogs: Catalogs, commands: Commands) -> None:
        self._assignments = assignments
        self._catalogs = catalogs
        self._commands = commands

    def create(self, new: NewProfile, *, command: Command, dry_run: bool = False) -> Outcome | DryRun:
        """Its id is `profile_id` of environment and name.

        Raises InvalidConfig under /settings, InvalidRequest for the name, NotFound (environment, type), NameTaken.
        """
        self._catalogs.current().require_environment(new.environment)
        return self._commands.run(command, lambda work: self._editor(work, command).create(new), dry_run=dry_run)

    def update(
        self,
        known: KnownProfile,
        changes: dict[str, Any],
        *,
        command: Command,
        expected_version: int | None = None,
        dry_run: bool = False,
    ) -> Outcome | DryRun:
        """Change the fields given: description, is_active, settings (all of them anew).

        Raises InvalidConfig under /settings, NotFound, StaleVersion.
        """

        def decide(work: UnitOfWork) -> None:
            profile = work.load(Profile, profile_id(known.environment, known.name))
            profile.require(version=expected_version)
            self._editor(work, command).update(profile, changes)

        return self._commands.run(command, decide, dry_run=dry_run)

    def delete(
        self, known: KnownProfile, *, command: Command, expected_version: int | None = None, dry_run: bool = False
    ) -> Outcome | DryRun:
        """Raises NotFound, StaleVersion; Conflict while anybody is given it."""

        def decide(work: UnitOfWork) -> None:
            profile = work.load(Profile, profile_id(known.environment, known.name))
            profile.require(version=expected_version)
            require_given_to_nobody(self._assignments, profile)
            self._editor(work, command).delete(profile)

        # Who is given it is read from the views: nothing may be recorded between them and this.
        return self._commands.run(command, decide, dry_run=dry_run, at_head=True)

    def assign(
        self, known: KnownProfile, users: Iterable[str], *, command: Command, dry_run: bool = False
    ) -> Outcome | DryRun:
        """Give these users the profile instead of the one they had. Raises NotFound, InvalidRequest."""
        scopes = list(_users(users))

        def decide(work: UnitOfWork) -> None:
            work.load(Profile, profile_id(known.environment, known.name)).require()
            for user in scopes:
                assignment = work.load(Assignment, assignment_id(known.environment, user.id))
                assignment.assign(known.environment, user, profile=known.name, stamp=command.stamp)

        return self._commands.run(command, decide, dry_run=dry_run)

    def unassign(self, environment: str, user_id: str, *, command: Command, dry_run: bool = False) -> Outcome | DryRun:
        """The user is given no profile any more; one who had none stays so. Raises NotFound (environment)."""
        self._catalogs.current().require_environment(environment)
        user = Scope.checked("user", user_id, at="/user_id")

        def decide(work: UnitOfWork) -> None:
            assignment = work.load(Assignment, assignment_id(environment, user.id))
            assignment.assign(environment, user, profile=None, stamp=command.stamp)

        return self._commands.run(command, decide, dry_run=dry_run)

    def _editor(self, work: UnitOfWork, command: Command) -> ProfileEditor:
        return ProfileEditor(work, ConfigEditor(work, self._catalogs.current(), command.stamp), command)


class ProfileEditor:
    """One attempt at changing profiles, and what they set: a config of each type, at the profile's scope."""

    def __init__(self, work: UnitOfWork, configs: ConfigEditor, command: Command) -> None:
        self._work = work
        self._configs = configs
        self._command = command

    def make(self, new: NewProfile) -> None:
        """Create the profile, or change the one of its name. Raises what these raise."""
        profile = self._work.load(Profile, profile_id(new.environment, new.name))
        if not profile.exists:
            self.create(new)
            return
        facts = {"description": new.description, "is_active": new.is_active, "settings": new.settings}
        self.update(profile, facts)

    def create(self, new: NewProfile) -> None:
        """Raises InvalidConfig under /settings, InvalidRequest for the name, NotFound (type), NameTaken."""
        profile = self._work.load(Profile, profile_id(new.environment, new.name))
        profile.create(
            environment=new.environment,
            name=checked_name(new.name),
            description=new.description,
            is_active=new.is_active,
            types=new.settings,
            stamp=self._command.stamp,
        )
        self._put(profile, new.settings)

    def update(self, profile: Profile, changes: Mapping[str, Any]) -> None:
        """Raises InvalidConfig under /settings, NotFound (type)."""
        fields, is_new = dict(changes), False
        if (settings := fields.pop("settings", None)) is not None:
            fields["types"] = sorted(settings)
            is_new = self._put(profile, settings)
        profile.update(has_new_settings=is_new, stamp=self._command.stamp, **fields)

    def delete(self, profile: Profile) -> None:
        self._put(profile, {})
        profile.delete(stamp=self._command.stamp)

    def _put(self, profile: Profile, settings: Settings) -> bool:
        """Whether anything changed. Raises InvalidConfig with every fault of every type, under /settings."""
        faults: list[Fault] = []
        types = {*profile.types, *settings}
        there = {name: config for name in types if (config := self._config(profile, name))}
        for name, data in sorted(settings.items()):
            try:
                self._put_one(profile, name, data, there.get(name))
            except InvalidConfig as refusal:
                faults += [_of_type(name, fault) for fault in refusal.faults]
        if faults:
            told = "; ".join(dict.fromkeys(fault.message for fault in faults))
            raise InvalidConfig(f"the settings are not valid: {told}", faults=faults)
        for name in sorted(there.keys() - settings.keys()):
            self._configs.delete(there[name].id)
        after = [*there.values(), *filter(None, (self._config(profile, name) for name in types))]
        return any(config.pending_events for config in after)

    def _put_one(self, profile: Profile, name: str, data: Document, config: Config | None) -> None:
        if config is not None:
            self._configs.update(config.id, {"data": data, "mode": "overlay", "unset": [], "is_active": True})
            return
        scope = profile_scope(profile.name)
        draft = Draft(profile.environment, scope, name, SETTINGS, data, mode="overlay", is_default=True)
        self._configs.create(draft, stream_id("config_of", str(profile.id), name, self._command.command_id))

    def _config(self, profile: Profile, config_type: str) -> Config | None:
        slot = self._work.load(Slot, slot_id(profile.environment, profile_scope(profile.name), config_type))
        return self._work.load(Config, slot.default) if slot.default is not None else None


def require_given_to_nobody(assignments: Assignments, profile: Profile) -> None:
    """As the views tell it. Raises Conflict."""
    given = assignments.given(profile.environment, profile=profile.name, after=None, limit=1)
    if given:
        whose = f"user:{given[0].user_id} is given the profile {profile.name}"
        raise Conflict(f"{whose}: assign another to all who are, or switch it off")


def _of_type(name: str, fault: Fault) -> Fault:
    return Fault(f"/settings/{name}{fault.pointer.removeprefix('/config_data')}", fault.message, fault.rule)


def _users(users: Iterable[str]) -> Iterator[Scope]:
    """Each user once. Raises InvalidRequest for an id that cannot be, for none, and for too many at once."""
    named = list(dict.fromkeys(users))
    if not 1 <= len(named) <= MOST_AT_ONCE:
        message = f"name 1 to {MOST_AT_ONCE:,} users at a time: send the others in further requests"
        raise InvalidRequest.at("/users", message, "users")
    for index, user in enumerate(named):
        yield Scope.checked("user", user, at=f"/users/{index}")
