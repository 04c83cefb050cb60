"""What becomes of a direct change where others must approve of it first: a change set, proposed by its author."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Response

from api.rest.change_set_examples import CHANGE_SET
from api.rest.change_set_shapes import answered
from api.rest.change_sets import router as change_sets
from application.change_sets import change_set_id
from application.commands import DryRun, Outcome
from application.draft_changes import Wish
from application.edit_configs import Draft
from application.ports import Command
from application.subjects import CONFIG_FIELDS, DATA
from application.use_cases import UseCases
from domain.configs.config import Config
from domain.errors import ApprovalMissing
from domain.releases.change_set import ChangeSet
from domain.secrets.envelope import shown

WAITING = ("It needs approval, and waits for it as this change set.", CHANGE_SET)


@dataclass(frozen=True, slots=True)
class DirectChange:
    """One command about one config."""

    cases: UseCases
    command: Command
    environment: str
    dry_run: bool

    def answered(
        self,
        wish: Callable[[], Wish],
        change: Callable[[], Outcome | DryRun],
        answer: Callable[[Outcome | DryRun], Response],
    ) -> Response:
        """The answer to the change; 202 with the change set that it became where the environment demands approvals."""
        try:
            outcome = change()
        except ApprovalMissing:
            return self._proposed(wish())
        repeated = isinstance(outcome, Outcome) and outcome.repeated
        if repeated and self.cases.store.load(ChangeSet, change_set_id(self.command)).version:
            return self._waiting(outcome)
        return answer(outcome)

    def _proposed(self, wish: Wish) -> Response:
        config = self.cases.store.load(Config, wish.config_id or UUID(int=0))
        what = config.name if config.version else wish.name
        outcome = self.cases.releases.change_sets.create(
            self.environment,
            title=f"{self.command.operation.replace('_', ' ')}: {what}"[:255].strip(),
            wishes=[wish],
            origin={"instead_of": self.command.operation},
            proposed=True,
            command=self.command,
            dry_run=self.dry_run,
        )
        return self._waiting(outcome)

    def _waiting(self, outcome: Outcome | DryRun) -> Response:
        id_ = change_set_id(self.command)
        location = {"Location": f"{change_sets.prefix}/{id_}"}
        return answered(self.cases, id_, outcome, status=202, headers=location)


def wish_of(draft: Draft) -> Wish:
    """What a creation asks for."""
    fields: dict[str, Any] = {
        "description": draft.description,
        DATA: draft.data,
        "unset": list(draft.unset),
        "is_active": draft.is_active,
    }
    if draft.mode is not None:
        fields["mode"] = draft.mode
    if draft.is_default is not None:
        fields["is_default"] = draft.is_default
    return Wish("config", fields, draft.name, draft.scope, draft.config_type, base_version=0)


def wish_to_change(config_id: UUID, changes: dict[str, Any], *, expected_version: int | None) -> Wish:
    """What an update asks for."""
    fields = {DATA if name == "data" else name: value for name, value in changes.items()}
    return Wish("config", fields, config_id=config_id, base_version=expected_version)


def wish_to_restore(cases: UseCases, config_id: UUID, version: int) -> Wish:
    """What a rollback to a version asks for; one that was deleted since is made anew."""
    past = cases.store.load(Config, config_id, version=version)
    fields: dict[str, Any] = {name: getattr(past, name) for name in CONFIG_FIELDS}
    fields[DATA] = shown(past.data)
    if cases.store.load(Config, config_id).exists:
        return Wish("config", fields, config_id=config_id)
    return Wish("config", fields, past.name, past.scope, past.config_type)


def environment_of(cases: UseCases, config_id: UUID) -> str:
    """Where a config stands; "" for one that there never was, of which the change itself says so."""
    config = cases.store.load(Config, config_id)
    return config.environment if config.version else ""
