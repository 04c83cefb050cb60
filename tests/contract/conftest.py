"""Each store in turn, opened and empty, and the edge at which faults are put in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from eventsourcing.persistence import OperationalError

from infrastructure.stores import OpenStore, open_store

KEPT = ["sqlite", "postgresql"]


def address(kind: str, request: pytest.FixtureRequest, folder: Path) -> str:
    if kind == "postgresql":
        url: str = request.getfixturevalue("postgres_url")
        return url
    return "memory:" if kind == "memory" else f"sqlite:///{folder / 'varve.db'}"


@pytest.fixture(params=["memory", *KEPT])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return address(request.param, request, tmp_path)


@pytest.fixture(params=KEPT)
def kept_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of a store that outlives its process."""
    return address(request.param, request, tmp_path)


@pytest.fixture
def opened(store_url: str) -> Iterator[OpenStore]:
    opened = open_store(store_url)
    yield opened
    opened.close()


@pytest.fixture
def open_another() -> Iterator[Callable[[str], OpenStore]]:
    """Opens stores that are closed after the test; to close one earlier does no harm."""
    open_ones: list[OpenStore] = []

    def open_it(url: str) -> OpenStore:
        open_ones.append(open_store(url))
        return open_ones[-1]

    yield open_it
    for one in reversed(open_ones):
        one.close()


class Wire:
    """The way to the store: it can be cut so many times, before COMMIT or after it. Counts transactions."""

    def __init__(self, recorder: Any) -> None:
        self._ordered = recorder.ordered
        self.cuts_before = self.cuts_after = self.transactions = 0
        self.hold: Callable[[], None] = lambda: None  # called once the ordering lock is held

    @contextmanager
    def ordered(self) -> Iterator[Any]:
        self.transactions += 1
        with self._ordered() as transaction:
            self.hold()
            if self.cuts_before:
                self.cuts_before -= 1
                raise OperationalError("cut before COMMIT")
            yield transaction
        if self.cuts_after:
            self.cuts_after -= 1
            raise OperationalError("cut after COMMIT")


@pytest.fixture
def wire(opened: OpenStore, monkeypatch: pytest.MonkeyPatch) -> Wire:
    recorder: Any = opened.log._recorder
    wire = Wire(recorder)
    monkeypatch.setattr(recorder, "ordered", wire.ordered)
    return wire
