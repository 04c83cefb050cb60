"""Bodies before the framework sees them: at the ASGI edge, where chunks and disconnections can be seen."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import orjson
import pytest

from api.parsing import MAX_BODY, StrictBodies, is_json
from domain.canonical_json import canonical

JSON = (b"content-type", b"application/json")


class Framework:
    """What stands behind: keeps what it was given."""

    def __init__(self) -> None:
        self.called = False
        self.parsed: Any = None
        self.body = b""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.called, self.parsed = True, scope["state"]["varve_body"]
        self.body = (await receive())["body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def ask(
    *parts: bytes, headers: Iterable[tuple[bytes, bytes]] = (JSON,), path: str = "/x", gone: bool = False
) -> tuple[Framework, list[Any], int]:
    """What came through, what was answered, and how many parts were read."""
    framework, sent, left = Framework(), list[Any](), list(parts)

    async def receive() -> dict[str, Any]:
        if not left and gone:
            return {"type": "http.disconnect"}
        part = left.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(left) or gone}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "headers": list(headers), "query_string": b""}
    asyncio.run(StrictBodies(framework)(scope, receive, send))
    return framework, sent, len(parts) - len(left)


def problem(sent: list[Any]) -> tuple[int, str]:
    return sent[0]["status"], orjson.loads(sent[1]["body"])["code"]


def test_a_body_in_parts_is_handed_on_whole_and_parsed() -> None:
    framework, _, _ = ask(b'{"a":', b" [1, ", b"2.50]}")
    assert (framework.parsed, framework.body) == ({"a": [1, 2.5]}, b'{"a": [1, 2.50]}')


def test_what_is_accepted_reads_back_byte_equal_in_canonical_form() -> None:
    written = '{"a":1e3,"b":[0.1,-0.0,"é\\u0041"],"é":null}'.encode()
    framework, _, _ = ask(written)
    assert canonical(framework.parsed) == '{"a":1000,"b":[0.1,0,"éA"],"é":null}'.encode()


def test_no_body_is_none() -> None:
    framework, _, _ = ask(b"", headers=())
    assert (framework.called, framework.parsed) == (True, None)


def test_a_body_that_says_it_is_too_large_is_not_read() -> None:
    framework, sent, parts = ask(b"{}", headers=[JSON, (b"content-length", str(MAX_BODY + 1).encode())])
    assert (framework.called, problem(sent), parts) == (False, (413, "too_large"), 0)


def test_a_body_that_turns_out_too_large_is_read_no_further() -> None:
    framework, sent, parts = ask(*[b" " * 400_000] * 9)
    assert (framework.called, problem(sent), parts) == (False, (413, "too_large"), 3)


def test_a_body_of_exactly_the_limit_is_taken() -> None:
    framework, _, _ = ask(b"[]" + b" " * (MAX_BODY - 2))
    assert framework.parsed == []


def test_an_import_may_be_larger() -> None:
    framework, _, _ = ask(b"[]" + b" " * MAX_BODY, path="/api/imports")
    assert framework.parsed == []


def test_a_length_that_lies_changes_nothing() -> None:
    for length in (b"0", b"-1", b"x", b"9" * 5000):
        framework, sent, _ = ask(b"[1]", headers=[JSON, (b"content-length", length)])
        assert framework.parsed == [1] or problem(sent) == (413, "too_large")


def test_a_caller_who_goes_away_gets_no_answer_and_starts_nothing() -> None:
    framework, sent, _ = ask(b'{"a":', gone=True)
    assert (framework.called, sent) == (False, [])


@pytest.mark.parametrize("text", [b"NaN", b'{"a":1,"a":2}', b'"\\ud800"', b"[1e999]", b"\xff", b"{"])
def test_what_can_be_read_in_two_ways_is_not_handed_on(text: bytes) -> None:
    framework, sent, _ = ask(text)
    assert (framework.called, problem(sent)) == (False, (400, "invalid_request"))


@pytest.mark.parametrize(
    "content_type",
    [b"application/json", b"Application/JSON; charset=UTF-8", b'application/json;charset="utf-8"'],
)
def test_json_in_utf_8_is_taken(content_type: bytes) -> None:
    assert is_json(content_type)


@pytest.mark.parametrize(
    "content_type", [b"application/json; charset=latin-1", b"application/jsonp", b"text/json", b""]
)
def test_anything_else_is_not(content_type: bytes) -> None:
    assert not is_json(content_type)


def test_a_page_of_another_site_cannot_send_a_command_without_being_asked() -> None:
    _, sent, _ = ask(b"{}", headers=())
    assert problem(sent) == (415, "unsupported_media_type")
