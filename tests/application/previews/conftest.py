"""Previews, on the memory store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.bootstrap import service
from application.edit_configs import Draft, created_id
from application.ports import Command
from application.use_cases import UseCases
from domain.configs.scope import GLOBAL, Scope

USER, COLLECTION = Scope("user", "u-1"), Scope("collection", "c-9")


Store = Callable[..., UUID]
TENANT = Scope("tenant", "t-1")


WHERE = {"environment": "production"}


@pytest.fixture
def cases() -> Iterator[UseCases]:
    with service("memory:", variables={}) as opened:
        yield opened.use_cases


class Watched:
    """Previews, each followed by a look at the log: nothing may have been recorded."""

    def __init__(self, cases: UseCases) -> None:
        self._cases = cases

    def __getattr__(self, name: str) -> Any:
        def watched(*given: Any, **named: Any) -> Any:
            before = self._cases.store.newest()
            try:
                return getattr(self._cases.preview, name)(*given, **named)
            finally:
                assert self._cases.store.newest() == before

        return watched


@pytest.fixture
def preview(cases: UseCases) -> Watched:
    return Watched(cases)


@pytest.fixture
def stored(cases: UseCases) -> Store:
    """Stores a config that is in force, and tells its id."""

    def store(config_type: str, data: dict[str, Any], scope: Scope = GLOBAL, **facts: Any) -> UUID:
        command = Command("u-1", uuid4().hex, "test", b"")
        fields = {"is_default": True, **facts}
        draft = Draft("production", scope, config_type, f"n-{uuid4()}", data, **fields)
        cases.edit_configs.create(draft, command=command)
        return created_id(command)

    return store
