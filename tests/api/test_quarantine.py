"""Versions that fail too often: told, and taken out of force where that is wanted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from api.callers import Callers
from application.edit_configs import EditConfigs
from application.reports import Threshold
from application.watch_failures import Watching
from domain.errors import Conflict
from tests.api.conftest import CONFIGS, Client, opened
from tests.api.rest.test_metrics import at, scraped
from tests.api.rest.test_reports import FAILURES, failure, told

FIVE = Threshold(5, 60)
WITHIN_SECONDS = 10.0
BAD, GOOD = ({"provider_id": "openai", "model_id": name} for name in ("gpt-4oo", "gpt-4o"))


@contextmanager
def watched(url: str = "memory:", *, quarantines: bool = True, **options: Any) -> Iterator[Client]:
    with opened(url, watching=Watching(FIVE, quarantines), **options) as client:
        yield client


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def quarantining(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Client]:
    urls = {"memory": "memory:", "sqlite": f"sqlite:///{tmp_path / 'varve.db'}"}
    with watched(urls.get(request.param) or request.getfixturevalue("postgres_url")) as client:
        yield client


def report(client: Client, config: dict[str, Any], times: int = 5, **fields: Any) -> None:
    known = {"config_id": config["id"], "version": config["version"], "config_type": config["config_type"]}
    body = {"failures": [failure(**{**known, **fields}) for _ in range(times)]}
    assert client.post(FAILURES, json=body).status_code == 202


def failing(client: Client) -> float:
    """How many versions are over the threshold."""
    return scraped(client).get("varve_failing_configs", {}).get((("environment", "production"),), 0)


def comes(true: Callable[[], Any]) -> bool:
    """Whether this comes to be so, by what the service does by itself."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(true())


def looked(client: Client) -> None:
    """What was reported has been looked at."""
    client.service.use_cases.guards.failures.look()


def read(client: Client, config: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = client.get(CONFIGS + config["id"]).json()
    return found


def test_a_version_that_fails_too_often_is_told_and_left_in_force(api: Client, logs: list[Any]) -> None:
    config = api.create("llm", BAD)
    report(api, config, 19)
    looked(api)
    assert failing(api) == 0
    for times in (1, 20):
        report(api, config, times)
        assert comes(lambda: failing(api) == 1)
        looked(api)
    alerts = [line for line in logs if line["event"] == "a config fails"]
    assert len(alerts) == 1  # and not at each look
    named = ("log_level", "config_id", "version", "layer", "config_type", "environment", "error")
    assert [alerts[0][name] for name in named] == [
        "warning", config["id"], 1, "global", "llm", "production", "NotFoundError",
    ]  # fmt: skip
    assert at(api, "varve_failures_total", environment="production", config_type="llm") == 40
    assert read(api, config) == config


def test_an_alert_ends_when_the_failures_are_past(monkeypatch: pytest.MonkeyPatch) -> None:
    with opened("memory:", watching=Watching(Threshold(5, 1))) as client:
        report(client, client.create("llm", BAD))
        assert comes(lambda: failing(client) == 1)
        time.sleep(1.1)
        looked(client)
        assert failing(client) == 0


@pytest.mark.parametrize(
    "fields",
    [{"config_id": str(uuid4())}, {"version": 2}, {"config_id": None, "version": None}, {"config_id": None}],
    ids=["an unknown config", "a version to come", "a layer without configs", "no config"],
)
def test_what_is_not_there_is_taken_and_raises_no_alert(fields: dict[str, Any]) -> None:
    with watched() as client:
        config = client.create("llm", BAD)
        report(client, config, **fields)
        looked(client)
        assert failing(client) == 0
        assert len(told(client, FAILURES)) == 5
        assert read(client, config) == config


def test_failures_that_do_not_speak_against_it_raise_no_alert() -> None:
    with watched() as client:
        config = client.create("llm", BAD)
        report(client, config, 9, counts=False)
        looked(client)
        assert (failing(client), read(client, config)) == (0, config)
        assert [one["counts"] for one in told(client, FAILURES)] == [False] * 9


def test_failures_in_another_environment_raise_no_alert() -> None:
    with watched() as client:
        client.post("/api/environments", json={"name": "staging"})
        config = client.create("llm", BAD)
        body = {"environment": "staging", "failures": [failure(config_id=config["id"], version=1) for _ in range(9)]}
        assert client.post(FAILURES, json=body).status_code == 202
        looked(client)
        assert read(client, config) == config


def test_the_label_of_a_type_that_is_none_is_other(api: Client) -> None:
    api.post(FAILURES, json={"failures": [failure(config_type=f"made-up-{n}") for n in range(3)]})
    assert at(api, "varve_failures_total", environment="production", config_type="other") == 3


def test_a_version_that_fails_too_often_is_taken_out_of_force_by_an_event(quarantining: Client) -> None:
    client = quarantining
    client.create("llm", GOOD, scope="global")
    config = client.create("llm", BAD, scope="user:u-1")
    report(client, config, 4)
    looked(client)
    assert client.effective("u-1")["llm"]["model_id"] == "gpt-4oo"
    report(client, config, 3, error="NotFoundError: sk-secret is no model")
    assert comes(lambda: not read(client, config)["is_active"])
    assert client.effective("u-1")["llm"]["model_id"] == "gpt-4o"
    step = client.get(f"{CONFIGS}{config['id']}/history").json()["items"][0]
    assert (step["changed_by"], step["version"]) == ("varve", 2)
    assert step["reason"] == "version 1 failed 7 times within 60 s, at last with NotFoundError"
    event = client.get("/api/events", params={"types": "config.updated"}).json()["items"][-1]
    assert event["correlation_id"] == f"failing:{config['id']}:1"
    (summed,) = told(client, f"{FAILURES}/summary")
    assert summed["quarantined_position"] == step["position"]


def test_history_the_past_and_undo_hold_for_it_as_for_any_change(quarantining: Client) -> None:
    client = quarantining
    config = client.create("llm", BAD, scope="user:u-1")
    report(client, config)
    assert comes(lambda: not read(client, config)["is_active"])
    gone = read(client, config)["position"]
    assert client.effective("u-1", position=config["position"])["llm"]["model_id"] == "gpt-4oo"
    assert client.effective("u-1", position=gone)["resolution_path"]["llm"] != "user:u-1"
    undone = client.post(f"/api/events/{gone}/undo", json={"reason": "it was the network"})
    assert undone.status_code == 200, undone.text
    assert client.effective("u-1")["llm"]["model_id"] == "gpt-4oo"


def test_who_sets_it_active_again_is_not_fought(quarantining: Client) -> None:
    client = quarantining
    config = client.create("llm", BAD)
    report(client, config)
    assert comes(lambda: not read(client, config)["is_active"])
    back = client.put(f"{CONFIGS}{config['id']}/active", json={"is_active": True}).json()
    renamed = client.change(back, description="it must stay")
    for one in (config, back, renamed):
        report(client, one, 9)
        looked(client)
    assert read(client, config)["is_active"]
    changed = client.change(renamed, config_data={**BAD, "model_id": "gpt-5oo"})  # another document is another matter
    report(client, changed)
    assert comes(lambda: not read(client, config)["is_active"])


def test_a_config_that_moved_on_is_left_alone() -> None:
    with watched() as client:
        config = client.create("llm", BAD)
        moved = client.change(config, config_data=GOOD)
        report(client, config)
        looked(client)
        assert read(client, config) == moved
        assert failing(client) == 1  # told all the same


def test_what_is_out_of_force_or_deleted_is_left_alone() -> None:
    with watched() as client:
        draft = client.create("llm", BAD, is_default=False)
        gone = client.create("llm", BAD, is_default=False)
        client.delete(CONFIGS + gone["id"])
        head = client.newest_position
        for one in (draft, gone):
            report(client, one)
        looked(client)
        assert client.newest_position == head


def test_one_user_alone_takes_no_config_from_all() -> None:
    with watched(callers=Callers()) as client:
        client.show(client.admit())
        config = client.create("llm", BAD)
        reader, admin = client.admit("reader", user_id="u-1"), client.headers["Authorization"]
        client.show(reader)
        report(client, config, 50, user_id="u-1")
        client.headers["Authorization"] = admin
        looked(client)
        assert read(client, config) == config
        (summed,) = told(client, f"{FAILURES}/summary")
        assert (summed["failures"], summed["over_threshold"]) == (50, False)


def test_of_two_servers_that_see_it_one_takes_it_out(postgres_url: str) -> None:
    with watched(postgres_url) as first, watched(postgres_url) as second:
        configs = [first.create("llm", BAD, scope=f"user:u-{n}") for n in range(5)]
        head = first.newest_position
        for config in configs:  # each server gets a part that is not enough by itself
            report(first, config, 3)
            report(second, config, 3)
        for client in (first, second):
            for config in configs:
                assert comes(lambda c=client, one=config: not read(c, one)["is_active"])  # type: ignore[misc]
        looked(first)
        looked(second)
        assert first.newest_position == head + len(configs)


def test_what_cannot_be_done_now_is_tried_again(monkeypatch: pytest.MonkeyPatch, logs: list[Any]) -> None:
    with watched() as client:
        config = client.create("llm", BAD)
        with monkeypatch.context() as patch:

            def refuse(*_: Any, **__: Any) -> None:
                raise Conflict("too many others are changing the same things: try again in a moment")

            patch.setattr(EditConfigs, "update", refuse)
            report(client, config)
            assert comes(lambda: any(line["event"] == "a config cannot be taken out of force" for line in logs))
        looked(client)
        assert not read(client, config)["is_active"]


def test_a_profile_s_settings_are_taken_out_like_any_other() -> None:
    with watched() as client:
        client.create("llm", GOOD)
        body = {"name": "careful", "settings": {"llm": {"model_id": "gpt-4oo"}}}
        assert client.post("/api/profiles", json=body).status_code == 201
        profile = client.get("/api/profiles").json()["items"][0]
        assert client.put("/api/assignments/u-1", json={"profile_id": profile["id"]}).status_code == 200
        assert client.effective("u-1")["llm"]["model_id"] == "gpt-4oo"
        first = client.effective("u-1", layers=True)["layers"]["llm"][0]
        report(client, {"id": first["config_id"], "version": first["version"], "config_type": "llm"})
        assert comes(lambda: client.effective("u-1")["llm"]["model_id"] == "gpt-4o")
