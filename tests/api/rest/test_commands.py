"""What holds for every command: repeats, trials, positions, and views that lag."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import CONFIGS, Client

SCHEMA = {"type": "object", "properties": {"top_n": {"type": "integer", "default": 5}}}
COMMANDS: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "create": ("POST", CONFIGS, {"config_type": "chunking", "name": "new", "config_data": {}}),
    "update": ("PUT", CONFIGS + "{id}", {"name": "renamed"}),
    "delete": ("DELETE", CONFIGS + "{id}", None),
    "default": ("PUT", CONFIGS + "{id}/default", {"is_default": False}),
    "active": ("PUT", CONFIGS + "{id}/active", {"is_active": False}),
    "ladder": ("PUT", "/api/ladder", {"kinds": ["global", "tenant", "user", "collection"]}),
    "environment": ("POST", "/api/environments", {"name": "staging"}),
    "type": ("PUT", "/api/config-types/rerank", {"schema": SCHEMA}),
    "sync": ("POST", CONFIGS + "sync-defaults", {"materialize": True}),
    "import": ("POST", "/api/imports", {"kind": "env", "variables": {"TOP_K": "7"}}),
}
LATER: list[tuple[str, str, dict[str, Any]]] = [
    ("PUT", "/api/ladder", {"kinds": ["global", "team", "user", "collection"]}),
    ("PUT", "/api/config-types/rerank", {"schema": SCHEMA, "description": "newer"}),
]
FROM_VIEWS = {"ladder", "type"}  # whether they may be is told by all configs that there are
commands = pytest.mark.parametrize("name", COMMANDS)


def send(client: Client, name: str, config: dict[str, Any], *, key: str | None = None, query: str = "") -> Any:
    method, path, body = COMMANDS[name]
    headers = {"Idempotency-Key": key} if key else {}
    return client.request(method, path.format(id=config["id"]) + query, json=body, headers=headers)


@pytest.fixture
def config(api: Client, variables: dict[str, str]) -> dict[str, Any]:
    variables["MAX_CHUNK_SIZE"] = "900"
    return api.create("retrieval")


@commands
def test_the_same_key_and_body_gives_the_first_answer_again(api: Client, config: dict[str, Any], name: str) -> None:
    first = send(api, name, config, key="k-1")
    head = api.newest_position
    again = send(api, name, config, key="k-1")
    assert api.newest_position == head
    assert (again.status_code, again.headers["Varve-Position"]) == (first.status_code, first.headers["Varve-Position"])
    if name not in {"sync", "import"}:  # these tell of variables and files, which are not in the log
        assert (again.content, again.headers) == (first.content, first.headers)


@pytest.mark.parametrize("name", ["create", "update", "default", "active", "delete"])
def test_a_repeat_is_answered_as_of_its_commit(client: Client, name: str) -> None:
    config = client.create()
    first = send(client, name, config, key="k-1")
    changed = first.json() if first.content else client.create(name="after")
    if first.content:
        client.change(changed, name="later")
        client.change(changed, description="later still")
        client.delete(CONFIGS + changed["id"])
    again = send(client, name, config, key="k-1")
    assert (again.status_code, again.content, again.headers) == (first.status_code, first.content, first.headers)


@pytest.mark.parametrize("name", ["type", "ladder"])
def test_a_repeated_definition_is_answered_as_of_its_commit(client: Client, name: str) -> None:
    first = send(client, name, {"id": ""}, key="k-1")
    for method, path, body in LATER:
        assert client.request(method, path, json=body).status_code == 200
    again = send(client, name, {"id": ""}, key="k-1")
    assert (again.content, again.headers) == (first.content, first.headers)


def test_the_same_key_for_another_request_is_refused(client: Client) -> None:
    body = {"config_type": "chunking", "name": "a", "config_data": {}}
    headers = {"Idempotency-Key": "k-1"}
    assert client.post(CONFIGS, json=body, headers=headers).status_code == 201
    head = client.newest_position
    others = [
        client.post(CONFIGS, json=body | {"name": "b"}, headers=headers),
        client.post("/api/environments", json={"name": "staging"}, headers=headers),
    ]
    assert [(one.status_code, one.json()["code"]) for one in others] == [(422, "idempotency_key_reused")] * 2
    assert client.newest_position == head


def test_the_same_key_of_somebody_else_is_another_command(client: Client) -> None:
    body = {"config_type": "chunking", "name": "a", "config_data": {}}
    headers = {"Idempotency-Key": "k-1"}
    first = client.post(CONFIGS, json=body, headers=headers | {"Varve-Actor": "ann"})
    second = client.post(CONFIGS, json=body | {"name": "b"}, headers=headers | {"Varve-Actor": "bob"})
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]


def test_equal_bodies_written_differently_are_the_same_request(api: Client) -> None:
    headers = {"Idempotency-Key": "k-1", "Content-Type": "application/json"}
    one = b'{"config_type":"chunking","name":"a","config_data":{"max_chunk_size":500}}'
    other = b'{ "name": "a", "config_data": {"max_chunk_size": 5E2}, "config_type": "chunking" }'
    assert (
        api.post(CONFIGS, content=one, headers=headers).json()
        == api.post(CONFIGS, content=other, headers=headers).json()
    )


def test_a_refused_request_may_be_mended_under_its_key(api: Client) -> None:
    headers = {"Idempotency-Key": "k-1"}
    body = {"config_type": "chunking", "name": "a", "config_data": {"max_chunk_size": 1}}
    assert api.post(CONFIGS, json=body, headers=headers).status_code == 400
    assert api.post(CONFIGS, json=body | {"config_data": {}}, headers=headers).status_code == 201


@commands
def test_a_trial_records_nothing_and_shows_what_would_be(api: Client, config: dict[str, Any], name: str) -> None:
    before = (api.newest_position, api.get(CONFIGS).json(), api.effective(), api.get("/api/ladder").json())
    answer = send(api, name, config, query="?dry_run=true")
    assert answer.status_code == 200
    assert answer.json()["dry_run"] is True
    if name != "import":
        assert answer.json()["events"]
    assert (api.newest_position, api.get(CONFIGS).json(), api.effective(), api.get("/api/ladder").json()) == before


@pytest.mark.parametrize(
    ("name", "types"),
    [
        ("create", ["config.created", "slot.opened", "slot.name_claimed"]),
        ("update", ["config.updated", "slot.name_released", "slot.name_claimed"]),
        ("delete", ["config.deleted", "slot.name_released", "slot.default_assigned"]),
        ("default", ["config.default_changed", "slot.default_assigned"]),
    ],
)
def test_a_trial_names_the_events(api: Client, config: dict[str, Any], name: str, types: list[str]) -> None:
    events = send(api, name, config, query="?dry_run=true").json()["events"]
    assert sorted(one["type"] for one in events) == sorted(types)


def test_a_trial_is_refused_as_the_command_would_be(api: Client, config: dict[str, Any]) -> None:
    bad = {"config_type": "chunking", "name": "n", "config_data": {"max_chunk_size": 1}}
    assert api.post(CONFIGS, params={"dry_run": True}, json=bad).status_code == 400
    missing = send(api, "update", {"id": "00000000-0000-0000-0000-000000000000"}, query="?dry_run=true")
    assert missing.status_code == 404


@commands
def test_every_answer_to_a_command_says_position_and_epoch(api: Client, config: dict[str, Any], name: str) -> None:
    answer = send(api, name, config)
    assert (answer.headers["Varve-Position"], answer.headers["Varve-Epoch"]) == (str(api.newest_position), "1")
    assert "Varve-Visible" not in answer.headers


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in FROM_VIEWS])
def test_a_command_is_accepted_while_views_lag_and_says_so(
    api: Client, config: dict[str, Any], stopped_views: Client, name: str
) -> None:
    answer = send(stopped_views, name, config)
    assert answer.status_code in {200, 201, 204}, answer.text
    assert answer.headers["Varve-Visible"] == "false"
    assert answer.headers["Varve-Position"] == str(stopped_views.newest_position)


@pytest.mark.parametrize("name", sorted(FROM_VIEWS))
def test_what_is_decided_from_the_views_waits_until_they_have_caught_up(
    api: Client, config: dict[str, Any], stopped_views: Client, name: str
) -> None:
    assert send(stopped_views, name, config).status_code == 200  # the views are at the head still
    stopped_views.create()
    head = stopped_views.newest_position
    answer = send(stopped_views, name, config, query="?")
    assert (answer.status_code, answer.json()["code"], stopped_views.newest_position) == (503, "behind", head)


def test_what_was_created_while_views_lag_is_answered_whole(stopped_views: Client) -> None:
    created = stopped_views.create(data={"max_chunk_size": 900})
    assert (created["config_data"], created["version"]) == ({"max_chunk_size": 900}, 1)
    assert stopped_views.get(CONFIGS + created["id"]).status_code == 404


def test_actor_reason_and_the_callers_marks_are_recorded(client: Client) -> None:
    headers = {
        "Varve-Actor": "Zo%C3%AB",
        "Varve-Correlation-Id": "trace-1",
        "Varve-Caller-Time": "2026-11-20T10:00:00+01:00",
        "Idempotency-Key": "k-1",
    }
    body = {"config_type": "chunking", "name": "a", "config_data": {}, "reason": "why not"}
    config = client.post(CONFIGS, json=body, headers=headers).json()
    events = client.get("/api/events", params={"types": "config.created"}).json()["items"]
    event = events[-1]
    assert event == {
        "position": event["position"],
        "commit": event["commit"],
        "type": "config.created",
        "stream_id": config["id"],
        "stream_version": 1,
        "environment": "production",
        "scope": "global",
        "actor": "Zoë",
        "reason": "why not",
        "command_id": "k-1",
        "correlation_id": "trace-1",
        "caller_time": "2026-11-20T10:00:00+01:00",
        "data": event["data"],
    }
    assert event["commit"]["first"] <= event["position"] <= event["commit"]["last"] == config["position"]
