"""Experiments: who gets what, from when to when, and what is refused."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import uuid4

import pytest

from domain.experiments.bucketing import bucket
from tests.api.conftest import CONFIGS, Client
from tests.api.rest.test_profiles import PROFILES, assign, profile

EXPERIMENTS = "/api/experiments"
VARIANTS = [
    {"name": "control", "weight": 50, "is_control": True},
    {"name": "deep", "weight": 50, "profile": "deep"},
]
USERS = [f"u-{n}" for n in range(120)]
NOBODY, DEEP = (5, "default"), (25, "experiment:e-1/deep")


def planned(client: Client, name: str = "e-1", **plan: Any) -> str:
    answer = client.post(EXPERIMENTS, json={"name": name, "variants": VARIANTS, **plan})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def did(client: Client, experiment: str, act: str, **body: Any) -> dict[str, Any]:
    answer = client.post(f"{EXPERIMENTS}/{experiment}/{act}", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def revised(client: Client, experiment: str, **changes: Any) -> dict[str, Any]:
    answer = client.put(f"{EXPERIMENTS}/{experiment}", json=changes)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def served(client: Client, **query: Any) -> dict[str, tuple[int, str]]:
    """How many results each user gets, and who says so."""
    contexts = [{"user_id": user} for user in USERS]
    if query:
        answers = [client.effective(user, config_types="retrieval", **query) for user in USERS]
    else:
        body = {"contexts": contexts, "config_types": ["retrieval"]}
        answers = client.post(f"{CONFIGS}effective", json=body).json()["items"]
    found = [(one["retrieval"]["number_of_results"], one["resolution_path"]["retrieval"]) for one in answers]
    return dict(zip(USERS, found, strict=True))


@pytest.fixture
def running(client: Client) -> str:
    """An experiment in which everybody is."""
    profile(client, "deep")
    experiment = planned(client)
    did(client, experiment, "start")
    return experiment


def test_a_draft_serves_nothing(client: Client) -> None:
    profile(client, "deep")
    planned(client)
    assert set(served(client).values()) == {NOBODY}


def test_each_user_is_in_one_variant_and_stays_there(client: Client, running: str) -> None:
    first = served(client)
    counts = Counter(first.values())
    assert set(counts) == {NOBODY, DEEP}
    assert min(counts.values()) > 35
    assert {user: client.effective(user, config_types="retrieval")["resolution_path"] for user in USERS[:20]} == {
        user: {"retrieval": first[user][1]} for user in USERS[:20]
    }


def test_the_variant_is_the_one_that_the_bucket_says(client: Client, running: str) -> None:
    salt = f"{running.replace('-', '')}-variant"
    for user, (results, _) in served(client).items():
        assert (results == 25) is (bucket(user, salt) >= 5_000)


def test_only_the_share_of_traffic_that_was_asked_for_is_in_it(client: Client) -> None:
    profile(client, "deep")
    experiment = planned(client, traffic_percent=30)
    did(client, experiment, "start")
    few = {user for user, found in served(client).items() if found == DEEP}
    assert 0 < len(few) < 40
    revised(client, experiment, traffic_percent=100)
    many = {user for user, found in served(client).items() if found == DEEP}
    assert few < many


def test_other_weights_move_as_few_users_as_can_be(client: Client, running: str) -> None:
    before = served(client)
    after_change = revised(client, running, variants=[{**VARIANTS[0], "weight": 40}, {**VARIANTS[1], "weight": 60}])
    assert after_change["shares"] == {"control": 0.4, "deep": 0.6}
    after = served(client)
    assert {user for user in USERS if before[user] == DEEP} <= {user for user in USERS if after[user] == DEEP}
    assert sum(before[user] != after[user] for user in USERS) <= 25


def test_what_is_compared_stays_the_same_while_it_is_compared(client: Client, running: str) -> None:
    before = served(client)
    (deep,) = client.get(PROFILES).json()["items"]
    client.put(f"{PROFILES}/{deep['id']}", json={"settings": {"retrieval": {"number_of_results": 99}}})
    assert served(client) == before


def test_a_variant_stands_over_what_is_global_and_under_a_profile_and_the_users_own(
    client: Client, running: str
) -> None:
    user = next(user for user, found in served(client).items() if found == DEEP)
    client.create("retrieval", {"number_of_results": 7}, force=True)
    assert served(client)[user] == DEEP
    assign(client, user, profile(client, "warm", settings={"retrieval": {"number_of_results": 8}}))
    assert served(client)[user] == (8, "profile:warm")
    client.create("retrieval", {"number_of_results": 9}, scope=f"user:{user}")
    assert served(client)[user] == (9, f"user:{user}")


def test_a_pause_serves_nobody_and_then_everybody_as_before(client: Client, running: str) -> None:
    before = served(client)
    did(client, running, "pause", reason="latency is up")
    assert set(served(client).values()) == {NOBODY}
    did(client, running, "start")
    assert served(client) == before


def test_the_past_keeps_its_experiments(client: Client, running: str) -> None:
    started, before = client.newest_position, served(client)
    did(client, running, "pause")
    paused = client.newest_position
    did(client, running, "conclude", adopt="deep")
    assert set(served(client).values()) == {(25, "global")}
    assert served(client, position=started) == before
    assert set(served(client, position=paused).values()) == {NOBODY}
    assert client.get(f"{EXPERIMENTS}/{running}", params={"position": started}).json()["status"] == "running"
    assert client.post("/api/projections/verify").json()["equal"]
    for user in USERS[:10]:
        audit = client.post("/api/audits/replay", json={"user_id": user, "position": started}).json()
        assert audit["equal"]


def test_the_timeline_tells_when_a_user_came_in_and_went_out(client: Client, running: str) -> None:
    user = next(user for user, found in served(client).items() if found == DEEP)
    did(client, running, "pause")
    turns = client.get(f"{CONFIGS}effective/{user}/timeline", params={"config_types": "retrieval"}).json()["items"]
    assert [one["operation"] for one in turns][-2:] == ["start_experiment", "pause_experiment"]


def test_what_is_adopted_is_put_over_what_is_global(client: Client, running: str) -> None:
    there = client.create("retrieval", {"number_of_results": 7, "rerank": True}, force=True)
    did(client, running, "conclude", adopt="deep")
    now = client.get(CONFIGS + there["id"]).json()
    assert now["config_data"] == {"number_of_results": 25, "rerank": True}
    assert client.effective()["retrieval"]["number_of_results"] == 25


def test_what_is_dropped_leaves_nothing(client: Client, running: str) -> None:
    told = did(client, running, "conclude")
    assert (told["status"], told["adopted"]) == ("concluded", None)
    assert set(served(client).values()) == {NOBODY}


def test_experiments_of_one_layer_share_no_user(client: Client) -> None:
    profile(client, "deep")
    for name in ("e-1", "e-2"):
        did(client, planned(client, name, layer="ranking", traffic_percent=50), "start")
    paths = Counter(path.partition("/")[0] for _, path in served(client).values())
    assert {"experiment:e-1", "experiment:e-2"} < set(paths)
    third = planned(client, "e-3", layer="ranking", traffic_percent=1)
    refused = client.post(f"{EXPERIMENTS}/{third}/start", json={})
    assert (refused.status_code, "0 % of its traffic left" in refused.json()["detail"]) == (409, True)


def test_only_who_is_eligible_is_in_it(client: Client) -> None:
    profile(client, "deep")
    rule = 'context.user_id.startsWith("u-1") && !("c-1" in context.collection_ids)'
    did(client, planned(client, eligibility=rule), "start")
    inside = {user for user, found in served(client).items() if found == DEEP}
    assert inside
    assert all(user.startswith("u-1") for user in inside)
    user = inside.pop()
    assert client.effective(user, config_types="retrieval", collection_id="c-1")["resolution_path"] == {
        "retrieval": "default"
    }


def test_an_answer_tells_the_variants(client: Client, running: str) -> None:
    inside = next(user for user, found in served(client).items() if found == DEEP)
    outside = next(user for user, found in served(client).items() if found == NOBODY)
    assert client.effective(inside)["experiments"] == {"e-1": "deep"}
    assert client.effective(outside)["experiments"] == {"e-1": "control"}
    assert "experiments" not in client.effective()


def test_an_answer_tells_in_which_types_a_user_counts(client: Client, running: str) -> None:
    deep, control = (next(user for user, found in served(client).items() if found == one) for one in (DEEP, NOBODY))
    for user in (deep, control):
        assert client.effective(user)["exposed"] == {"retrieval": ["e-1"]}
        assert "exposed" not in client.effective(user, config_types="chunking")
    assert "exposed" not in client.effective()
    before = client.newest_position
    own = client.create("retrieval", {"number_of_results": 7}, scope="user", user_id=control, mode="overlay")
    assert "exposed" not in client.effective(control)
    assert client.effective(control, position=before)["exposed"] == {"retrieval": ["e-1"]}
    contexts = {"contexts": [{"user_id": control}, {"user_id": deep}]}
    items = client.post(f"{CONFIGS}effective", json=contexts).json()["items"]
    assert [one.get("exposed") for one in items] == [None, {"retrieval": ["e-1"]}]
    assert client.delete(CONFIGS + own["id"]).status_code == 204
    assert client.effective(control)["exposed"] == {"retrieval": ["e-1"]}


def test_a_kept_answer_follows_the_variants_that_its_user_is_not_in(client: Client, running: str) -> None:
    deep, control = (next(user for user, found in served(client).items() if found == one) for one in (DEEP, NOBODY))
    assert client.effective(control)["exposed"] == {"retrieval": ["e-1"]}
    why = client.effective(deep, explain=True)["provenance"]["retrieval"]["/number_of_results"]
    assert client.delete(CONFIGS + why["config_id"]).status_code == 204
    assert "exposed" not in client.effective(control)


@pytest.mark.parametrize(
    ("plan", "pointer"),
    [
        ({"variants": VARIANTS[:1]}, "/variants"),
        ({"variants": [VARIANTS[0], {**VARIANTS[1], "is_control": True}]}, "/variants"),
        ({"variants": [VARIANTS[0], {**VARIANTS[1], "name": "a/b"}]}, "/variants/1/name"),
        ({"variants": [*VARIANTS, VARIANTS[1]]}, "/variants/2/name"),
        ({"variants": [VARIANTS[0], {**VARIANTS[1], "weight": -1}]}, "/variants/1/weight"),
        ({"traffic_percent": 0}, "/traffic_percent"),
        ({"traffic_percent": 100.5}, "/traffic_percent"),
        ({"eligibility": "context.user_id =="}, "/eligibility"),
        ({"eligibility": "this.user_id == 'x'"}, "/eligibility"),
        ({"ends_at": "tomorrow"}, "/ends_at"),
        ({"guardrails": [{"name": "latency_ms"}]}, "/guardrails/0/tolerated_change_percent"),
    ],
)
def test_a_plan_that_cannot_be_carried_out_is_refused(api: Client, plan: dict[str, Any], pointer: str) -> None:
    before = api.newest_position
    answer = api.post(EXPERIMENTS, json={"name": "e-1", "variants": VARIANTS, **plan})
    assert answer.status_code == 400
    assert pointer in [one["pointer"] for one in answer.json()["errors"]], answer.text
    assert api.newest_position == before


def test_what_comes_at_the_wrong_time_is_refused(api: Client) -> None:
    experiment = planned(api)
    address = f"{EXPERIMENTS}/{experiment}"
    missing = api.post(f"{address}/start", json={})
    assert (missing.status_code, "deep, which is not there" in missing.json()["detail"]) == (409, True)
    assert api.post(f"{address}/pause", json={}).status_code == 409
    assert api.post(f"{address}/conclude", json={}).status_code == 409
    profile(api, "deep")
    did(api, experiment, "start")
    assert api.put(address, json={"layer": "ranking"}).status_code == 409
    assert api.put(address, json={"variants": [VARIANTS[0], {**VARIANTS[1], "profile": None}]}).status_code == 409
    assert api.post(f"{address}/conclude", json={"adopt": "warm"}).status_code == 404
    did(api, experiment, "conclude")
    for act in ("start", "pause", "conclude"):
        assert api.post(f"{address}/{act}", json={}).status_code == 409
    assert api.put(address, json={"traffic_percent": 1}).status_code == 409
    assert api.get(f"{EXPERIMENTS}/{uuid4()}").status_code == 404
    assert api.post(EXPERIMENTS, json={"name": "E-1", "variants": VARIANTS}).status_code == 409


def test_a_stale_change_is_refused_and_a_repeat_is_answered_again(api: Client) -> None:
    profile(api, "deep")
    address = f"{EXPERIMENTS}/{planned(api)}"
    tag = api.get(address).headers["ETag"]
    first, again = (api.post(f"{address}/start", json={}, headers={"Idempotency-Key": "k-1"}) for _ in range(2))
    assert first.json() == again.json()
    assert api.post(f"{address}/pause", json={}, headers={"If-Match": tag}).status_code == 412


def test_a_field_that_is_compared_is_not_changed_from_outside_unless_forced(client: Client, running: str) -> None:
    body = {"config_type": "retrieval", "name": "house", "config_data": {"number_of_results": 7}, "is_default": True}
    before = client.newest_position
    refused = client.post(CONFIGS, json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert "e-1 varies retrieval.number_of_results" in refused.json()["detail"]
    assert client.newest_position == before
    there = client.create("retrieval", {"rerank": True})
    address = CONFIGS + there["id"]
    assert client.put(address, json={"config_data": {"rerank": False}}).status_code == 200
    assert client.put(address, json={"config_data": {"number_of_results": 8}}).status_code == 409
    assert client.put(address, json={"config_data": {"number_of_results": 8}, "force": True}).status_code == 200
    assert client.put(f"{address}/active", json={"is_active": False}).status_code == 409
    did(client, running, "pause")
    assert client.put(address, json={"config_data": {"number_of_results": 9}}).status_code == 200
    assert client.post(CONFIGS, json={**body, "scope": "user:u-1"}).status_code == 201
