"""The real service, and changes made to it over HTTP."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx

from tests.faults.server import Server


class Varve:
    """One store, which a server serves that may be killed and started again at the same address."""

    def __init__(self, folder: Path, *, environment: Mapping[str, str]) -> None:
        self._store = f"sqlite:///{folder}/varve.db"
        self.server = Server(self._store, environment=environment)

    @property
    def url(self) -> str:
        return self.server.address

    def put(self, scope: str, config_type: str, **settings: Any) -> str:
        """Make these the settings in force at a scope; the id of the config."""
        return put(self.url, scope, config_type, **settings)

    def replace(self, path: str, body: dict[str, Any]) -> None:
        httpx.put(f"{self.url}/api/{path}", json=body, trust_env=False).raise_for_status()

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = httpx.post(f"{self.url}/api/{path}", json=body, trust_env=False)
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    def delete(self, config_id: str) -> None:
        answer = httpx.delete(f"{self.url}/api/runtime-configs/{config_id}", trust_env=False)
        answer.raise_for_status()

    def read(self, path: str) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(f"{self.url}/api/{path}", trust_env=False).raise_for_status().json()
        return found

    def effective(self, user: str, **asked: Any) -> dict[str, Any]:
        answer = httpx.get(f"{self.url}/api/runtime-configs/effective/{user}", params=asked, trust_env=False)
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    @contextmanager
    def elsewhere(self) -> Iterator[str]:
        """The same store, served at another address while the server itself is down."""
        with Server(self._store) as other:
            yield other.address


def put(url: str, scope: str, config_type: str, **settings: Any) -> str:
    body = {"scope": scope, "config_type": config_type, "name": "default", "config_data": settings, "is_default": True}
    with httpx.Client(base_url=f"{url}/api/runtime-configs", trust_env=False) as http:
        answer = http.post("/", json={**body, "mode": "overlay"})
        if answer.status_code == 409:
            found = http.get("/", params={"scope": scope, "config_type": config_type}).raise_for_status().json()
            answer = http.put(f"/{found['items'][0]['id']}", json={"config_data": settings})
        config_id: str = answer.raise_for_status().json()["id"]
    return config_id


@contextmanager
def real_varve(environment: Mapping[str, str] = MappingProxyType({})) -> Iterator[Varve]:
    """`environment`: settings of the server, as environment variables."""
    with tempfile.TemporaryDirectory() as folder:
        varve = Varve(Path(folder), environment=environment)
        with varve.server:
            yield varve
