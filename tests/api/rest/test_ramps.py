"""Releases that come to more and more users, or wait for a time."""

from __future__ import annotations

from typing import Any

import pytest

from application.advance_releases import AdvanceReleases
from domain.experiments.bucketing import bucket
from domain.times import microseconds
from tests.api.conftest import Client
from tests.api.rest.change_sets import CHUNKING, act, made

MINUTE_US = 60_000_000
RAMP = {"steps": [10, 50, 100], "bake_minutes": 30}
USERS = [f"u-{n}" for n in range(60)]


class Clock:
    """What the service's own steps go by; moved by hand."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._ahead_us = 0
        advance: Any = client.service.use_cases.releases.advance
        advance._now_us = lambda: client.service.use_cases.store.now_us() + self._ahead_us
        self._advance: AdvanceReleases = advance

    def pass_minutes(self, minutes: float) -> None:
        self._ahead_us += round(minutes * MINUTE_US)
        self._show()
        self._advance.look()  # the service's own thread may be doing it at the same time
        self._show()

    def _show(self) -> None:
        assert self._client.service.use_cases.progress.wait_for(self._client.newest_position, seconds=20)


@pytest.fixture
def clock(client: Client) -> Clock:
    client.create("chunking", {"max_chunk_size": 500, "chunk_overlap": 20}, mode="overlay")
    return Clock(client)


def ramping(client: Client, **body: Any) -> dict[str, Any]:
    """The default is to lose one field, and to change another."""
    found = made(client, {"config_type": "chunking", "config_data": {"max_chunk_size": 900}})
    return act(client, found, "publish", **{"ramp": RAMP, **body})


def sizes(client: Client, **query: Any) -> dict[str, tuple[int, int]]:
    found = {user: client.effective(user, config_types="chunking", **query)["chunking"] for user in USERS}
    return {user: (one["max_chunk_size"], one["chunk_overlap"]) for user, one in found.items()}


def share(change_set: dict[str, Any], percent: float) -> set[str]:
    salt = f"release-{change_set['id'].replace('-', '')}"
    return {user for user in USERS if bucket(user, salt) < percent * 100}


NEW, OLD = (900, 10), (500, 20)  # what is published takes the overlap back to its default


def test_more_and_more_users_get_it_step_by_step(client: Client, clock: Clock) -> None:
    found = ramping(client)
    assert (found["state"], found["ramp"]["percent"]) == ("ramping", 10)
    (listed,) = client.get("/api/change-sets").json()["items"]
    assert microseconds(listed["due_at"]) == (microseconds(listed["updated_at"]) or 0) + 30 * MINUTE_US
    assert {user for user, size in sizes(client).items() if size == NEW} == share(found, 10)
    assert set(sizes(client).values()) <= {NEW, OLD}
    clock.pass_minutes(29)
    assert {user for user, size in sizes(client).items() if size == NEW} == share(found, 10)
    clock.pass_minutes(2)
    assert {user for user, size in sizes(client).items() if size == NEW} == share(found, 50)
    assert client.effective(config_types="chunking")["chunking"]["max_chunk_size"] == 500
    clock.pass_minutes(31)
    assert set(sizes(client).values()) == {NEW}
    assert client.effective(config_types="chunking")["resolution_path"]["chunking"] == "global"
    assert client.get(f"/api/change-sets/{found['id']}").json()["state"] == "published"


def test_answers_about_the_past_see_the_ramp_as_it_was(client: Client, clock: Clock) -> None:
    assert clock is not None
    found = ramping(client)
    then, first = found["position"], sizes(client)
    act(client, found, "step", percent=60)
    assert {user for user, size in sizes(client).items() if size == NEW} == share(found, 60)
    act(client, found, "rollback")
    assert set(sizes(client).values()) == {OLD}
    assert sizes(client, position=then) == first
    user = min(share(found, 10))
    audit = {"user_id": user, "as_of": None, "environment": "production"}
    assert client.post("/api/audits/replay", json={**audit, "position": then}).json()["equal"] is True
    explained = client.effective(user, config_types="chunking", explain=True, position=then)
    assert explained["provenance"]["chunking"]["/max_chunk_size"]["layer"] == f"release:{found['id']}"


def test_a_ramp_is_stepped_by_hand_and_never_back(client: Client, clock: Clock) -> None:
    assert clock is not None
    found = ramping(client)
    act(client, found, "step")
    assert act(client, found, "step", 400, percent=20)["errors"][0]["pointer"] == "/percent"
    assert act(client, found, "step", percent=100)["state"] == "published"
    assert "is published" in act(client, found, "step", 409)["detail"]
    act(client, found, "rollback")
    assert set(sizes(client).values()) == {OLD}


@pytest.mark.parametrize(
    ("draft", "ramp", "pointer"),
    [
        ({**CHUNKING, "scope": "user:u-1", "is_default": True}, RAMP, "/drafts/0"),
        ({**CHUNKING, "name": "aside"}, RAMP, "/drafts/0"),
        ({"kind": "profile", "name": "p", "settings": {}}, RAMP, "/drafts/0"),
        ({**CHUNKING, "is_default": True}, {"steps": [50, 10, 100]}, "/ramp/steps"),
        ({**CHUNKING, "is_default": True}, {"steps": [1, 50]}, "/ramp/steps"),
        ({**CHUNKING, "is_default": True}, {"steps": [100], "bake_minutes": -1}, "/ramp/bake_minutes"),
    ],
)
def test_what_no_part_of_the_users_can_be_given_is_refused(
    api: Client, draft: dict[str, Any], ramp: dict[str, Any], pointer: str
) -> None:
    refused = act(api, made(api, draft), "publish", 400, ramp=ramp)
    assert refused["errors"][0]["pointer"] == pointer


def test_one_release_of_a_type_is_on_its_way_at_a_time(client: Client, clock: Clock) -> None:
    assert clock is not None
    ramping(client)
    other = made(client, {"config_type": "chunking", "config_data": {"max_chunk_size": 700}})
    assert "another release of chunking" in act(client, other, "publish", 409, ramp=RAMP)["detail"]


def test_what_waits_is_published_at_its_time_by_the_service(client: Client, clock: Clock) -> None:
    found = made(client, {"config_type": "chunking", "config_data": {"max_chunk_size": 900}})
    waiting = act(client, found, "publish", publish_at="2999-01-01T00:00:00Z", reason="RAG-1")
    assert (waiting["state"], waiting["publish_at"]) == ("proposed", "2999-01-01T00:00:00Z")
    clock.pass_minutes(60)
    assert set(sizes(client).values()) == {OLD}
    clock.pass_minutes(1_000 * 366 * 24 * 60)
    done = client.get(f"/api/change-sets/{found['id']}").json()
    assert (done["state"], done["updated_by"]) == ("published", "varve")
    (event,) = client.get("/api/events", params={"after": done["position"] - 1}).json()["items"][-1:]
    assert event["reason"] == "RAG-1"
    past = made(client, CHUNKING)
    refused = act(client, past, "publish", 400, publish_at="2020-01-01T00:00:00Z")
    assert refused["errors"][0]["pointer"] == "/publish_at"


def test_what_cannot_be_done_at_its_time_halts_and_says_why(client: Client, clock: Clock) -> None:
    found = ramping(client)
    client.post("/api/environments/production/freeze", json={"reason": "the holidays"})
    clock.pass_minutes(31)
    clock.pass_minutes(31)
    halted = client.get(f"/api/change-sets/{found['id']}").json()
    assert (halted["state"], halted["ramp"]["percent"]) == ("ramping", 10)
    assert "is frozen" in halted["problem"]
    assert client.get("/api/change-sets").json()["items"][0]["due_at"] is None
    client.post("/api/environments/production/thaw", json={})
    assert act(client, found, "step")["problem"] is None


def test_what_went_badly_is_turned_back_with_the_evidence(client: Client, clock: Clock) -> None:
    assert clock is not None
    found = ramping(client)
    roll_back = client.service.use_cases.releases.roll_back
    evidence = {"metric": "failures", "value": 12}
    assert client.service.use_cases.progress.wait_for(client.newest_position, seconds=20)
    (told,) = roll_back.because(evidence, environment="production", reason="too many failures")
    assert told[1] is None
    assert client.get(f"/api/change-sets/{found['id']}").json()["state"] == "rolled_back"
    position = client.get(f"/api/change-sets/{found['id']}").json()["position"]
    events = client.get("/api/events", params={"after": position - 9}).json()["items"]
    (event,) = (one for one in events if one["type"] == "change_set.rolled_back")
    assert (event["actor"], event["data"]["evidence"]) == ("varve", evidence)
    assert roll_back.because(evidence, environment="production", reason="again") == []
