"""A command loads its streams one after the other: what another command does in between must not decide its answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.bootstrap import service
from application.edit_configs import Draft, created_id
from application.ports import Command
from application.use_cases import UseCases
from domain.aggregate import Aggregate
from domain.configs.config import Config
from domain.configs.scope import GLOBAL, Scope
from domain.configs.slot import Slot

USER = Scope("user", "u-1")


def command() -> Command:
    return Command("u-1", uuid4().hex, "edit", b"")


class Edits:
    """The commands of configs, on a store in which something can be made to happen right after a load."""

    def __init__(self, cases: UseCases, monkeypatch: pytest.MonkeyPatch) -> None:
        self._cases = cases
        self._monkeypatch = monkeypatch

    def create(self, name: str, *, scope: Scope = USER, config_type: str = "chunking", data: dict[str, Any]) -> UUID:
        own = command()
        draft = Draft("production", scope, config_type, name, data, is_default=True)
        self._cases.edit_configs.create(draft, command=own)
        return created_id(own)

    def update(self, config_id: UUID, **changes: Any) -> None:
        self._cases.edit_configs.update(config_id, changes, command=command())

    def delete(self, config_id: UUID) -> None:
        self._cases.edit_configs.delete(config_id, command=command())

    def after_the_next_load_of(self, kind: type[Aggregate], *, happens: Callable[[], object]) -> None:
        load, store = self._cases.store.load, self._cases.store
        waiting = [happens]

        def loaded(wanted: type[Aggregate], stream: UUID, **more: Any) -> Aggregate:
            found = load(wanted, stream, **more)
            if wanted is kind and found.version and waiting:
                waiting.pop()()
            return found

        self._monkeypatch.setattr(store, "load", loaded)


@pytest.fixture
def edits(monkeypatch):
    with service("memory:", variables={}) as opened:
        yield Edits(opened.use_cases, monkeypatch)


def test_a_new_default_does_not_stumble_over_the_old_one_that_is_deleted_meanwhile(edits):
    old = edits.create("old", data={})
    edits.after_the_next_load_of(Slot, happens=lambda: edits.delete(old))
    edits.create("new", data={})


def test_a_delete_does_not_stumble_over_a_rename_meanwhile(edits):
    config_id = edits.create("before", data={})
    edits.after_the_next_load_of(Config, happens=lambda: edits.update(config_id, name="after"))
    edits.delete(config_id)


def test_a_rename_does_not_stumble_over_another_meanwhile(edits):
    config_id = edits.create("before", data={})
    edits.after_the_next_load_of(Config, happens=lambda: edits.update(config_id, name="between"))
    edits.update(config_id, name="after")


def test_an_overlay_is_checked_over_layers_that_were_there_at_one_time(edits):
    roomy = {"max_question_length": 500}
    edits.create("first", scope=GLOBAL, config_type="question_generation", data=roomy)
    second = {"scope": GLOBAL, "config_type": "question_generation", "data": {**roomy, "number_of_questions": 9}}
    edits.create("mine", config_type="question_generation", data={})
    edits.after_the_next_load_of(Slot, happens=lambda: edits.create("second", **second))
    # Both globals leave room for this one; without any global it would not fit.
    edits.create("other", config_type="question_generation", data={"min_question_length": 300})
