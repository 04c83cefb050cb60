"""What OFREP's clients hear of changes, at a real socket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonschema_rs
import pytest

from api.callers import Callers
from tests.api.conftest import Client, opened
from tests.api.listening import Listening, at_socket
from tests.api.rest.test_profiles import assign, profile

FLAGS, EVENTS = "/ofrep/v1/evaluate/flags", "/ofrep/v1/events"
STREAM = {
    "required": ["type", "endpoint"],
    "additionalProperties": False,
    "properties": {
        "type": {"const": "sse"},
        "endpoint": {
            "required": ["requestUri"],
            "additionalProperties": False,
            "properties": {"requestUri": {"type": "string", "pattern": "^/"}},
        },
    },
}


@pytest.fixture
def address(api: Client) -> Iterator[str]:
    with at_socket(api) as found:
        yield found


def heard(listening: Listening) -> tuple[int, dict[str, Any]]:
    """The next message; it has no name, since clients of OFREP look for none."""
    told: dict[str, str] = {}
    while (line := listening.line()) or not told:
        name, _, value = line.partition(":")
        if name:
            told[name] = value.strip()
    assert told.keys() == {"id", "data"}
    return int(told["id"]), json.loads(told["data"])


def refetch(position: int) -> tuple[int, dict[str, Any]]:
    return position, {"type": "refetchEvaluation", "etag": str(position)}


def connected(address: str, **query: Any) -> Listening:
    """Past the message that a stream begins with."""
    listening = Listening(address, path=EVENTS, **query)
    assert heard(listening)[1]["type"] == "refetchEvaluation"
    return listening


def test_an_answer_says_where_its_changes_are_told(api: Client, address: str) -> None:
    api.put("/api/ladder", json={"kinds": ["global", "tenant", "user", "collection"]})
    context = {"targetingKey": "u 1&", "collection_ids": ["c-9", "c-8"], "tenant": "t-1"}
    (told,) = api.post(FLAGS, json={"context": context}).json()["eventStreams"]
    jsonschema_rs.validate(STREAM, told)
    parts = urlsplit(told["endpoint"]["requestUri"])
    scopes = ["user:u 1&", "collection:c-9", "collection:c-8", "tenant:t-1"]
    assert (parts.path, parse_qs(parts.query)) == (EVENTS, {"environment": ["production"], "scope": scopes})
    listening = connected(address, **parse_qs(parts.query))
    assert listening.response.headers["Content-Type"].startswith("text/event-stream")
    for scope in scopes:
        config = api.create("retrieval", {"number_of_results": 9}, scope=scope)
        assert heard(listening) == refetch(config["position"])


def test_only_what_may_touch_the_context_is_told(api: Client, address: str) -> None:
    listening = connected(address, scope="user:u-1")
    api.create("retrieval", {"number_of_results": 9}, scope="user:u-2")
    api.create("retrieval", {"number_of_results": 9}, scope="collection:c-9")
    config = api.create("retrieval", {"number_of_results": 9})
    assert heard(listening) == refetch(config["position"])
    api.put("/api/config-types/tools", json={"schema": {"type": "object", "properties": {}}})
    assert heard(listening) == refetch(api.newest_position)


def test_a_profile_may_touch_anybody(api: Client, address: str) -> None:
    made = profile(api)
    assign(api, "u-1", made)
    listening = connected(address, scope="user:u-1")
    api.put(f"/api/profiles/{made['id']}", json={"settings": {"retrieval": {"number_of_results": 12}}})
    assert heard(listening) == refetch(api.newest_position)


def test_an_event_names_the_position_that_the_next_answer_shows(api: Client, address: str) -> None:
    listening = connected(address, scope="user:u-1")
    etag = api.post(FLAGS, json={"context": {"targetingKey": "u-1"}}).headers["ETag"]
    api.create("retrieval", {"number_of_results": 9}, scope="user:u-1")
    position, event = heard(listening)
    query = {"flagConfigEtag": event["etag"]}
    answer = api.post(FLAGS, json={"context": {"targetingKey": "u-1"}}, params=query, headers={"If-None-Match": etag})
    assert (answer.status_code, answer.json()["metadata"]["position"]) == (200, position)


def test_what_was_missed_is_told_once(api: Client, address: str) -> None:
    since = api.newest_position
    api.create("retrieval", {"number_of_results": 9})
    newest = api.create("chunking", {})["position"]
    listening = Listening(address, path=EVENTS, headers={"Last-Event-ID": str(since)}, seconds=0)
    assert heard(listening) == refetch(newest)
    with pytest.raises(EOFError):
        heard(listening)


def test_refusals_have_the_form_of_the_protocol(api: Client) -> None:
    for query, status in (
        ({"scope": "nonsense:"}, 400),
        ({"environment": "unheard-of"}, 404),
        ({"seconds": "-1"}, 400),
    ):
        answer = api.get(EVENTS, params=query)
        assert (answer.status_code, answer.json().keys()) == (status, {"errorCode", "errorDetails"})


def test_who_is_bound_hears_of_its_own_and_may_not_ask_for_others() -> None:
    with opened("memory:", callers=Callers()) as api, at_socket(api) as address:
        admin, bound = api.admit(), api.admit("reader", ["production"], user_id="u-1")
        api.show(bound)
        assert api.get(EVENTS, params={"scope": "user:u-2", "seconds": 0}).status_code == 404
        listening = connected(address, key=bound, scope="user:u-1")
        api.show(admin)
        config = api.create("retrieval", {"number_of_results": 9}, scope="user:u-1")
        assert heard(listening) == refetch(config["position"])
