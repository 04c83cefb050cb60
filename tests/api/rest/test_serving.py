"""The switch that has applications use their own defaults: what is told, to whom, and when."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import CONFIGS, Client
from tests.api.rest.test_experiments import did, planned
from tests.api.rest.test_ofrep import FLAGS, evaluated
from tests.api.rest.test_profiles import profile

SERVING = "/api/environments/production/serving"


def switched(client: Client, serving: str, **more: Any) -> dict[str, Any]:
    answer = client.put(SERVING, json={"serving": serving, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_every_answer_tells_while_it_is_switched_and_the_settings_stay(client: Client) -> None:
    client.create("chunking", {"max_chunk_size": 900})
    before = client.effective("u-1")
    at = client.newest_position
    told = switched(client, "defaults", reason="answers are wrong")
    assert (told["serving"], told["reason"], told["changed_by"]) == ("defaults", "answers are wrong", "anonymous")
    during = client.effective("u-1")
    assert during["serving"] == "defaults"
    assert (during["chunking"], during["digest"]) == (before["chunking"], before["digest"])
    (item,) = client.post(f"{CONFIGS}effective", json={"contexts": [{"user_id": "u-1"}]}).json()["items"]
    assert item["serving"] == "defaults"
    assert "serving" not in client.effective("u-1", position=at)
    assert client.effective("u-1", position=client.newest_position)["serving"] == "defaults"
    switched(client, "settings")
    assert client.effective("u-1") == {**before, "position": client.newest_position}
    assert client.get(SERVING, params={"position": at}).json()["changed_at"] is None


def test_who_holds_an_answer_hears_of_the_switch_by_etag_and_by_digest(client: Client) -> None:
    answer = client.get(f"{CONFIGS}effective/u-1")
    etag, digest = answer.headers["ETag"], answer.json()["digest"]
    switched(client, "defaults")
    assert client.get(f"{CONFIGS}effective/u-1", headers={"If-None-Match": etag}).status_code == 200
    contexts = [{"user_id": "u-1", "etag": etag}, {"user_id": "u-1", "digest": digest}]
    by_etag, by_digest = client.post(f"{CONFIGS}effective", json={"contexts": contexts}).json()["items"]
    assert (by_etag["serving"], by_digest) == ("defaults", {"unchanged": True, "serving": "defaults"})
    switched(client, "settings")
    contexts[0]["etag"] = by_etag["etag"]
    by_etag, by_digest = client.post(f"{CONFIGS}effective", json={"contexts": contexts}).json()["items"]
    assert ("serving" in by_etag, by_digest) == (False, {"unchanged": True})


def test_flags_are_disabled_and_have_no_value(api: Client) -> None:
    before = api.post(FLAGS, json={"context": {}})
    switched(api, "defaults")
    for key in ("chunking", "chunking.max_chunk_size"):
        found = evaluated(api, key, targetingKey="u-1")
        assert (found["reason"], found["variant"], "value" in found) == ("DISABLED", "defaults", False)
        assert found["metadata"]["serving"] == "defaults"
    again = api.post(FLAGS, json={"context": {}}, headers={"If-None-Match": before.headers["ETag"]})
    assert again.status_code == 200
    assert {one["reason"] for one in again.json()["flags"]} == {"DISABLED"}


def test_nobody_counts_for_an_experiment_meanwhile(api: Client) -> None:
    profile(api, "deep")
    did(api, planned(api), "start")
    assert "exposed" in api.effective("u-1")
    switched(api, "defaults")
    answer = api.effective("u-1")
    assert ("exposed" in answer, "experiments" in answer) == (False, True)


def test_one_environment_is_switched_and_no_other(api: Client) -> None:
    api.post("/api/environments", json={"name": "staging"})
    switched(api, "defaults")
    assert "serving" not in api.effective("u-1", environment="staging")
    assert api.get("/api/environments/staging/serving").json()["serving"] == "settings"


def test_what_is_so_already_records_nothing_and_a_dry_run_neither(api: Client) -> None:
    position = api.newest_position
    assert switched(api, "settings")["changed_at"] is None
    answer = api.put(SERVING, json={"serving": "defaults"}, params={"dry_run": True}).json()
    assert [one["type"] for one in answer["events"]] == ["serving.changed"]
    assert api.newest_position == position


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (SERVING, {"serving": "nothing"}, 400),
        (SERVING, {}, 400),
        ("/api/environments/nowhere/serving", {"serving": "defaults"}, 404),
    ],
)
def test_what_cannot_be_switched_is_refused(api: Client, path: str, body: dict[str, Any], status: int) -> None:
    assert api.put(path, json=body).status_code == status


def test_an_event_of_the_switch_is_switched_back_not_undone(api: Client) -> None:
    switched(api, "defaults")
    answer = api.post(f"/api/events/{api.newest_position}/undo", json={})
    assert (answer.status_code, "switch it back" in answer.json()["detail"]) == (400, True)


def test_a_scrape_tells_which_environments_are_switched(api: Client) -> None:
    api.post("/api/environments", json={"name": "staging"})
    switched(api, "defaults")
    told = [line for line in api.get("/metrics").text.splitlines() if line.startswith("varve_serving_defaults")]
    assert told == [
        'varve_serving_defaults{environment="production"} 1.0',
        'varve_serving_defaults{environment="staging"} 0.0',
    ]
