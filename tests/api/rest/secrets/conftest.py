"""Services that have keys for secrets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.conftest import Client, opened
from tests.master_keys import key_file


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return key_file(tmp_path / "keys", "m-1")


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgres_url")
        return url
    return "memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'varve.db'}"


@pytest.fixture
def every(store_url: str, keys: Path) -> Iterator[Client]:
    """On each store in turn."""
    with opened(store_url, secret_keys=keys) as client:
        yield client


@pytest.fixture
def api(keys: Path) -> Iterator[Client]:
    with opened("memory:", secret_keys=keys) as client:
        yield client
