"""The whole service behind its HTTP door, in this process: on memory, and on every store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
import structlog
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from api.app import Service, create_app
from api.bootstrap import service
from application.manage_keys import key_id_of, new_secret
from application.ports import Command
from application.running import Running
from domain.access.api_key import Grant, written
from domain.access.roles import Role
from infrastructure.webhooks.courier import Webhooks
from infrastructure.webhooks.sender import HttpSender

CONFIGS = "/api/runtime-configs/"


class Client(TestClient):
    """A caller, with words for what callers do most. `service` is what stands behind the door."""

    service: Service

    def create(
        self, config_type: str = "chunking", data: dict[str, Any] | None = None, **fields: Any
    ) -> dict[str, Any]:
        """A config that is the default of its slot, unless the fields say otherwise."""
        self.created = getattr(self, "created", 0) + 1
        body = {"config_type": config_type, "name": f"n-{self.created}", "is_default": True, "config_data": data or {}}
        answer = self.post(CONFIGS, json={**body, **fields})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def change(self, config: dict[str, Any], **fields: Any) -> dict[str, Any]:
        answer = self.put(CONFIGS + config["id"], json=fields)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def effective(self, user: str | None = None, **query: Any) -> dict[str, Any]:
        answer = self.get(f"{CONFIGS}effective/{user}" if user else f"{CONFIGS}effective", params=query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def admit(self, role: str = "admin", environments: Sequence[str] = ("*",), **bound: str) -> str:
        """A key that was issued behind the door, as an operator does it who has the store."""
        command = Command("operator", uuid4().hex, "issue_key", b"")
        secret = new_secret()
        self.service.use_cases.manage_keys.issue(
            Grant(Role(role), tuple(environments), **bound),
            label=role,
            secret=secret,
            expires_us=None,
            now_us=0,
            command=command,
        )
        return written(key_id_of(command), secret)

    def show(self, key: str | None) -> None:
        """Send this key with every request from now on; None sends none."""
        self.headers.pop("Authorization", None)
        if key is not None:
            self.headers["Authorization"] = f"Bearer {key}"

    @property
    def newest_position(self) -> int:
        """The newest position in the log."""
        newest = self.service.use_cases.store.newest()
        assert newest is not None
        return newest.last


NOWHERE = Webhooks(HttpSender(resolve=lambda _, __: ["127.0.0.1"]), delivers=False)
"""Webhooks whose receivers are all refused, and that nobody follows the log for."""


def queue(client: Client) -> None:
    """Queue the deliveries of all that has been recorded, as the follower would."""
    while client.service.use_cases.deliver_webhooks.plan():
        """There is more."""


@contextmanager
def opened(store_url: str, *, running: Running | None = None, **options: Any) -> Iterator[Client]:
    """A client of a service on this store. A fault of the server's is an answer, so that a test can see it."""
    with ExitStack() as stack:

        @contextmanager
        def open_service() -> Iterator[Service]:
            with service(store_url, **{"variables": {}, **options}) as client.service:
                yield client.service

        app = create_app(open_service, running=running)
        client = Client(app, raise_server_exceptions=False, headers={"X-Request-Id": "t-1"})
        stack.enter_context(client)
        yield client


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Client]:
    """On each store in turn."""
    addresses = {"memory": lambda: "memory:", "sqlite": lambda: f"sqlite:///{tmp_path / 'varve.db'}"}
    url = addresses.get(request.param, lambda: request.getfixturevalue("postgres_url"))()
    with opened(url) as found:
        yield found


@pytest.fixture
def api() -> Iterator[Client]:
    """On memory, for what does not depend on the store."""
    with opened("memory:") as found:
        yield found


@pytest.fixture
def logs() -> Iterator[list[Any]]:
    """What is logged meanwhile, at every level, whatever the level was set to before."""
    before = structlog.get_config()
    structlog.reset_defaults()
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as told:
        yield told
    structlog.configure(**before)


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The server's environment variables, as a sync reads them: none at first."""
    found: dict[str, str] = {}
    monkeypatch.setattr("api.rest.installation.os", SimpleNamespace(environ=found))
    return found


@pytest.fixture
def stopped_views(api: Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A service whose views do not move, as when their store is away; commands do not wait long for them."""
    monkeypatch.setattr("application.commands.VISIBLE_WITHIN_SECONDS", 0.02)
    monkeypatch.setattr("api.deps.MIN_POSITION_WITHIN_SECONDS", 0.02)
    follower: Any = api.service.use_cases.progress
    with monkeypatch.context() as patch:
        patch.setattr(follower, "_step", lambda: None)
        yield api
