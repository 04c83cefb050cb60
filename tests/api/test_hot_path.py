"""Kept answers are as new as answers that were made for the asking: whatever happens in between."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from hypothesis import given, settings
from hypothesis import strategies as st

from api.rest.effective import context_of
from api.rest.effective_answer import Shown, finished
from application.assemble import Unmetered
from application.catalog import Catalogs
from application.resolve_config import ResolveConfig
from tests.api.conftest import CONFIGS, Client, opened

KINDS = [["global", "tenant", "user", "collection"], ["global", "user", "tenant", "collection"]]
PLACES = ["global", "user:ann", "user:bob", "tenant:acme", "collection:c-1", "collection:c-2"]
USERS = [None, "ann", "bob"]
COLLECTIONS = [[], ["c-1"], ["c-2", "c-1"]]
TENANTS = [[], ["tenant:acme"]]
TYPES = ["pipeline", "rerank"]

reads = st.tuples(
    st.sampled_from(USERS), st.sampled_from(COLLECTIONS), st.sampled_from(TENANTS), st.booleans(), st.booleans()
)
commands = st.one_of(
    st.tuples(st.just("put"), st.sampled_from(PLACES), st.sampled_from(TYPES), st.integers(1, 9)),
    st.tuples(st.just("switch"), st.sampled_from(PLACES), st.sampled_from(TYPES), st.integers(0, 1)),
    st.tuples(st.just("remove"), st.sampled_from(PLACES), st.sampled_from(TYPES), st.just(0)),
    st.tuples(st.just("ladder"), st.just(""), st.just(""), st.integers(0, 1)),
    st.tuples(st.just("define"), st.just(""), st.just("rerank"), st.integers(1, 9)),
    st.tuples(st.just("sync"), st.just(""), st.just(""), st.integers(1, 9)),
)


WATCHED: list[tuple[str | None, list[str], list[str]]] = [
    (None, [], []),
    ("ann", ["c-2", "c-1"], ["tenant:acme"]),
    ("bob", ["c-1"], []),
]  # read again after every change, so that what was kept before it meets it


class Installation:
    """One service for all examples: nothing that came before may matter."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.configs: dict[tuple[str, str], dict[str, Any]] = {}
        self.newest = 0
        for number in (0, 1):
            self.ladder("", "", number)
        self.define("", "rerank", 5)

    def put(self, place: str, config_type: str, number: int) -> None:
        data = {"timeout" if config_type == "pipeline" else "top_n": number}
        held = self.configs.get((place, config_type))
        if held:
            self.client.change(held, config_data=data)
        else:
            self.configs[place, config_type] = self.client.create(config_type, data, scope=place)

    def switch(self, place: str, config_type: str, number: int) -> None:
        if held := self.configs.get((place, config_type)):
            self.client.put(f"{CONFIGS}{held['id']}/active", json={"is_active": bool(number)})

    def remove(self, place: str, config_type: str, number: int) -> None:
        if held := self.configs.pop((place, config_type), None):
            self.client.delete(CONFIGS + held["id"])

    def ladder(self, place: str, config_type: str, number: int) -> None:
        assert self.client.put("/api/ladder", json={"kinds": KINDS[number]}).status_code == 200

    def define(self, place: str, config_type: str, number: int) -> None:
        properties = {"top_n": {"type": "integer", "default": number}}
        body = {"schema": {"type": "object", "properties": properties}}
        assert self.client.put("/api/config-types/rerank", json=body).status_code == 200

    def sync(self, place: str, config_type: str, number: int) -> None:
        body = {"kind": "env", "variables": {"PIPELINE_TIMEOUT": str(number)}}
        assert self.client.post("/api/imports", json=body).status_code == 200

    def read(
        self, user: str | None, collections: list[str], tenants: list[str], *, explain: bool, all_types: bool
    ) -> None:
        """What is answered is what resolution says without anything kept, in all but the position; twice."""
        query: list[tuple[str, str]] = [("collection_id", one) for one in collections]
        query += [("scope", one) for one in tenants] + ([("explain", "true")] if explain else [])
        query += [] if all_types else [("config_types", one) for one in TYPES]
        cases = self.client.service.use_cases
        context = context_of(cases, None, user, collections, tenants)
        fresh = ResolveConfig(cases.views, cases.assignments, Catalogs(cases.views), Unmetered())
        effective = fresh.effective(context, types=None if all_types else TYPES)
        expected = finished(effective, epoch=1, shown=Shown(explain=explain))
        address = f"{CONFIGS}effective" + (f"/{user}" if user else "") + "?" + urlencode(query)
        for _ in range(2):
            answer = self.client.get(address)
            position = answer.json()["position"]
            assert answer.content == expected.head + str(position).encode() + expected.tail
            assert answer.headers["ETag"] == expected.etag.decode()
            assert self.newest <= position == int(answer.headers["Varve-Position"]) <= self.client.newest_position
            self.newest = position
        unchanged = self.client.get(address, headers={"If-None-Match": expected.etag.decode()})
        assert (unchanged.status_code, unchanged.content) == (304, b"")


def test_an_answer_after_any_change_is_what_resolution_says_now() -> None:
    with opened("memory:") as client:
        installation = Installation(client)

        @given(st.lists(st.one_of(commands, reads), min_size=3, max_size=12))
        @settings(max_examples=20)
        def holds(steps: list[Any]) -> None:
            for step in steps:
                if len(step) == 4:
                    getattr(installation, step[0])(*step[1:])
                    for whom in WATCHED:
                        installation.read(*whom, explain=True, all_types=False)
                else:
                    *whom, explain, all_types = step
                    installation.read(*whom, explain=explain, all_types=all_types)

        holds()


def test_an_answer_is_given_from_what_is_kept(api: Client) -> None:
    address = f"{CONFIGS}effective?config_types=chunking"
    first = api.get(address)
    views: Any = api.service.use_cases.views
    before, views.layers = views.layers, None  # whoever asks the views now fails
    try:
        assert api.get(address).content == first.content
    finally:
        views.layers = before


def test_a_change_elsewhere_leaves_an_answer_kept_and_moves_its_position(api: Client) -> None:
    address = f"{CONFIGS}effective/ann"
    api.get(address)
    api.create(scope="user:bob")
    assert (b"/" + address[1:].encode(), b"") in api.service.kept.kept
    assert api.get(address).json()["position"] == api.newest_position


def test_differently_written_addresses_are_answered_alike(api: Client) -> None:
    api.create(data={"max_chunk_size": 900}, scope="user:ann")
    addresses = [f"{CONFIGS}effective/ann", f"{CONFIGS}effective/%61nn", f"{CONFIGS}effective?user_id=ann"]
    assert len({api.get(one).content for one in addresses * 2}) == 1


def test_a_refusal_is_not_kept(api: Client) -> None:
    address = f"{CONFIGS}effective?environment=staging"
    assert api.get(address).status_code == 404
    api.post("/api/environments", json={"name": "staging"})
    assert api.get(address).status_code == 200
