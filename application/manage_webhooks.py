"""Where events are sent: create, change and delete webhooks, and give them new secrets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from application.catalog import Catalogs
from application.commands import Commands, DryRun, Outcome
from application.ports import Command
from application.unit_of_work import UnitOfWork
from domain.aggregate import stream_id
from domain.errors import Conflict
from domain.webhooks.address import checked_url
from domain.webhooks.event_types import checked_event_types
from domain.webhooks.webhook import SECRET_AT, Webhook

MOST_WEBHOOKS = 100  # each is asked for at every step of the deliveries
Change = Callable[[UnitOfWork, Webhook], None]


class ManageWebhooks:
    """The commands. `allows_private`: receivers may have addresses that are not public."""

    def __init__(self, catalogs: Catalogs, commands: Commands, *, allows_private: bool = False) -> None:
        self._catalogs = catalogs
        self._commands = commands
        self._allows_private = allows_private

    def create(
        self, environment: str | None, fields: dict[str, Any], *, secret: str, command: Command, dry_run: bool = False
    ) -> Outcome | DryRun:
        """A new webhook with all fields; `webhook_id_of` the command tells its id.

        Raises NotFound for an unknown environment, InvalidRequest, KeysMissing, Conflict where there are too many.
        """
        if environment is not None:
            self._catalogs.current().require_environment(environment)
        checked = self._checked(fields)
        stream = webhook_id_of(command)

        def decide(work: UnitOfWork) -> None:
            webhook = work.load(Webhook, stream)
            if len(self._catalogs.current().webhooks) >= MOST_WEBHOOKS:
                raise Conflict(f"there are {MOST_WEBHOOKS} webhooks: delete one that nobody listens to")
            sealed = work.secrets.seal(secret, stream=stream, version=1, pointer=SECRET_AT)
            webhook.create(environment=environment, secret=sealed, stamp=command.stamp, **checked)

        return self._commands.run(command, decide, dry_run=dry_run)

    def revise(
        self,
        webhook_id: UUID,
        changes: dict[str, Any],
        *,
        command: Command,
        expected_version: int | None = None,
        dry_run: bool = False,
    ) -> Outcome | DryRun:
        """Change some fields. Raises NotFound, InvalidRequest, StaleVersion."""
        checked = self._checked(changes)

        def change(_: UnitOfWork, webhook: Webhook) -> None:
            webhook.revise(stamp=command.stamp, **checked)

        return self._change(webhook_id, change, command=command, version=expected_version, dry_run=dry_run)

    def rotate(
        self, webhook_id: UUID, *, secret: str, old_until_us: int, command: Command, dry_run: bool = False
    ) -> Outcome | DryRun:
        """Sign with a new secret; with the old one too, until a time. Raises NotFound, KeysMissing."""

        def change(work: UnitOfWork, webhook: Webhook) -> None:
            version = webhook.version + 1
            sealed = work.secrets.seal(secret, stream=webhook_id, version=version, pointer=SECRET_AT)
            webhook.rotate(sealed, old_until_us=old_until_us, stamp=command.stamp)

        return self._change(webhook_id, change, command=command, dry_run=dry_run)

    def disable(self, webhook_id: UUID, *, why: str, command: Command) -> Outcome | DryRun:
        """Switch it off, because of what its receiver answers. Raises NotFound."""
        return self._change(
            webhook_id, lambda _, webhook: webhook.disable(why=why, stamp=command.stamp), command=command
        )

    def delete(
        self, webhook_id: UUID, *, command: Command, expected_version: int | None = None, dry_run: bool = False
    ) -> Outcome | DryRun:
        """Send nothing there any more. Raises NotFound, StaleVersion."""

        def change(_: UnitOfWork, webhook: Webhook) -> None:
            webhook.delete(stamp=command.stamp)

        return self._change(webhook_id, change, command=command, version=expected_version, dry_run=dry_run)

    def _change(
        self, webhook_id: UUID, change: Change, *, command: Command, version: int | None = None, dry_run: bool = False
    ) -> Outcome | DryRun:
        def decide(work: UnitOfWork) -> None:
            webhook = work.load(Webhook, webhook_id)
            webhook.require(version=version)
            change(work, webhook)

        return self._commands.run(command, decide, dry_run=dry_run)

    def _checked(self, fields: dict[str, Any]) -> dict[str, Any]:
        checked = dict(fields)
        if "url" in fields:
            checked["url"] = checked_url(fields["url"], allows_private=self._allows_private)
        if "event_types" in fields:
            checked["event_types"] = checked_event_types(fields["event_types"])
        return checked


def webhook_id_of(command: Command) -> UUID:
    """The same command makes the same webhook."""
    return stream_id("webhook_of", command.principal, command.command_id)
