"""Issue and revoke API keys, and say whose a collection is."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from application.catalog import Catalogs
from application.commands import Commands, DryRun, Outcome
from application.ports import Command
from application.unit_of_work import UnitOfWork
from domain.access.api_key import ApiKey, Grant, KnownKey, key_stream
from domain.access.collection import Collection, collection_stream
from domain.access.roles import EVERY_ENVIRONMENT
from domain.aggregate import stream_id
from domain.configs.scope import Scope
from domain.errors import InvalidRequest, NotFound

SECRET_BYTES = 32


class ManageKeys:
    def __init__(self, catalogs: Catalogs, commands: Commands) -> None:
        self._catalogs = catalogs
        self._commands = commands

    def issue(
        self,
        grant: Grant,
        *,
        label: str,
        secret: str,
        expires_us: int | None,
        now_us: int,
        command: Command,
        dry_run: bool = False,
    ) -> Outcome | DryRun:
        """A new key; `key_id_of` the command tells its id.

        Raises NotFound for an unknown environment, InvalidRequest for a label or a time that cannot be.
        """
        if expires_us is not None and expires_us <= now_us:
            raise InvalidRequest.at("/expires_at", "expires_at lies in the past: name a time to come", "past")
        for name in grant.environments:
            if name != EVERY_ENVIRONMENT:
                self._catalogs.current().require_environment(name)
        key_id = key_id_of(command)

        def decide(work: UnitOfWork) -> None:
            key = work.load(ApiKey, key_stream(key_id))
            key.issue(key_id, grant, label=label, secret=secret, expires_us=expires_us, stamp=command.stamp)

        return self._commands.run(command, decide, dry_run=dry_run)

    def revoke(self, key_id: str, *, command: Command, dry_run: bool = False) -> Outcome | DryRun:
        """From now on it opens nothing. Raises NotFound."""
        self.known(key_id)

        def decide(work: UnitOfWork) -> None:
            work.load(ApiKey, key_stream(key_id)).revoke(key_id, stamp=command.stamp)

        return self._commands.run(command, decide, dry_run=dry_run)

    def known(self, key_id: str) -> KnownKey:
        """Raises NotFound."""
        found = self._catalogs.current().keys.get(key_id)
        if found is None:
            raise unknown_key(key_id)
        return found

    def all(self) -> Iterable[KnownKey]:
        """Every key, oldest first."""
        return self._catalogs.current().keys.values()

    def assign_owner(
        self, environment: str, scope: Scope, *, owner: str | None, command: Command, dry_run: bool = False
    ) -> Outcome | DryRun:
        """Give a collection to a user, or to nobody. Raises NotFound, InvalidRequest."""
        self._catalogs.current().require_environment(environment)
        if owner is not None:
            Scope.checked("user", owner, at="/user_id")

        def decide(work: UnitOfWork) -> None:
            collection = work.load(Collection, collection_stream(environment, scope.id))
            collection.assign(environment, scope, owner=owner, stamp=command.stamp)

        return self._commands.run(command, decide, dry_run=dry_run)


def unknown_key(key_id: str) -> NotFound:
    return NotFound(f"there is no key {key_id[:64]}: GET /api/keys lists what there is")


def new_secret() -> str:
    """256 random bits, in 43 characters."""
    return secrets.token_urlsafe(SECRET_BYTES)


def key_id_of(command: Command) -> str:
    """The same command makes the same key."""
    return stream_id("key_of", command.principal, command.command_id).hex
