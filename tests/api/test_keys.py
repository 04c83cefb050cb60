"""API keys: issued, shown, bound, expired, revoked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from api.callers import Callers
from tests.api.conftest import CONFIGS, Client, opened

BODY: dict[str, Any] = {"label": "answering service", "role": "reader", "environments": ["production"]}


@pytest.fixture
def keyed() -> Iterator[Client]:
    """A service where callers show keys; this one shows an admin's."""
    with opened("memory:", callers=Callers()) as client:
        client.show(client.admit())
        yield client


def issued(client: Client, **fields: Any) -> dict[str, Any]:
    answer = client.post("/api/keys", json={**BODY, **fields})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_key_is_shown_once_and_opens(keyed: Client) -> None:
    key = issued(keyed)
    assert key["api_key"].startswith(f"varve_{key['id']}_")
    shown = keyed.get(f"/api/keys/{key['id']}").json()
    assert "api_key" not in shown
    keyed.show(key["api_key"])
    assert keyed.get(f"{CONFIGS}effective").status_code == 200
    assert keyed.get(CONFIGS).status_code == 403


def test_the_log_keeps_no_secret(keyed: Client) -> None:
    secret = issued(keyed)["api_key"].split("_", 2)[2]  # which may hold one itself
    assert secret not in keyed.get("/api/events").text
    assert secret not in keyed.get("/api/keys").text


def test_the_same_request_again_tells_the_key_without_its_secret(keyed: Client) -> None:
    first, again = (keyed.post("/api/keys", json=BODY, headers={"Idempotency-Key": "k-1"}).json() for _ in range(2))
    assert first["api_key"] is not None
    assert again == {**first, "api_key": None}


def test_a_key_goes_in_either_header(keyed: Client) -> None:
    key = issued(keyed)["api_key"]
    keyed.show(None)
    assert keyed.get(f"{CONFIGS}effective", headers={"X-API-Key": key}).status_code == 200
    assert keyed.get(f"{CONFIGS}effective", headers={"authorization": f"bearer {key}"}).status_code == 200


@pytest.mark.parametrize(
    "shown",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic dTpw",
        "Bearer varve_",
        "Bearer varve_00000000000000000000000000000000_" + "a" * 43,
        "Bearer eyJhbGciOiJub25lIn0.e30.",
        "Bearer " + "x" * 20_000,
    ],
)
def test_what_is_no_live_key_is_refused(keyed: Client, shown: str | None) -> None:
    keyed.show(None)
    answer = keyed.get(f"{CONFIGS}effective", headers={} if shown is None else {"Authorization": shown})
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthenticated"
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_secret_of_another_key_is_refused(keyed: Client) -> None:
    one, other = issued(keyed), issued(keyed)
    mixed = f"varve_{one['id']}_{other['api_key'].rpartition('_')[2]}"
    keyed.show(mixed)
    assert keyed.get(f"{CONFIGS}effective").status_code == 401


def test_a_revoked_key_opens_nothing_any_more_also_what_was_kept(keyed: Client) -> None:
    key = issued(keyed)
    as_reader = {"Authorization": f"Bearer {key['api_key']}"}
    for _ in range(3):
        assert keyed.get(f"{CONFIGS}effective", headers=as_reader).status_code == 200
    revoked = keyed.delete(f"/api/keys/{key['id']}", params={"reason": "lost"}).json()
    assert revoked["is_live"] is False
    assert revoked["revoked_at"] is not None
    assert keyed.get(f"{CONFIGS}effective", headers=as_reader).status_code == 401
    assert keyed.delete(f"/api/keys/{key['id']}").status_code == 200


def test_a_key_that_has_expired_opens_nothing(keyed: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    key = issued(keyed, expires_at="2125-01-01T00:00:00Z")
    keyed.show(key["api_key"])
    assert keyed.get(f"{CONFIGS}effective").status_code == 200
    monkeypatch.setattr("domain.access.api_key.KnownKey.is_live", lambda self, *, now_us: now_us < 0)
    assert keyed.get(f"{CONFIGS}effective").status_code == 401


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"role": "owner"}, "/role"),
        ({"environments": []}, "/environments"),
        ({"environments": ["*", "production"]}, "/environments"),
        ({"user_id": "u-1", "collection_id": "c-1"}, "/collection_id"),
        ({"user_id": ""}, "/user_id"),
        ({"expires_at": "tomorrow"}, "/expires_at"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"label": "\n"}, "/label"),
        ({"secret": "mine"}, "/secret"),
    ],
)
def test_what_cannot_be_granted_is_told_by_its_place(keyed: Client, fields: dict[str, Any], pointer: str) -> None:
    answer = keyed.post("/api/keys", json={**BODY, **fields})
    assert answer.status_code == 400
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


def test_a_key_for_an_environment_that_is_not_there_is_refused(keyed: Client) -> None:
    assert keyed.post("/api/keys", json={**BODY, "environments": ["nowhere"]}).status_code == 404


def test_who_acts_is_the_key_and_nobody_else(keyed: Client) -> None:
    key = issued(keyed, role="maintainer")
    keyed.show(key["api_key"])
    assert keyed.create()["updated_by"] == f"key:{key['id']}"
    answer = keyed.get(CONFIGS, headers={"Varve-Actor": "somebody"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/varve-actor")


def test_an_admin_of_one_environment_issues_no_key_for_another(keyed: Client) -> None:
    keyed.post("/api/environments", json={"name": "staging"})
    everywhere = issued(keyed, environments=["*"])
    keyed.show(issued(keyed, role="admin")["api_key"])
    assert keyed.post("/api/keys", json={**BODY, "environments": ["staging"]}).status_code == 404
    assert keyed.post("/api/keys", json={**BODY, "environments": ["*"]}).status_code == 404
    assert keyed.get(f"/api/keys/{everywhere['id']}").status_code == 404
    assert {tuple(key["environments"]) for key in keyed.get("/api/keys").json()["items"]} == {("production",)}


def test_an_editor_owns_the_collection_whose_first_config_they_create(keyed: Client) -> None:
    admin = keyed.headers["Authorization"]
    mine = issued(keyed, role="editor", user_id="u-1")["api_key"]
    others = issued(keyed, role="editor", user_id="u-2")["api_key"]
    body = {"config_type": "chunking", "name": "mine", "config_data": {}, "scope": "collection:c-7"}
    keyed.show(mine)
    config = keyed.post(CONFIGS, json=body)
    assert config.status_code == 201, config.text
    assert keyed.put(CONFIGS + config.json()["id"], json={"description": "again"}).status_code == 200
    keyed.show(others)
    assert keyed.post(CONFIGS, json={**body, "config_type": "retrieval"}).status_code == 404
    assert keyed.put(CONFIGS + config.json()["id"], json={"description": "no"}).status_code == 404
    keyed.headers["Authorization"] = admin
    assert keyed.put("/api/collections/c-7/owner", json={"user_id": "u-2"}).status_code == 200
    keyed.show(others)
    assert keyed.put(CONFIGS + config.json()["id"], json={"description": "now"}).status_code == 200
    keyed.show(mine)
    assert keyed.get(CONFIGS + config.json()["id"]).status_code == 404


def test_a_collection_that_others_use_already_is_nobodys_to_claim(keyed: Client) -> None:
    keyed.create(scope="collection:c-8")
    keyed.show(issued(keyed, role="editor", user_id="u-1")["api_key"])
    body = {"config_type": "retrieval", "name": "mine", "config_data": {}, "scope": "collection:c-8"}
    assert keyed.post(CONFIGS, json=body).status_code == 404


def test_a_listing_shows_what_the_caller_may_see(keyed: Client) -> None:
    for scope in ("global", "user:u-1", "user:u-2", "collection:c-1", "collection:c-2"):
        keyed.create(scope=scope)
    keyed.put("/api/collections/c-1/owner", json={"user_id": "u-1"})
    keyed.show(issued(keyed, role="viewer", user_id="u-1")["api_key"])
    seen = {one["scope"] + ":" + (one["scope_id"] or "") for one in keyed.get(CONFIGS).json()["items"]}
    assert seen == {"global:", "user:u-1", "collection:c-1"}
    scopes = {event["scope"] for event in keyed.get("/api/events").json()["items"]} - {None}
    assert scopes <= {"process", "global", "user:u-1", "collection:c-1"}
    assert {"global", "user:u-1", "collection:c-1"} <= scopes


def test_events_of_keys_are_for_admins(keyed: Client) -> None:
    issued(keyed)
    types = {event["type"] for event in keyed.get("/api/events", params={"limit": 500}).json()["items"]}
    assert "api_key.issued" in types
    keyed.show(issued(keyed, role="viewer", environments=["*"])["api_key"])
    types = {event["type"] for event in keyed.get("/api/events", params={"limit": 500}).json()["items"]}
    assert "config_type.defined" in types
    assert "api_key.issued" not in types


def test_environments_that_are_not_the_callers_are_not_named(keyed: Client) -> None:
    keyed.post("/api/environments", json={"name": "secret-plans"})
    keyed.show(issued(keyed, role="viewer")["api_key"])
    for path in ("/api/environments", "/api/events?limit=500", f"{CONFIGS}?environment=nowhere"):
        assert "secret-plans" not in keyed.get(path).text


def test_a_kept_answer_is_given_only_to_who_may_read_it(keyed: Client) -> None:
    address = f"{CONFIGS}effective/u-1?config_types=chunking&explain=true"
    for _ in range(2):
        assert keyed.get(address).status_code == 200
    keyed.show(issued(keyed)["api_key"])
    assert keyed.get(address).status_code == 403
    plain = f"{CONFIGS}effective/u-1?config_types=chunking"
    assert keyed.get(plain).status_code == 200
    keyed.show(keyed.admit("reader", ("production",), user_id="u-2"))
    assert keyed.get(plain).status_code == 404


def test_health_and_the_document_are_open_to_all(keyed: Client) -> None:
    keyed.show(None)
    for path in ("/health/live", "/health/ready", "/docs", "/openapi.json"):
        assert keyed.get(path).status_code == 200
