"""The two ways by which the load reaches Varve: the use cases of this process, and the API of a server."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol
from uuid import UUID, uuid4

import httpx

from application.edit_configs import Draft
from application.ports import Command
from application.use_cases import UseCases
from application.views import ConfigFilter
from domain.configs.scope import Scope
from domain.documents import Document
from domain.errors import Refusal

ENVIRONMENT = "production"
RACER = "racer"  # the actor of every command of the load
FIRST_REFUSAL = 400


class Place(NamedTuple):
    """Where the load puts configs."""

    kind: str
    id: str
    config_type: str


class Known(NamedTuple):
    """A config that the views told of."""

    id: str
    version: int


class Refused(Exception):
    """A command that was not carried out, by the code of its refusal."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


class Door(Protocol):
    """Changes carry the names that they have in the API."""

    def configs(self, place: Place) -> list[Known]: ...

    def create(self, place: Place, facts: Document) -> None: ...

    def change(self, known: Known, facts: Document, *, if_match: bool) -> None: ...

    def delete(self, known: Known, *, if_match: bool) -> None: ...


class UseCaseDoor:
    def __init__(self, cases: UseCases) -> None:
        self._cases = cases

    def configs(self, place: Place) -> list[Known]:
        wanted = ConfigFilter(ENVIRONMENT, place.kind, place.id, place.config_type)
        return [
            Known(str(view.id), view.version) for view in self._cases.views.configs(wanted, after=None, limit=500).items
        ]

    def create(self, place: Place, facts: Document) -> None:
        facts = _inside(facts)
        draft = Draft(
            ENVIRONMENT, Scope(place.kind, place.id), place.config_type, facts.pop("name"), facts.pop("data"), **facts
        )
        self._accepted(lambda: self._cases.edit_configs.create(draft, command=_command("create")))

    def change(self, known: Known, facts: Document, *, if_match: bool) -> None:
        expected = known.version if if_match else None
        edit = self._cases.edit_configs
        self._accepted(
            lambda: edit.update(UUID(known.id), _inside(facts), command=_command("update"), expected_version=expected)
        )

    def delete(self, known: Known, *, if_match: bool) -> None:
        expected = known.version if if_match else None
        edit = self._cases.edit_configs
        self._accepted(lambda: edit.delete(UUID(known.id), command=_command("delete"), expected_version=expected))

    def _accepted(self, act: Any) -> None:
        try:
            act()
        except Refusal as refusal:
            raise Refused(refusal.code, refusal.detail) from refusal


def _inside(facts: Document) -> Document:
    """The facts under the names that the use cases know."""
    return {"data" if name == "config_data" else name: value for name, value in facts.items()}


def _command(operation: str) -> Command:
    return Command(RACER, uuid4().hex, operation, b"")


class HttpDoor:
    def __init__(self, address: str) -> None:
        self._client = httpx.Client(base_url=f"{address}/api/runtime-configs", trust_env=False, timeout=30)
        self.close = self._client.close

    def configs(self, place: Place) -> list[Known]:
        scope = f"{place.kind}:{place.id}" if place.id else place.kind
        params = {"environment": ENVIRONMENT, "scope": scope, "config_type": place.config_type, "limit": 500}
        return [Known(one["id"], one["version"]) for one in self._ask("GET", "/", params=params).json()["items"]]

    def create(self, place: Place, facts: Document) -> None:
        where = {"scope": f"{place.kind}:{place.id}" if place.id else place.kind, "config_type": place.config_type}
        self._ask("POST", "/", json={**where, **facts})

    def change(self, known: Known, facts: Document, *, if_match: bool) -> None:
        self._ask("PUT", f"/{known.id}", json=facts, headers=_condition(known, if_match=if_match))

    def delete(self, known: Known, *, if_match: bool) -> None:
        self._ask("DELETE", f"/{known.id}", headers=_condition(known, if_match=if_match))

    def _ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        marks = {"Varve-Actor": RACER, "Idempotency-Key": uuid4().hex, **(headers or {})}
        answer = self._client.request(method, path, headers=marks, **more)
        if answer.status_code >= FIRST_REFUSAL:
            raise _refused(answer)
        return answer


def _condition(known: Known, *, if_match: bool) -> dict[str, str]:
    return {"If-Match": f'"{known.version}"'} if if_match else {}


def _refused(answer: httpx.Response) -> Refused:
    if "json" not in answer.headers.get("content-type", ""):
        return Refused(f"status {answer.status_code}", answer.text)
    problem = answer.json()
    return Refused(str(problem["code"]), str(problem["detail"]))
