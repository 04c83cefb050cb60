"""Webhooks over HTTP: who may make them, what is told of them, and what never is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.callers import Callers
from application.advance import Advance
from tests.api.conftest import Client, opened
from tests.master_keys import key_file

WEBHOOKS = "/api/webhooks"
NEW = {"environment": "production", "event_types": ["config.*"], "url": "https://hooks.example.com/T0/letmein"}


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def sealing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Client]:
    """A service that has a master key, on each store."""
    urls = {"memory": "memory:", "sqlite": f"sqlite:///{tmp_path / 'varve.db'}"}
    url = urls.get(request.param) or request.getfixturevalue("postgres_url")
    with opened(url, secret_keys=key_file(tmp_path / "keys", "m-1")) as client:
        yield client


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Client]:
    """The same on memory, where callers must be known."""
    with opened("memory:", secret_keys=key_file(tmp_path / "keys", "m-1"), callers=Callers()) as client:
        client.show(client.admit())
        client.post("/api/environments", json={"name": "staging"})
        yield client


def made(client: Client, **fields: Any) -> dict[str, Any]:
    answer = client.post(WEBHOOKS, json={**NEW, **fields})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_webhook_is_made_read_changed_and_deleted(sealing: Client):
    created = made(sealing, description="rebuilds the index")
    assert created.pop("secret").startswith("whsec_")
    at = f"{WEBHOOKS}/{created['id']}"
    assert sealing.get(at).json() == created
    changed = sealing.put(at, json={"is_active": False, "template": "slack"}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200
    assert changed.json()["version"] == 2
    assert (changed.json()["is_active"], changed.json()["template"]) == (False, "slack")
    assert changed.json()["url"] == NEW["url"]
    assert sealing.get(WEBHOOKS).json()["items"] == [changed.json()]
    assert sealing.put(at, json={"is_active": True}, headers={"If-Match": '"1"'}).status_code == 412
    assert sealing.delete(at).status_code == 204
    assert sealing.get(at).status_code == sealing.delete(at).status_code == 404
    assert sealing.get(WEBHOOKS).json()["items"] == []


def test_the_secret_is_told_once_and_stands_nowhere(sealing: Client):
    first = sealing.post(WEBHOOKS, json=NEW, headers={"Idempotency-Key": "k-1"})
    again = sealing.post(WEBHOOKS, json=NEW, headers={"Idempotency-Key": "k-1"})
    secret = first.json()["secret"]
    assert first.headers["Cache-Control"] == "no-store"
    assert again.json() == {**first.json(), "secret": None}
    at = f"{WEBHOOKS}/{first.json()['id']}"
    rotated = sealing.post(f"{at}/rotate-secret", json={})
    assert rotated.json()["secret"] not in (None, secret)
    told = sealing.get("/api/events?types=webhook.created&types=webhook.secret_rotated").text
    assert '"commitment"' in told
    for hidden in (secret.removeprefix("whsec_"), rotated.json()["secret"].removeprefix("whsec_"), "ciphertext"):
        assert hidden not in told
        assert hidden not in sealing.get(WEBHOOKS).text
    rows = sealing.service.use_cases.views.definitions()
    assert not [row for row in rows if "ciphertext" in row.body]


def test_without_a_master_key_there_is_nothing_to_keep_a_secret_with(api: Client):
    refused = api.post(WEBHOOKS, json=NEW)
    assert (refused.status_code, refused.json()["code"]) == (409, "keys_missing")
    assert "VARVE_SECRET_KEYS" in refused.json()["detail"]


def test_a_dry_run_makes_nothing_and_tells_no_secret(sealing: Client):
    tried = sealing.post(f"{WEBHOOKS}?dry_run=true", json=NEW)
    assert tried.json()["events"][0]["type"] == "webhook.created"
    assert "ciphertext" not in tried.text
    assert sealing.get(WEBHOOKS).json()["items"] == []


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"event_types": ["confg.*"]}, "/event_types/0"),
        ({"event_types": []}, "/event_types"),
        ({"url": "http://hooks.example.com/"}, "/url"),
        ({"url": "https://169.254.169.254/latest"}, "/url"),
        ({"template": "teams"}, "/template"),
        ({"description": 3}, "/description"),
        ({"secret": "whsec_mine"}, "/secret"),
    ],
)
def test_what_cannot_be_is_refused_by_its_place(api: Client, fields: dict[str, Any], pointer: str):
    refused = api.post(WEBHOOKS, json={**NEW, **fields})
    assert refused.status_code == 400
    assert [one["pointer"] for one in refused.json()["errors"]] == [pointer]


def test_an_environment_that_is_not_there_has_no_webhooks(api: Client):
    assert api.post(WEBHOOKS, json={**NEW, "environment": "nowhere"}).status_code == 404


def test_a_webhook_of_every_environment_is_for_admins_of_every_one(kept: Client):
    everywhere, here = made(kept, environment=None), made(kept)
    admin = kept.admit("admin", ("production",))
    kept.show(admin)
    assert kept.post(WEBHOOKS, json={**NEW, "environment": None}).status_code == 403
    assert [one["id"] for one in kept.get(WEBHOOKS).json()["items"]] == [here["id"]]
    assert kept.get(f"{WEBHOOKS}/{everywhere['id']}").status_code == 404
    assert kept.put(f"{WEBHOOKS}/{everywhere['id']}", json={"is_active": False}).status_code == 404


def test_the_address_of_a_webhook_is_shown_to_its_admins_alone(kept: Client):
    """It may be a password in itself."""
    made(kept)
    for role, environments, shown in (
        ("admin", ("*",), True),
        ("admin", ("production",), True),
        ("admin", ("staging",), False),
        ("viewer", ("*",), False),
        ("maintainer", ("production",), False),
    ):
        kept.show(kept.admit(role, environments))
        assert ("letmein" in kept.get("/api/events?limit=500").text) is shown, (role, environments)


def test_there_is_a_bound_on_webhooks(kept: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("application.manage_webhooks.MOST_WEBHOOKS", 1)
    made(kept)
    refused = kept.post(WEBHOOKS, json=NEW)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")


def test_an_event_of_a_webhook_has_no_opposite_but_says_what_to_do(kept: Client):
    position = made(kept)["position"]
    refused = kept.post(f"/api/events/{position}/undo", json={})
    assert refused.status_code == 400
    assert "change the webhook back" in refused.json()["detail"]


def test_a_webhook_changes_no_answer_that_anybody_keeps(sealing: Client):
    heard: list[Advance] = []
    sealing.service.advances.append(heard.append)
    webhook = made(sealing)
    sealing.put(f"{WEBHOOKS}/{webhook['id']}", json={"is_active": False})
    sealing.delete(f"{WEBHOOKS}/{webhook['id']}")
    assert [one.definitions for one in heard] == [{"webhook.created"}, {"webhook.revised"}, {"webhook.deleted"}]
    assert not any(one.reshapes for one in heard)
