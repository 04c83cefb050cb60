"""Exposures and outcomes over HTTP, and what comes of them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from api.callers import Callers
from infrastructure import measurements
from tests.api.conftest import Client, opened
from tests.api.rest.test_experiments import EXPERIMENTS, VARIANTS, did, planned
from tests.api.rest.test_profiles import profile

EXPOSURES, OUTCOMES = "/api/exposures", "/api/outcomes"
METRICS: dict[str, Any] = {
    "primary_metric": {"name": "accepted", "kind": "rate"},
    "guardrails": [{"name": "latency_ms", "better": "lower", "tolerated_change_percent": 5}],
}
EARLY, LATE = "2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z"


def exposed(user: str, variant: str = "deep", **fields: Any) -> dict[str, Any]:
    return {"user_id": user, "experiment": "e-1", "variant": variant, "at": EARLY, **fields}


def outcome(user: str, value: float, **fields: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "user_id": user, "metric": "accepted", "value": value, "at": LATE, **fields}


def report(client: Client, *, exposures: Any = (), outcomes: Any = ()) -> None:
    for path, field, rows in ((EXPOSURES, "exposures", exposures), (OUTCOMES, "outcomes", outcomes)):
        answer = client.post(path, json={field: list(rows)})
        assert (answer.status_code, answer.json()) == (202, {"accepted": len(rows), "repeated": 0}), answer.text


def told(client: Client, experiment: str) -> dict[str, Any]:
    answer = client.get(f"{EXPERIMENTS}/{experiment}/results")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def started(client: Client) -> str:
    profile(client, "deep")
    experiment = planned(client, **METRICS)
    did(client, experiment, "start")
    return experiment


@pytest.fixture
def running(client: Client) -> str:
    return started(client)


def test_a_better_variant_is_told_with_its_figures(client: Client, running: str) -> None:
    users = {name: [f"{name}-{n}" for n in range(200)] for name in ("control", "deep")}
    report(client, exposures=[exposed(user, name) for name, those in users.items() for user in those])
    report(client, outcomes=[outcome(user, 1) for user in (*users["control"][:40], *users["deep"][:140])])
    latencies = {
        name: [outcome(one, 100 + n % 7, metric="latency_ms") for n, one in enumerate(users[name])] for name in users
    }
    report(client, outcomes=[*latencies["control"], *latencies["deep"]])
    found = told(client, running)
    accepted, latency = found.pop("metrics")
    assert {key: found[key] for key in ("name", "status", "users", "users_in_several_variants", "shares")} == {
        "name": "e-1",
        "status": "running",
        "users": {"control": 200, "deep": 200},
        "users_in_several_variants": 0,
        "shares": {"due": {"control": 0.5, "deep": 0.5}, "p_value": 1.0, "match": True},
    }
    control, deep = accepted["variants"]
    assert (control["mean"], control["difference"], control["verdict"]) == (0.2, None, None)
    assert (deep["users"], deep["mean"], deep["verdict"]) == (200, 0.7, "better")
    assert (deep["difference"], deep["relative"]) == (pytest.approx(0.5), pytest.approx(2.5))
    assert 0 < deep["anytime_interval"]["low"] < deep["interval"]["low"] < 0.5 < deep["interval"]["high"]
    assert deep["p_value"] < deep["anytime_p_value"] < 0.05
    assert [one["verdict"] for one in latency["variants"]] == [None, "no difference seen yet"]
    assert (latency["better"], latency["kind"], latency["tolerated_change_percent"]) == ("lower", "mean", 5)


def test_shares_that_do_not_match_stop_the_verdict(client: Client, running: str) -> None:
    users = {"control": [f"c-{n}" for n in range(300)], "deep": [f"d-{n}" for n in range(150)]}
    report(client, exposures=[exposed(user, name) for name, those in users.items() for user in those])
    report(client, outcomes=[outcome(user, 1) for user in users["deep"]])
    found = told(client, running)
    assert (found["shares"]["match"], found["metrics"][0]["variants"][1]["verdict"]) == (False, "shares do not match")


def test_an_experiment_without_users_says_so(client: Client, running: str) -> None:
    found = told(client, running)
    assert (found["users"], found["shares"]["match"]) == ({"control": 0, "deep": 0}, True)
    assert [(one["mean"], one["verdict"]) for one in found["metrics"][0]["variants"]] == [
        (None, None),
        (None, "too few users"),
    ]


def test_what_is_sent_again_counts_once(client: Client, running: str) -> None:
    first, again = exposed("u-1"), exposed("u-1", at="2026-11-20T23:59:59Z", experiment="E-1")
    assert client.post(EXPOSURES, json={"exposures": [first, again]}).json() == {"accepted": 1, "repeated": 1}
    tomorrow = exposed("u-1", at="2026-11-21T00:00:00Z")
    assert client.post(EXPOSURES, json={"exposures": [first, tomorrow]}).json() == {"accepted": 1, "repeated": 1}
    one = outcome("u-1", 1)
    assert client.post(OUTCOMES, json={"outcomes": [one, {**one, "value": 5}]}).json() == {"accepted": 1, "repeated": 1}
    assert told(client, running)["metrics"][0]["variants"][1]["mean"] == 1


def test_without_a_time_it_was_when_it_came_in(api: Client) -> None:
    experiment = started(api)
    late = {key: value for key, value in outcome("u-1", 1).items() if key != "at"}
    unmarked = {key: value for key, value in exposed("u-1").items() if key != "at"}
    report(api, exposures=[unmarked], outcomes=[outcome("u-1", 7), late])
    assert told(api, experiment)["metrics"][0]["variants"][1]["mean"] == 1


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        (EXPOSURES, {"exposures": [exposed("u-1"), exposed("u-2", experiment="e-2")]}, "/exposures/1/experiment"),
        (EXPOSURES, {"exposures": [exposed("u-1", variant="deeper")]}, "/exposures/0/variant"),
        (EXPOSURES, {"exposures": [exposed("u-1", at="today")]}, "/exposures/0/at"),
        (EXPOSURES, {"exposures": [exposed("")]}, "/exposures/0/user_id"),
        (EXPOSURES, {"exposures": [exposed("u-1")] * 1_001}, "/exposures"),
        (OUTCOMES, {"outcomes": [outcome("u-1", 1e16)]}, "/outcomes/0/value"),
        (OUTCOMES, {"outcomes": [outcome("u-1", True)]}, "/outcomes/0/value"),
        (OUTCOMES, {"outcomes": [outcome("u-1", 1, id="7")]}, "/outcomes/0/id"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_place_with_all_others(
    api: Client, path: str, body: Any, pointer: str
) -> None:
    experiment = started(api)
    answer = api.post(path, json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
    assert told(api, experiment)["users"] == {"control": 0, "deep": 0}


def test_what_is_not_there_is_not_found(api: Client) -> None:
    for path, field in ((EXPOSURES, "exposures"), (OUTCOMES, "outcomes")):
        assert api.post(path, json={"environment": "nowhere", field: []}).status_code == 404
        assert api.post(path, json={field: []}).json() == {"accepted": 0, "repeated": 0}
    assert api.get(f"{EXPERIMENTS}/{uuid4()}/results").status_code == 404


def test_a_plan_without_metrics_still_counts_users(api: Client) -> None:
    experiment = planned(api, variants=[{**one, "profile": None} for one in VARIANTS])
    did(api, experiment, "start")
    report(api, exposures=[exposed("u-1"), exposed("u-2"), exposed("u-2", "control")])
    found = told(api, experiment)
    assert (found["users"], found["users_in_several_variants"], found["metrics"]) == ({"control": 0, "deep": 1}, 1, [])


def test_who_is_bound_to_a_user_measures_that_user_alone() -> None:
    with opened("memory:", callers=Callers()) as client:
        client.show(client.admit())
        started(client)
        client.show(client.admit("reader", user_id="u-1"))
        for user, status in (("u-1", 202), ("u-2", 404)):
            assert client.post(EXPOSURES, json={"exposures": [exposed(user)]}).status_code == status
            assert client.post(OUTCOMES, json={"outcomes": [outcome(user, 1)]}).status_code == status


def test_what_was_reported_is_read_back(client: Client, running: str) -> None:
    accepted, other = outcome("u-1", 1), outcome("u-1", 7, metric="unplanned")
    report(client, exposures=[exposed("u-1"), exposed("u-2", "control")], outcomes=[accepted, other])
    page = client.get(f"{EXPERIMENTS}/{running}/exposures").json()
    assert (page["next"], page["first"], page["last"]) == (None, 1, 2)
    early = EARLY.replace("Z", ".000000Z")
    assert [{**one, "received_at": None} for one in page["items"]] == [
        {**exposed(user, variant), "at": early, "received_at": None}
        for user, variant in (("u-1", "deep"), ("u-2", "control"))
    ]
    (item,) = client.get(f"{EXPERIMENTS}/{running}/outcomes").json()["items"]
    assert {**item, "received_at": None} == {**accepted, "at": LATE.replace("Z", ".000000Z"), "received_at": None}


def test_pages_lead_to_the_next(client: Client, running: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measurements, "PLACES", 2)
    report(client, exposures=[exposed(f"u-{n}") for n in range(5)])
    path, users = f"{EXPERIMENTS}/{running}/exposures", []
    while path:
        answer = client.get(path)
        users += [one["user_id"] for one in answer.json()["items"]]
        path = answer.links.get("next", {}).get("url")
    assert users == [f"u-{n}" for n in range(5)]
    refused = client.get(f"{EXPERIMENTS}/{running}/exposures?cursor=far")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/cursor")
