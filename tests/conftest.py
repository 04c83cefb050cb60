"""What every test may ask for: a PostgreSQL of its own, and the profiles of hypothesis."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.postgres import PostgresServer
from tests.shared_postgres import SharedPostgres, fresh_database

SHARED_POSTGRES = pytest.StashKey[SharedPostgres]()

# The same examples on every run, so that a red run is red again; VARVE_TEST_PROFILE=thorough looks for new ones.
hypothesis.settings.register_profile("ci", derandomize=True, max_examples=60, deadline=None)
hypothesis.settings.register_profile("thorough", max_examples=5_000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("VARVE_TEST_PROFILE", "ci"))


def pytest_configure(config: pytest.Config) -> None:
    worker_input: dict[str, Any] | None = getattr(config, "workerinput", None)  # set by xdist in its workers
    if worker_input:
        config.stash[SHARED_POSTGRES] = SharedPostgres(Path(worker_input["shared_postgres"]))
        return
    stack = ExitStack()
    config.stash[SHARED_POSTGRES] = stack.enter_context(SharedPostgres.session())
    config.add_cleanup(stack.close)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["shared_postgres"] = str(node.config.stash[SHARED_POSTGRES].folder)


@pytest.fixture(scope="session")
def postgres_server_url(pytestconfig: pytest.Config) -> str:
    """A server on which databases may be made: the one in VARVE_TEST_POSTGRES, or the session's own."""
    return os.environ.get("VARVE_TEST_POSTGRES") or pytestconfig.stash[SHARED_POSTGRES].url()


@pytest.fixture
def postgres_url(postgres_server_url: str) -> Iterator[str]:
    """The URL of an empty database for this test alone."""
    with fresh_database(postgres_server_url) as url:
        yield url


@pytest.fixture(scope="session")
def durable_server(pytestconfig: pytest.Config) -> Iterator[PostgresServer]:
    with PostgresServer(durable=True, within=pytestconfig.stash[SHARED_POSTGRES].folder) as server:
        yield server


@pytest.fixture
def durable_postgres(durable_server: PostgresServer) -> PostgresServer:
    """A server with fsync, for tests that kill it and start it again; up at the start of each, whatever went before."""
    return durable_server.start()
