"""What is told of every request: its id, and a line in the log."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from api.errors import problem
from api.telemetry import Telemetry
from domain.errors import StoreUnavailable
from tests.api.conftest import CONFIGS, Client

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


def requests(logs: list[Any], count: int) -> list[Any]:
    """The lines of so many requests: the last is written when its answer is out already."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if len(found := [one for one in logs if one["event"] in ("request", "refused")]) >= count:
            return found
        time.sleep(0.01)
    raise AssertionError(f"{count} requests, and these lines: {logs}")


@pytest.mark.parametrize("path", [f"{CONFIGS}effective/u-1", CONFIGS, "/nowhere", "/health/live", "/metrics"])
def test_every_answer_has_the_id_of_its_request(api: Client, path: str) -> None:
    for _ in range(2):  # the second is answered from memory, where it can be
        assert api.get(path, headers={"X-Request-Id": "r-7:a/b"}).headers.get_list("X-Request-Id") == ["r-7:a/b"]


@pytest.mark.parametrize("sent", ["", "a b", "a" * 129, "r\u00e9sum\u00e9", "<b>", "\x1b[31m"])
def test_an_id_that_is_not_sane_is_replaced_by_one_of_ours(api: Client, sent: str) -> None:
    ids = {api.get("/health/live", headers={"X-Request-Id": sent.encode()}).headers["X-Request-Id"] for _ in range(3)}
    assert len(ids) == 3
    assert sent not in ids


def test_the_id_of_a_trace_serves_where_there_is_no_other(api: Client) -> None:
    del api.headers["X-Request-Id"]
    assert api.get("/health/live", headers={"traceparent": PARENT}).headers["X-Request-Id"] == TRACE
    assert api.get("/health/live", headers={"traceparent": "00-nonsense"}).headers["X-Request-Id"] != TRACE
    both = {"traceparent": PARENT, "X-Request-Id": "r-7"}
    assert api.get("/health/live", headers=both).headers["X-Request-Id"] == "r-7"


def test_a_request_is_one_line_with_all_that_is_known_of_it(api: Client, logs: list[Any]) -> None:
    created = api.create(scope="user:u-1")
    api.change(created, name="other")
    line = requests(logs, 2)[-1]
    assert 0 < line.pop("duration_ms") < 10_000
    assert line == {
        "event": "request",
        "log_level": "info",
        "request_id": "t-1",
        "actor": "anonymous",
        "position": api.newest_position,
        "method": "PUT",
        "route": "/api/runtime-configs/{config_id}",
        "status": 200,
    }


def test_a_line_names_who_asks(api: Client, logs: list[Any]) -> None:
    api.put("/api/tags/one", json={}, headers={"Varve-Actor": "ann"})
    assert requests(logs, 1)[-1]["actor"] == "ann"


def test_a_refused_request_is_told_with_its_code(api: Client, logs: list[Any]) -> None:
    api.get(f"{CONFIGS}effective/u-1?config_types=nothing")
    api.post(CONFIGS, content=b"{", headers={"Content-Type": "application/json"})
    told = [(one["route"], one["status"], one["code"], one["log_level"]) for one in requests(logs, 2)]
    assert told == [
        ("/api/runtime-configs/effective/{user_id}", 404, "not_found", "info"),
        ("none", 400, "invalid_request", "info"),
    ]


def test_what_machines_ask_all_the_time_and_kept_answers_are_told_to_those_who_debug(
    logs: list[Any], api: Client
) -> None:
    for path in ("/health/live", "/health/ready", "/metrics", f"{CONFIGS}effective", f"{CONFIGS}effective"):
        assert api.get(path).status_code == 200
    levels = [(one["route"], one["log_level"]) for one in requests(logs, 5)]
    assert levels == [
        ("/health/live", "debug"),
        ("/health/ready", "debug"),
        ("/metrics", "debug"),
        ("/api/runtime-configs/effective", "info"),
        ("/api/runtime-configs/effective (kept)", "debug"),
    ]


def test_a_probe_that_fails_is_a_warning(api: Client, logs: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise StoreUnavailable("the store did not answer: try again in a moment")

    monkeypatch.setattr(api.service.use_cases.store, "newest", away)
    api.get("/health/ready")
    line = requests(logs, 1)[-1]
    assert (line["status"], line["code"], line["log_level"]) == (503, "store_unavailable", "warning")


def test_whatever_is_logged_meanwhile_carries_the_id_of_the_request(api: Client, logs: list[Any]) -> None:
    api.create("question_generation", {"min_question_length": 60}, scope="user:u")
    api.create("question_generation", {"max_question_length": 50}, scope="collection:c")
    api.get(f"{CONFIGS}effective/u", params={"collection_id": "c"}, headers={"X-Request-Id": "r-7"})
    healed = [one for one in logs if one["event"].startswith("a setting was dropped")]
    assert [one["request_id"] for one in healed] == ["r-7"]


REFUSED = {"code": "forbidden", "title": "Forbidden", "detail": "this key may only read: ask for another"}


async def answered(status: int, **state: Any) -> Telemetry:
    """A request that the door refuses with this status."""

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"].update(state)
        await problem(status, **REFUSED)(scope, receive, send)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(_: Any) -> None: ...

    told = Telemetry(door)
    await told({"type": "http", "method": "GET", "path": "/", "headers": []}, receive, send)
    return told


@pytest.mark.parametrize("status", [401, 403])
def test_a_caller_who_is_refused_is_a_warning_and_is_counted(status: int, logs: list[Any]) -> None:
    told = asyncio.run(answered(status, principal=SimpleNamespace(name="key-1")))
    line = logs[-1]
    assert (line["event"], line["log_level"], line["code"]) == ("refused", "warning", "forbidden")
    assert (line["actor"], line["route"], line["status"]) == ("key-1", "none", status)
    samples = [sample for metric in told.requests.collect() for sample in metric.samples]
    assert [sample.value for sample in samples if sample.labels.get("code") == "forbidden"] == [1]


def test_a_request_that_gets_no_answer_is_told_too(logs: list[Any]) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("a fault")

    async def nothing(*_: Any) -> Any: ...

    told = Telemetry(broken)
    with pytest.raises(RuntimeError):
        asyncio.run(told({"type": "http", "method": "GET", "path": "/", "headers": []}, nothing, nothing))
    assert (logs[-1]["status"], logs[-1]["log_level"], logs[-1]["position"]) == (None, "warning", None)
