"""A fake service, and clients of it that are closed whatever happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

import varve
from client.tests.fake import FakeVarve


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VARVE_URL", "VARVE_API_KEY", "VARVE_ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def service() -> Iterator[FakeVarve]:
    with FakeVarve().served() as fake:
        yield fake


@pytest.fixture
def connect(service: FakeVarve) -> Iterator[Callable[..., varve.Client]]:
    """Makes clients of the fake service."""
    made: list[varve.Client] = []

    def connected(**options) -> varve.Client:
        client = varve.Client(options.pop("url", service.url), **options)
        made.append(client)
        return client

    yield connected
    for client in made:
        client.close()


@pytest.fixture
def client(connect: Callable[..., varve.Client]) -> varve.Client:
    """One that keeps up with the service."""
    client = connect()
    assert client.wait_until_live(10)
    return client


def eventually(is_so: Callable[[], object], *, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to be so in time"
        time.sleep(0.005)
