"""Failures and usage over HTTP: taken once, found again, and hostile texts as data."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from api.callers import Callers
from tests.api.conftest import Client, opened

FAILURES, USAGE = "/api/failures", "/api/usage"
CONFIG = "0b9e8a52-6f0e-5d0a-9a53-0f7c2f0f7b11"


def failure(**fields: Any) -> dict[str, Any]:
    known = {"at": "2026-11-20T10:00:00Z", "config_type": "llm", "config_id": CONFIG, "version": 7, "layer": "global"}
    return {"id": str(uuid4()), **known, "position": 12, "error": "NotFoundError: no such model", **fields}


def record(request_id: str, **fields: Any) -> dict[str, Any]:
    used = {"config_type": "llm", "config_id": CONFIG, "version": 7, "layer": "global"}
    known = {"at": "2026-11-20T10:00:00Z", "position": 12, "digest": "9f", "configs": [used], "outcome": "ok"}
    return {"request_id": request_id, **known, **fields}


def told(client: Client, path: str, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_failures_are_taken_once_and_told_with_the_newest_first(client: Client) -> None:
    early, late = failure(), failure(at="2026-11-20T11:00:00+01:00", user_id="u-1", healed_by="application")
    later = failure(at="2026-11-20T10:00:01Z")
    answer = client.post(FAILURES, json={"failures": [early, late]})
    assert (answer.status_code, answer.json()) == (202, {"accepted": 2, "repeated": 0})
    assert client.post(FAILURES, json={"failures": [late, later]}).json() == {"accepted": 1, "repeated": 1}
    found = told(client, FAILURES)
    assert [one["id"] for one in found] == [later["id"], late["id"], early["id"]]
    assert found[1] == {
        **late,
        "at": "2026-11-20T10:00:00.000000Z",
        "environment": "production",
        "collection_id": None,
        "circuit": "closed",
        "counts": True,
        "received_at": found[1]["received_at"],
        "reported_by": "anonymous",
    }


def test_what_an_application_says_of_its_clock_is_not_believed_into_the_future(api: Client) -> None:
    api.post(FAILURES, json={"failures": [failure(at="9999-12-31T23:59:59Z"), failure(at="0001-01-01T00:00:00+23:59")]})
    newest, oldest = told(api, FAILURES)
    assert newest["at"] == newest["received_at"]
    assert oldest["at"] == "1970-01-01T00:00:00.000000Z"


def test_hostile_texts_are_data(client: Client) -> None:
    hostile = "'; DROP TABLE varve_failures; --\x1b[2J\r\n{{7*7}}<script>\u202e"
    report = failure(error=hostile * 20, config_type="llm'--", layer="user:\n", user_id="../\x1b", healed_by=hostile)
    assert client.post(FAILURES, json={"failures": [report]}).status_code == 202
    (found,) = told(client, FAILURES, config_type="llm'--")
    assert found["error"] == (hostile * 20)[:500]
    assert (found["layer"], found["user_id"], found["healed_by"]) == ("user:\n", "../\x1b", hostile)


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        (FAILURES, {"failures": [failure(), failure(at="yesterday")]}, "/failures/1/at"),
        (FAILURES, {"failures": [failure(at="2026-11-20T10:00:00")]}, "/failures/0/at"),
        (FAILURES, {"failures": [failure(id="7")]}, "/failures/0/id"),
        (FAILURES, {"failures": [failure(version=0)]}, "/failures/0/version"),
        (FAILURES, {"failures": [failure(circuit="broken")]}, "/failures/0/circuit"),
        (FAILURES, {"failures": [failure(user="u-1")]}, "/failures/0/user"),
        (FAILURES, {"failures": [failure(user_id="u" * 256)]}, "/failures/0/user_id"),
        (FAILURES, {"failures": [failure()] * 1_001}, "/failures"),
        (USAGE, {"records": [record("")]}, "/records/0/request_id"),
        (USAGE, {"records": [record("r", outcome="fine")]}, "/records/0/outcome"),
        (USAGE, {"records": [record("r", position=-1)]}, "/records/0/position"),
    ],
)
def test_a_report_that_does_not_fit_is_refused_at_its_place_with_all_others(
    api: Client, path: str, body: Any, pointer: str
) -> None:
    answer = api.post(path, json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
    assert told(api, path) == []


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"version": 7}, "/version"),
        ({"since": "yesterday"}, "/since"),
        ({"until": "tomorrow"}, "/until"),
        ({"cursor": "7"}, "/cursor"),
    ],
)
def test_a_listing_says_what_is_wrong_with_its_filter(api: Client, query: dict[str, Any], pointer: str) -> None:
    for path in (FAILURES, USAGE):
        answer = api.get(path, params=query)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


def test_an_environment_that_is_not_there_is_not_found(api: Client) -> None:
    for path, body in ((FAILURES, {"failures": []}), (USAGE, {"records": []})):
        assert api.post(path, json={"environment": "nowhere", **body}).status_code == 404
        assert api.get(path, params={"environment": "nowhere"}).status_code == 404


def test_an_empty_report_is_taken(api: Client) -> None:
    assert api.post(FAILURES, json={"failures": []}).json() == {"accepted": 0, "repeated": 0}
    assert api.post(USAGE, json={"records": []}).json() == {"accepted": 0, "repeated": 0}


def test_pages_lead_to_each_other(api: Client) -> None:
    api.post(USAGE, json={"records": [record(f"r-{n}", at=f"2026-11-20T10:00:0{n}Z") for n in range(5)]})
    found, address = [], f"{USAGE}?limit=2"
    while address:
        answer = api.get(address)
        found += [one["request_id"] for one in answer.json()["items"]]
        address = answer.links.get("next", {}).get("url", "")
    assert found == ["r-4", "r-3", "r-2", "r-1", "r-0"]


def test_the_requests_that_used_a_version_and_failed_are_found(client: Client) -> None:
    other = [{"config_type": "llm", "config_id": CONFIG, "version": 6, "layer": "global"}]
    records = [record("good"), record("bad", outcome="failed"), record("before", outcome="failed", configs=other)]
    assert client.post(USAGE, json={"records": records}).json() == {"accepted": 3, "repeated": 0}
    (found,) = told(client, USAGE, config_id=CONFIG, version=7, outcome="failed")
    assert (found["request_id"], found["configs"]) == ("bad", records[1]["configs"])
    assert [one["request_id"] for one in told(client, USAGE, request_id="good")] == ["good"]


def test_the_summary_tells_each_failing_version(client: Client) -> None:
    reports = [failure(user_id=f"u-{n % 2}", healed_by="global" if n else None) for n in range(20)]
    client.post(FAILURES, json={"failures": [*reports, failure(version=6, error="TimeoutError")]})
    worst, other = told(client, f"{FAILURES}/summary")
    assert worst == {
        "config_type": "llm",
        "config_id": CONFIG,
        "version": 7,
        "layer": "global",
        "failures": 20,
        "users": 2,
        "healed": 19,
        "first_at": "2026-11-20T10:00:00.000000Z",
        "last_at": "2026-11-20T10:00:00.000000Z",
        "last_error": "NotFoundError: no such model",
        "over_threshold": True,
        "quarantined_position": None,
    }
    assert (other["version"], other["failures"], other["over_threshold"]) == (6, 1, False)


def test_who_is_bound_to_a_user_reports_of_that_user_alone() -> None:
    with opened("memory:", callers=Callers()) as client:
        client.show(client.admit("reader", user_id="u-1"))
        for user, status in (("u-1", 202), (None, 202), ("u-2", 404)):
            assert client.post(FAILURES, json={"failures": [failure(user_id=user)]}).status_code == status
            assert client.post(USAGE, json={"records": [record(f"r-{user}", user_id=user)]}).status_code == status
        client.show(client.admit("viewer"))
        assert {one["user_id"] for one in told(client, FAILURES)} == {"u-1", None}
