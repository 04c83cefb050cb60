"""What a scrape sees."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from domain.errors import StoreUnavailable
from tests.api.conftest import CONFIGS, Client, opened
from tests.new_log import NEW_LOG

Labels = tuple[tuple[str, str], ...]


def scraped(client: Client) -> dict[str, dict[Labels, float]]:
    """Every sample, by name and labels."""
    answer = client.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    found: dict[str, dict[Labels, float]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


def at(client: Client, name: str, **labels: str) -> float:
    return scraped(client)[name].get(tuple(sorted(labels.items())), 0.0)


COUNT = "varve_http_request_duration_seconds_count"


def test_requests_are_counted_by_the_template_of_their_address(client: Client) -> None:
    config = client.create(scope="user:u-1")
    for id_ in (config["id"], config["id"], "0b9e8a52-6f0e-5d0a-9a53-0f7c2f0f7b11"):
        client.get(CONFIGS + id_)
    route = "/api/runtime-configs/{config_id}"
    assert at(client, COUNT, method="GET", route=route, status="2xx") == 2
    assert at(client, COUNT, method="GET", route=route, status="4xx") == 1
    assert at(client, COUNT, method="POST", route="/api/runtime-configs/", status="2xx") == 1
    assert at(client, "varve_http_problems_total", code="not_found") == 1


def test_what_callers_make_up_makes_no_new_series(api: Client) -> None:
    api.get("/nowhere")
    api.request("PURGE", "/nowhere")
    before = {name: set(samples) for name, samples in scraped(api).items()}
    for number in range(20):
        api.get(f"/nowhere/{number}")
        api.get(f"{CONFIGS}{number}")
        api.request(f"PURGE{number}", "/nowhere")
        api.get(f"{CONFIGS}effective/u-{number}?environment=e-{number}")
    fresh = {name: set(samples) - before.get(name, set()) for name, samples in scraped(api).items()}
    # Three routes, whose histograms have 19 samples each, and two codes.
    assert sum(len(found) for found in fresh.values()) <= 3 * 19 + 2


def test_a_histogram_adds_up(api: Client) -> None:
    for _ in range(5):
        api.get(CONFIGS)
    found = scraped(api)
    labels = {"method": "GET", "route": "/api/runtime-configs/", "status": "2xx"}
    buckets = {
        float(dict(key)["le"]): value
        for key, value in found["varve_http_request_duration_seconds_bucket"].items()
        if labels.items() <= dict(key).items()
    }
    assert list(buckets.values()) == sorted(buckets.values())
    assert buckets[float("inf")] == 5 == found[COUNT][tuple(sorted(labels.items()))]
    assert 0 < found["varve_http_request_duration_seconds_sum"][tuple(sorted(labels.items()))] < 60


def test_commands_are_counted_by_what_became_of_them(api: Client) -> None:
    body = {"config_type": "chunking", "name": "one", "config_data": {}}
    for _ in range(2):
        api.post(CONFIGS, json=body, headers={"Idempotency-Key": "k-1"})
    config = api.post(CONFIGS, json={**body, "name": "two"}).json()
    assert api.put(CONFIGS + config["id"], json={"name": "two"}).status_code == 200
    assert api.post(CONFIGS, json=body).status_code == 409
    api.post(CONFIGS, json={**body, "name": "three"}, params={"dry_run": True})
    found = scraped(api)["varve_commands_total"]
    results = {dict(key)["result"]: value for key, value in found.items() if dict(key)["operation"] == "create_config"}
    assert results == {"recorded": 2, "repeated": 1, "name_taken": 1}
    assert found[("operation", "update_config"), ("result", "unchanged")] == 1


def test_kept_answers_are_counted_as_hits_and_misses(api: Client) -> None:
    for user in ("u-1", "u-1", "u-1", "u-2"):
        api.effective(user)
    api.get(f"{CONFIGS}effective/u-1?as_of=2026-01-01T00:00:00Z")  # of the past: neither
    assert (at(api, "varve_kept_answer_hits_total"), at(api, "varve_kept_answer_misses_total")) == (2, 2)
    assert at(api, "varve_kept_answers") == 2
    assert at(api, COUNT, method="GET", route="/api/runtime-configs/effective (kept)", status="2xx") == 2


def test_resolutions_are_timed_those_of_the_past_apart(api: Client) -> None:
    for query in ("", f"?position={NEW_LOG}", f"?position={NEW_LOG}"):
        assert api.get(f"{CONFIGS}effective/u-1{query}").status_code == 200
    name = "varve_resolution_duration_seconds_count"
    assert (at(api, name, moment="now"), at(api, name, moment="past")) == (1, 2)


def test_healed_answers_are_counted_by_type_and_rule(api: Client) -> None:
    api.create("question_generation", {"min_question_length": 60}, scope="user:u")
    api.create("question_generation", {"max_question_length": 50}, scope="collection:c")
    assert api.effective("u", collection_id="c")["degraded"]
    assert list(scraped(api)["varve_healed_total"].values()) == [1]


def test_the_store_and_the_lag_of_the_views_are_told(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.create()
    found = {name: samples.get(()) for name, samples in scraped(client).items()}
    assert found["varve_store_up"] == 1
    assert found["varve_log_position"] == found["varve_projection_position"] == client.newest_position
    assert found["varve_projection_lag_positions"] == found["varve_projection_lag_seconds"] == 0


def test_views_that_stand_still_fall_behind(stopped_views: Client) -> None:
    before = stopped_views.newest_position
    stopped_views.create()
    time.sleep(0.01)
    found = scraped(stopped_views)
    assert found["varve_projection_lag_positions"][()] == stopped_views.newest_position - before
    assert 0 < found["varve_projection_lag_seconds"][()] < 60


def test_the_size_of_a_store_on_disk_is_told(tmp_path: Any, postgres_url: str) -> None:
    for url in (f"sqlite:///{tmp_path / 'varve.db'}", postgres_url):
        with opened(url) as client:
            assert at(client, "varve_store_bytes") > 10_000


def test_a_scrape_is_answered_while_the_store_is_away(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise StoreUnavailable("the store did not answer: try again in a moment")

    monkeypatch.setattr(api.service.use_cases.store, "newest", away)
    found = scraped(api)
    assert found["varve_store_up"] == {(): 0}
    assert "varve_log_position" not in found
    assert "process_resident_memory_bytes" in found
    assert "varve_build_info" in found


def test_scrapes_are_answered_while_the_store_hangs(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    end = threading.Event()
    monkeypatch.setattr("api.rest.metrics.READ_WITHIN_SECONDS", 0.05)
    monkeypatch.setattr(api.service.use_cases.store, "newest", lambda: end.wait(30))
    for _ in range(6):  # more than may hang at once
        assert at(api, "varve_store_up") == 0
    end.set()


def test_each_service_counts_for_itself(api: Client) -> None:
    api.effective("u-1")
    with opened("memory:") as other:
        assert at(other, "varve_kept_answer_misses_total") == 0
