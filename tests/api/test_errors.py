from __future__ import annotations

from typing import Any

import pytest

from api.errors import RETRY_AFTER_SECONDS, STATUS
from domain import errors
from domain.errors import Refusal
from tests.api.conftest import CONFIGS, Client


def leaves(kind: type[Refusal] = Refusal) -> list[type[Refusal]]:
    below = kind.__subclasses__()
    return [leaf for one in below for leaf in leaves(one)] if below else [kind]


def raising(monkeypatch: pytest.MonkeyPatch, client: Client, error: Exception) -> Any:
    """The answer to a read behind which this is raised."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(type(client.service.use_cases.views), "configs", fail)
    return client.get(CONFIGS)


def test_every_kind_of_refusal_has_a_status() -> None:
    assert [leaf.__name__ for leaf in leaves() if not STATUS.keys() & set(leaf.__mro__)] == []


@pytest.mark.parametrize("kind", STATUS)
def test_a_refusal_is_served_as_problem_details(
    api: Client, monkeypatch: pytest.MonkeyPatch, kind: type[Refusal]
) -> None:
    answer = raising(monkeypatch, api, kind("do this next", faults=[errors.Fault("/a/0", "is wrong", "rule")]))
    assert (answer.status_code, answer.headers["Content-Type"]) == (STATUS[kind], "application/problem+json")
    assert answer.json() == {
        "type": f"https://varve.dev/errors/{kind.code.replace('_', '-')}",
        "title": kind.title,
        "status": STATUS[kind],
        "code": kind.code,
        "detail": "do this next",
        "errors": [{"pointer": "/a/0", "message": "is wrong", "rule": "rule"}],
    }
    seconds = RETRY_AFTER_SECONDS.get(kind)
    assert answer.headers.get("Retry-After") == (str(seconds) if seconds else None)


def test_everything_that_is_served_as_429_or_503_says_when_to_come_again() -> None:
    assert {kind for kind, status in STATUS.items() if status in {429, 503}} == set(RETRY_AFTER_SECONDS)


def test_a_refusal_without_faults_names_none(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "errors" not in raising(monkeypatch, api, errors.NotFound("there is nothing")).json()


def test_a_fault_of_the_servers_own_tells_nothing_of_its_inside(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = raising(monkeypatch, api, RuntimeError("SELECT password FROM /etc/varve"))
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "application/problem+json")
    assert answer.json()["code"] == "internal"
    assert "password" not in answer.text


def test_a_place_in_one_of_several_bodies_is_a_place_in_the_body(api: Client) -> None:
    answer = api.post("/api/imports", json={"kind": "document", "document": {}, "define": "yes"})
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/define"]


def test_all_faults_of_the_form_are_named_together(api: Client) -> None:
    answer = api.post(CONFIGS + "?colour=red&dry_run=perhaps", json={"name": 1, "config_data": [], "colour": "red"})
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/colour"]
    answer = api.post(CONFIGS + "?dry_run=perhaps", json={"name": 1, "config_data": [], "colour": "red"})
    assert {one["pointer"] for one in answer.json()["errors"]} == {
        *("/dry_run", "/name", "/config_type", "/config_data", "/colour")
    }
