"""The checklist before users come: what is missing is named, and what cannot be told is never passed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.rest.go_live import PROBES
from application.running import Running
from application.webhook_outbox import Answered, Attempted
from infrastructure.indexing import Indexing
from tests.api.conftest import CONFIGS, NOWHERE, Client, opened, queue
from tests.api.rest.test_health_reports import published, reported
from tests.api.rest.test_indexes import EMBEDDING, registered
from tests.api.rest.test_locks import VALIDATED, locked
from tests.master_keys import key_file, lines_of

DAY_US = 86_400 * 1_000_000
GOOD = {"bm25_prefix_leakage": 0, "over_budget_chunks": 0}
HOOK = {"environment": "production", "event_types": ["health.*", "change_set.*"], "url": "https://hooks.example.com/v"}
MANIFEST = {"temperature": 0, "seed": 42, "cache_disabled": True}
RUNNING = Running(
    knows_callers=True,
    rate_limit=1000,
    models={"production": ["https://models.example.com/health"]},
    ask=lambda _: Answered(200, "ok", 0.1),
)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Client]:
    """On each store, with a service that is run as it should be."""
    addresses = {"memory": "memory:", "sqlite": f"sqlite:///{tmp_path / 'varve.db'}"}
    url = addresses.get(request.param) or request.getfixturevalue("postgres_url")
    with opened(url, running=RUNNING, webhooks=NOWHERE, secret_keys=key_file(tmp_path / "keys", "m-1")) as found:
        yield found


def items(client: Client, **query: Any) -> dict[str, Any]:
    """By id: state and message."""
    answer = client.get("/api/environments/production/go-live", params=query)
    assert answer.status_code == 200, answer.text
    return {one["id"]: (one["state"], one["message"]) for one in answer.json()["items"]}


def found_with(running: Running) -> dict[str, Any]:
    """What the checklist of an empty store says where it is run like this."""
    with opened("memory:", running=running) as client:
        return items(client)


def tree(client: Client) -> dict[str, Any]:
    """What a backup of now would hold."""
    found = client.get("/api/audits/consistency", params={"first": 0}).json()
    return {"backup_size": found["second"], "backup_root": found["second_root"]}


def evaluated(client: Client, lock: dict[str, Any] | None = None, **manifest: Any) -> None:
    run = {"dataset_hash": "d", "metrics": {"f1": 0.6}, "manifest": MANIFEST | manifest}
    answer = client.post("/api/evaluations", json=run | ({"lock_id": lock["id"]} if lock else {}))
    assert answer.status_code == 201, answer.text


def delivered(client: Client, *, status: int = 204) -> None:
    """All that waits to be sent is taken, or refused."""
    queue(client)
    cases = client.service.use_cases
    state: Any = "delivered" if status < 300 else "dead"
    for one in cases.deliver_webhooks.due([]):
        attempted = Attempted(one, state, None, Answered(status, "no", 0.1), cases.store.now_us())
        cases.outbox.settle([attempted])


def test_six_things_that_are_missing_are_named_until_each_is_there(client: Client):
    client.create("chunk_index", VALIDATED)
    client.create("embedding", EMBEDDING)
    evaluated(client, temperature=0.7)
    reported(client, **GOOD | {"over_budget_chunks": 3})
    missing = [
        "manifest_frozen",
        "deterministic_settings",
        "index_ready",
        "alerts_wired",
        "token_budget",
        "change_rules",
    ]

    def wired() -> None:
        assert client.post("/api/webhooks", json=HOOK).status_code == 201
        draft = {"config_type": "chunking", "name": "longer", "config_data": {}}
        assert client.post("/api/change-sets", json={"title": "longer", "drafts": [draft]}).status_code == 201
        delivered(client)

    mend = {
        "manifest_frozen": lambda: locked(client, kind="production"),
        "deterministic_settings": lambda: evaluated(client, client.get("/api/locks").json()["items"][0]),
        "index_ready": lambda: registered(client, table="document_chunks"),
        "alerts_wired": wired,
        "token_budget": lambda: (reported(client, **GOOD), delivered(client)),
        "change_rules": lambda: client.put(
            "/api/environments/production", json={"approvals": 1, "require_reason": True, "reason": "four eyes"}
        ),
    }
    missing = list(mend)
    while missing:
        found = items(client, **tree(client))
        assert sorted(one for one, (state, _) in found.items() if state == "failed") == sorted(missing), found
        assert {state for one, (state, _) in found.items() if one not in missing} == {"passed"}, found
        mend[missing.pop(0)]()
    answer = client.get("/api/environments/production/go-live", params=tree(client)).json()
    assert answer["ready"] is True, answer


def test_what_cannot_be_told_is_unknown_and_nothing_is_ready_by_that(api: Client):
    answer = api.get("/api/environments/production/go-live").json()
    unknown = {one["id"] for one in answer["items"] if one["state"] == "unknown"}
    assert unknown == {"token_budget", "prefix_leakage", "models_answer", "backup_restorable", "secret_keys"}
    assert answer["ready"] is False


def test_a_probe_that_breaks_is_unknown_with_the_reason(api: Client, monkeypatch: pytest.MonkeyPatch):
    def broken(_: object) -> None:
        raise RuntimeError("no such thing")

    monkeypatch.setattr(type(api.service.use_cases.inspect_health), "checks", broken)
    state, message = items(api)["database"]
    assert (state, "RuntimeError" in message) == ("unknown", True)


def test_a_database_of_the_application_that_is_away_fails(postgres_url: str):
    away = "postgresql://nobody@127.0.0.1:1/nowhere"
    for url, state in ((postgres_url, "passed"), (away, "failed")):
        with opened("memory:", indexing=Indexing(urls={"production": url})) as client:
            found = items(client)["database"]
        assert found[0] == state
        assert "database of the" in found[1]


def test_models_that_do_not_answer_are_named_without_the_password_of_their_address():
    answers = {
        "https://u:secret@m.example.com/": Answered(500, "", 0.1),
        "https://n.example.com/": Answered(None, "too slow", 5),
    }
    running = replace(RUNNING, models={"production": list(answers)}, ask=answers.__getitem__)
    state, message = found_with(running)["models_answer"]
    assert (state, "m.example.com answered 500; n.example.com: too slow" in message) == ("failed", True)
    assert "secret" not in message


def test_without_a_limit_or_callers_nothing_is_limited():
    assert found_with(replace(RUNNING, rate_limit=0))["concurrency_limits"][0] == "failed"
    assert found_with(replace(RUNNING, knows_callers=False))["concurrency_limits"][0] == "failed"
    assert found_with(RUNNING)["concurrency_limits"][0] == "passed"


def test_a_setting_of_a_variable_and_a_wrong_variable_fail():
    with opened("memory:", variables={"MAX_CHUNK_SIZE": "700"}) as client:
        assert "chunking/max_chunk_size in effect" in items(client)["environment_variables"][1]
    state, message = found_with(replace(RUNNING, variables={"MAX_CHUNK_SIZE": "many"}))["environment_variables"]
    assert (state, message.startswith("1 variables cannot be used (MAX_CHUNK_SIZE:")) == ("failed", True)


def test_a_measurement_of_the_day_before_yesterday_tells_nothing(api: Client):
    reported(api, **GOOD)
    assert items(api)["token_budget"][0] == "passed"
    store: Any = api.service.use_cases.store
    now_us = store.now_us()
    store.now_us = lambda: now_us + 2 * DAY_US
    state, message = items(api)["token_budget"]
    assert (state, "over 24 hours ago" in message) == ("unknown", True)


def test_a_key_that_is_old_fails_until_it_is_revoked():
    with opened("memory:", running=RUNNING) as client:
        issued = client.post("/api/keys", json={"label": "old", "role": "reader", "environments": ["*"]}).json()
        client.post("/api/keys", json={"label": "elsewhere", "role": "reader", "environments": ["staging"]})
        assert items(client)["api_keys"] == ("passed", "1 keys open production, none over 90 days old")
        store: Any = client.service.use_cases.store
        now_us = store.now_us()
        store.now_us = lambda: now_us + 91 * DAY_US
        assert items(client)["api_keys"][0] == "failed"
        client.delete(f"/api/keys/{issued['id']}")
        assert items(client)["api_keys"][0] == "passed"


def test_keys_of_secrets_that_were_not_rotated_fail_until_they_are(client: Client):
    store: Any = client.service.use_cases.store
    assert items(client)["secret_keys"][0] == "passed"  # the log is younger than that
    begun_us = store.commits(after=0, limit=1)[0].recorded_us
    store.now_us = lambda: begun_us + 1 + 90 * DAY_US
    assert items(client)["secret_keys"][0] == "failed"
    assert client.post("/api/secrets/rotations", json={}).status_code == 201
    assert items(client)["secret_keys"][0] == "passed"


def test_a_key_that_lies_under_a_master_key_of_before_fails(tmp_path: Path):
    url, keys = f"sqlite:///{tmp_path / 'varve.db'}", key_file(tmp_path / "keys", "m-1")
    with opened(url, secret_keys=keys) as client:
        assert items(client)["secret_keys"][0] == "passed"
    key_file(keys, "m-2", lines=lines_of(keys))
    with opened(url, secret_keys=keys) as client:
        assert "under the master key m-1 still" in items(client)["secret_keys"][1]
        client.post("/api/secrets/rotations", json={})
        assert items(client)["secret_keys"][0] == "passed"


def test_a_backup_of_another_log_or_of_earlier_fails(api: Client):
    held = tree(api)
    assert items(api, **held)["backup_restorable"][0] == "passed"
    assert items(api, **held | {"backup_size": 10_000})["backup_restorable"][0] == "failed"
    assert "of another" in items(api, **held | {"backup_root": "0" * 64})["backup_restorable"][1]
    api.create()
    assert items(api, **held)["backup_restorable"][1].startswith("4 entries of the log came after the backup")
    refused = api.get("/api/environments/production/go-live", params={"backup_size": 1})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/backup_root")


def test_an_alert_that_was_refused_last_fails(tmp_path: Path):
    with opened("memory:", webhooks=NOWHERE, secret_keys=key_file(tmp_path / "keys", "m-1")) as client:
        client.post("/api/webhooks", json=HOOK)
        assert items(client)["alerts_wired"][0] == "unknown"
        reported(client, over_budget_chunks=3)
        delivered(client, status=500)
        assert items(client)["alerts_wired"][0] == "failed"
        reported(client, **GOOD)
        delivered(client)
        assert items(client)["alerts_wired"][0] == "passed"


def test_an_evaluation_is_looked_for_where_the_lock_was_promoted_from(api: Client):
    api.post("/api/environments", json={"name": "staging"})
    api.create("chunk_index", VALIDATED, environment="staging")
    lock = locked(api, environment="staging")
    api.post(f"/api/locks/{lock['id']}/promote", json={"to_environment": "production", "reason": "better"})
    evaluated(api)  # of something else
    assert items(api)["deterministic_settings"][1].startswith("nothing was evaluated with what is locked")
    run = {"environment": "staging", "lock_id": lock["id"], "dataset_hash": "d", "metrics": {"f1": 0.6}}
    api.post("/api/evaluations", json={**run, "manifest": {**MANIFEST, "seed": None}})
    state, message = items(api)["deterministic_settings"]
    assert (state, "does not say a seed" in message) == ("unknown", True)
    api.post("/api/evaluations", json={**run, "manifest": MANIFEST})
    assert items(api)["deterministic_settings"][0] == "passed"


def test_the_guide_tells_of_every_probe_in_its_order():
    page = (Path(__file__).parents[3] / "docs" / "guides" / "going-live.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == [probe.id for probe in PROBES]


def test_what_a_lock_froze_must_be_in_force_still(api: Client):
    config = api.create("chunk_index", VALIDATED)
    locked(api, kind="production")
    assert items(api)["manifest_frozen"][0] == "passed"
    broken = {"Varve-Break-Glass": "answers%20are%20wrong"}
    body = {"config_data": {**VALIDATED, "chunk_size": 300}}
    assert api.put(CONFIGS + config["id"], json=body, headers=broken).status_code == 200
    state, message = items(api)["manifest_frozen"]
    assert (state, "is not what is in force there" in message) == ("failed", True)


def test_an_index_of_other_settings_than_are_in_effect_fails(api: Client):
    """It was built with what a bad report then took back, and there is none of before."""
    published(api, max_chunk_size=900)
    registered(api, table="document_chunks")
    assert items(api)["index_ready"][0] == "passed"
    reported(api, over_budget_chunks=3)
    state, message = items(api)["index_ready"]
    assert (state, message.startswith("document_chunks was built with other settings")) == ("failed", True)
