"""While PostgreSQL is away, callers are told so, and that they may come again."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from tests.faults.server import Server
from tests.postgres import PostgresServer
from tests.shared_postgres import fresh_database

pytestmark = pytest.mark.xdist_group("faults")


@pytest.fixture(scope="module")
def cut_off():
    """A server whose database is gone."""
    with (
        PostgresServer(durable=True) as database,
        fresh_database(database.url()) as url,
        Server(url) as server,
        httpx.Client(base_url=server.address, trust_env=False, timeout=60) as client,
    ):
        database.kill()
        yield client
        database.start()


REQUESTS = {
    "a listing": ("GET", "/api/runtime-configs/", None),
    "a config": ("GET", f"/api/runtime-configs/{uuid4()}", None),
    "an effective read": ("GET", "/api/runtime-configs/effective/u-1", None),
    "a command": ("POST", "/api/runtime-configs/", {"config_type": "chunking", "name": "one", "config_data": {}}),
    "the log": ("GET", "/api/events", None),
    "readiness": ("GET", "/health/ready", None),
    "a rebuild": ("POST", "/api/projections/rebuild", None),
}


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS.keys())
def test_without_its_database_the_server_says_that_the_store_is_unavailable(cut_off, request_):
    method, path, body = request_
    answer = cut_off.request(method, path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
