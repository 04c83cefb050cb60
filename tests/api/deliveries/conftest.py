"""A receiver, and services that deliver to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from application.deliver_webhooks import Patience
from infrastructure.webhooks.courier import Webhooks
from infrastructure.webhooks.sender import HttpSender
from tests.api.conftest import Client, opened
from tests.master_keys import key_file
from tests.receiver import Receiver, receiving

SOON = Patience((0.01, 0.05, 0.1))


Open = Callable[..., AbstractContextManager[Client]]


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with receiving(tmp_path) as found:
        yield found


@pytest.fixture
def open_service(receiver: Receiver, tmp_path: Path) -> Open:
    """A service that delivers, soon again where that fails."""
    keys = key_file(tmp_path / "keys", "m-1")
    sender = HttpSender(receiver.ca_file, allows_private=True)

    def open_it(url: str, patience: Patience = SOON) -> AbstractContextManager[Client]:
        return opened(url, secret_keys=keys, webhooks=Webhooks(sender, patience, poll_seconds=0.02))

    return open_it


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def delivering(request: pytest.FixtureRequest, tmp_path: Path, open_service: Open) -> Iterator[Client]:
    urls = {"memory": "memory:", "sqlite": f"sqlite:///{tmp_path / 'varve.db'}"}
    with open_service(urls.get(request.param) or request.getfixturevalue("postgres_url")) as client:
        yield client


@pytest.fixture
def client(open_service: Open) -> Iterator[Client]:
    with open_service("memory:") as client:
        yield client
