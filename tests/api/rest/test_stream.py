"""The stream of changes, at a real socket: who hears what, and for how long."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from api.callers import Callers
from tests.api.conftest import CONFIGS, Client, opened
from tests.api.listening import Event, Listening, at_socket

RESET = ("reset", "connected")


@pytest.fixture
def address(api: Client) -> Iterator[str]:
    with at_socket(api) as found:
        yield found


@pytest.fixture
def guarded() -> Iterator[tuple[Client, str]]:
    """A service that wants keys, and whose client has one of an admin."""
    with opened("memory:", callers=Callers()) as client, at_socket(client) as address:
        client.show(client.admit())
        yield client, address


def connected(address: str, **how: Any) -> Listening:
    """Past the reset that a stream begins with."""
    listening = Listening(address, **how)
    first = listening.event()
    assert (first.event, first.data["reason"]) == RESET
    return listening


def changed(position: int, *scopes: str, types: tuple[str, ...] = ("chunking",)) -> Event:
    return Event(position, "changed", {"position": position, "scopes": list(scopes), "types": list(types)})


def test_a_stream_begins_with_a_reset_that_says_where_it_begins(api: Client, address: str) -> None:
    listening = Listening(address)
    told = listening.response.headers
    assert told["Content-Type"].startswith("text/event-stream")
    assert (told["Cache-Control"], told["X-Accel-Buffering"]) == ("no-cache", "no")
    identity, position = api.service.use_cases.store.identity, api.newest_position
    about = {"position": position, "epoch": 1, "log": str(identity.log_id), "reason": "connected"}
    assert listening.event() == Event(position, "reset", about)
    assert told["Varve-Position"] == str(position)


def test_a_change_is_told_to_all_who_listen_and_reads_show_it(client: Client) -> None:
    with at_socket(client) as address:
        listening = [connected(address) for _ in range(3)]
        config = client.create(data={"max_chunk_size": 900}, scope="collection:c-9")
        told = [one.event() for one in listening]
        assert told == [changed(config["position"], "collection:c-9")] * 3
        found = client.effective(collection_id="c-9", config_types="chunking")
        assert (found["chunking"]["max_chunk_size"], found["position"]) == (900, config["position"])
        changes = [client.change(config, description=str(n))["position"] for n in range(20)]
        last = 0
        while last < changes[-1]:  # several may be told as one
            event = listening[0].event()
            assert (event.event, event.data["scopes"]) == ("changed", ["collection:c-9"])
            assert last < event.id == event.data["position"]
            last = event.id
        assert last == changes[-1]


def test_what_is_recorded_together_is_told_together(api: Client, address: str) -> None:
    listening = connected(address)
    configs = [
        {"scope": scope, "config_type": name, "name": "n", "config_data": {}, "is_default": True}
        for scope, name in (("global", "pipeline"), ("user:u-1", "chunking"))
    ]
    answer = api.post("/api/imports", json={"kind": "bundle", "bundle": bundle_of(api, configs)})
    assert answer.status_code == 200, answer.text
    assert listening.event() == changed(api.newest_position, "global", "user:u-1", types=("chunking", "pipeline"))


def bundle_of(api: Client, configs: list[dict[str, Any]]) -> dict[str, Any]:
    with opened("memory:") as other:
        for config in configs:
            assert other.post(CONFIGS, json=config).status_code == 201
        found: dict[str, Any] = other.get("/api/exports").json()
        return found


def test_each_environment_has_streams_of_its_own(api: Client, address: str) -> None:
    api.post("/api/environments", json={"name": "staging"})
    staging, production = connected(address, environment="staging"), connected(address)
    api.create(environment="staging")
    config = api.create(scope="user:u-1")
    assert staging.event().data["scopes"] == ["global"]
    assert production.event() == changed(config["position"], "user:u-1")


def test_what_may_touch_every_context_is_a_reset(api: Client, address: str) -> None:
    listening = connected(address)
    api.put("/api/ladder", json={"kinds": ["global", "tenant", "user", "collection"]})
    assert reason_of(listening.event()) == "definitions"
    api.put("/api/config-types/mine", json={"schema": {"type": "object", "properties": {}}})
    assert reason_of(listening.event()) == "definitions"
    api.post("/api/imports", json={"kind": "env", "variables": {"PIPELINE_TIMEOUT": "77"}})
    assert reason_of(listening.event()) == "process"
    api.post("/api/projections/rebuild")
    assert reason_of(listening.event()) == "rebuilt"


def test_a_profile_is_told_as_a_reset_and_whom_it_is_given_to_by_the_user(api: Client, address: str) -> None:
    listening = connected(address)
    profile = api.post("/api/profiles", json={"name": "careful", "settings": {"pipeline": {"timeout": 77}}}).json()
    assert reason_of(listening.event()) in ("definitions", "profile")
    answer = api.put("/api/assignments/u-1", json={"profile_id": profile["id"]})
    assert answer.status_code == 200, answer.text
    assert listening.event() == changed(api.newest_position, "user:u-1", types=())
    config = api.effective("u-1", config_types="pipeline", explain=True)["provenance"]["pipeline"]["/timeout"]
    assert config["layer"] == "profile:careful"


def reason_of(event: Event) -> str:
    assert event.event == "reset"
    return str(event.data["reason"])


def test_keys_tags_and_environments_are_told_to_nobody(guarded: tuple[Client, str]) -> None:
    client, address = guarded
    listening = connected(address, key=client.admit("reader"))
    client.admit("reader")
    client.post("/api/environments", json={"name": "staging"})
    client.put("/api/tags/here", json={})
    config = client.create()
    assert listening.event() == changed(config["position"], "global")


def test_who_names_the_last_event_hears_only_what_was_missed(api: Client, address: str) -> None:
    connected(address).leave()
    first = api.create(scope="user:u-1")
    second = api.create(scope="user:u-2")
    resumed = Listening(address, headers={"Last-Event-ID": str(first["position"])}, seconds=0)
    assert list(resumed.events()) == [changed(second["position"], "user:u-2")]
    nothing = Listening(address, headers={"Last-Event-ID": str(second["position"])}, seconds=0)
    assert list(nothing.events()) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Last-Event-ID": "0"},  # from before this process began to listen
        {"Last-Event-ID": "999999"},  # of another log, or another server that is ahead
        {"Last-Event-ID": "²"},
        {"Last-Event-ID": "-1"},
        {"Last-Event-ID": "{newest}", "Varve-Epoch": "2"},
    ],
)
def test_where_it_is_not_known_what_was_missed_the_stream_begins_with_a_reset(
    api: Client, address: str, headers: dict[str, str]
) -> None:
    given = {name: value.format(newest=api.newest_position) for name, value in headers.items()}
    (only,) = Listening(address, headers=given, seconds=0).events()
    assert (only.event, only.data["reason"]) == RESET


def test_who_is_bound_hears_of_what_it_may_read_and_of_nothing_else(guarded: tuple[Client, str]) -> None:
    client, address = guarded
    for collection, owner in (("c-1", "u-1"), ("c-2", "u-2")):
        client.put(f"/api/collections/{collection}/owner", json={"user_id": owner})
    listening = connected(address, key=client.admit("reader", user_id="u-1"))
    of_collection = connected(address, key=client.admit("reader", collection_id="c-2"))
    for scope in ("user:u-2", "user:u-1", "collection:c-2", "collection:c-1", "global"):
        client.create(scope=scope)
    assert heard(listening, last="global") == {"user:u-1", "collection:c-1", "global"}
    assert heard(of_collection, last="global") == {"collection:c-2", "global"}


def heard(listening: Listening, *, last: str) -> set[str]:
    """The scopes that are told up to and with one."""
    found: set[str] = set()
    while last not in found:
        found.update(listening.event().data["scopes"])
    return found


def test_an_environment_that_a_key_does_not_reach_is_not_there(guarded: tuple[Client, str]) -> None:
    client, address = guarded
    client.post("/api/environments", json={"name": "staging"})
    key = client.admit("reader", ["production"])
    assert Listening(address, key=key, environment="staging").response.status == 404
    assert Listening(address, environment="production").response.status == 401
    assert Listening(address, key=client.admit(), environment="nowhere").response.status == 404


def test_a_revoked_key_hears_nothing_more(guarded: tuple[Client, str]) -> None:
    client, address = guarded
    key = client.admit("reader")
    listening, other = connected(address, key=key), connected(address, key=client.admit("reader"))
    began = time.monotonic()
    assert client.delete(f"/api/keys/{key.split('_')[1]}").status_code == 200
    assert list(listening.events()) == []
    assert time.monotonic() - began < 5
    config = client.create()
    assert other.event() == changed(config["position"], "global")
    assert Listening(address, key=key).response.status == 401


def test_a_key_that_expires_hears_nothing_more(guarded: tuple[Client, str]) -> None:
    client, address = guarded
    expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    body = {"label": "short", "role": "reader", "environments": ["production"], "expires_at": expires}
    listening = connected(address, key=client.post("/api/keys", json=body).json()["api_key"])
    assert list(listening.events()) == []


def test_a_stream_that_is_silent_says_so(api: Client, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.streams.SILENT_SECONDS", (0.1, 0.2))
    listening = connected(address)
    assert listening.line() == ":"
    assert listening.line() == ""
    assert listening.line() == ":"


def test_streams_take_no_thread_and_no_place_among_requests(api: Client, address: str) -> None:
    listening = [connected(address) for _ in range(40)]  # there are 16 places
    config = api.create()
    assert [one.event() for one in listening] == [changed(config["position"], "global")] * 40


def test_who_leaves_is_forgotten(api: Client, address: str) -> None:
    first, second = connected(address), connected(address)
    assert sample(api, "varve_stream_clients") == 2
    first.leave()
    until(lambda: sample(api, "varve_stream_clients") == 1)
    second.leave()
    until(lambda: sample(api, "varve_stream_clients") == 0)


def until(comes: Any) -> None:
    deadline = time.monotonic() + 5
    while not comes():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def sample(api: Client, name: str) -> float:
    lines = api.get("/metrics").text.splitlines()
    return float(next(line.rpartition(" ")[2] for line in lines if line.startswith(f"{name} ")))


def test_streams_are_counted_and_are_no_latencies(api: Client, address: str) -> None:
    listening = connected(address)
    api.create()
    listening.event()
    listening.leave()
    until(lambda: sample(api, "varve_stream_clients") == 0)
    assert (sample(api, "varve_stream_opens_total"), sample(api, "varve_stream_events_total")) == (1, 2)
    assert "/api/stream" not in api.get("/metrics").text


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE"])
def test_a_stream_is_only_read(api: Client, method: str) -> None:
    answer = api.request(method, "/api/stream")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
