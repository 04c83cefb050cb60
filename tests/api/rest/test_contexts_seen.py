"""What a change would do to the contexts that usage records name."""

from __future__ import annotations

from typing import Any

import pytest

from domain.times import rfc3339
from tests.api.conftest import CONFIGS, Client
from tests.api.rest.test_experiments import did, planned
from tests.api.rest.test_profiles import assign, profile

DAY_US = 86_400 * 1_000_000
PUT = {"action": "put", "config_type": "retrieval", "config_data": {"number_of_results": 9}}
NOBODY: tuple[str | None, str | None] = (None, None)


def used(client: Client, *contexts: tuple[str | None, str | None], days_ago: int = 0) -> None:
    """Usage records of these users and collections, one each."""
    client.reported = getattr(client, "reported", 0) + 1
    at = rfc3339(client.service.use_cases.store.now_us() - days_ago * DAY_US)
    facts = {"at": at, "position": 1, "digest": "9f"}
    records = [
        {"request_id": f"r-{client.reported}-{n}", "user_id": user, "collection_id": collection, **facts}
        for n, (user, collection) in enumerate(contexts)
    ]
    assert client.post("/api/usage", json={"records": records}).status_code == 202


def seen(client: Client, *changes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    answer = client.post(f"{CONFIGS}impact", json={"changes": list(changes) or [PUT], **fields})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["contexts_seen"]
    return found


def who(found: dict[str, Any]) -> set[tuple[str | None, str | None]]:
    assert found["affected"] == len(found["examples"])
    return {(one["user_id"], one["collection_id"]) for one in found["examples"]}


def test_where_nothing_was_reported_nobody_was_seen(api: Client):
    nobody = {"days": 7, "seen": 0, "tried": 0, "is_whole": True, "affected": 0, "examples": []}
    assert seen(api) == nobody


def test_a_context_counts_where_no_layer_of_its_own_hides_the_change(client: Client):
    client.create("retrieval", {"number_of_results": 7}, scope="user", user_id="u-1", mode="overlay")
    client.create("retrieval", {"rerank": True}, scope="collection", collection_id="c-9", mode="overlay")
    used(client, ("u-1", None), ("u-1", "c-9"), ("u-2", "c-9"), ("u-2", "c-9"), NOBODY)
    found = seen(client)
    assert (found["seen"], found["tried"], found["is_whole"]) == (4, 4, True)
    assert who(found) == {("u-2", "c-9"), NOBODY}
    (change,) = found["examples"][0]["changes"]
    assert change == {"pointer": "/retrieval/number_of_results", "before": 5, "after": 9, "hidden_by": None}


def test_what_is_told_is_what_making_the_change_does(client: Client):
    contexts = ("u-1", "c-9"), ("u-2", "c-9"), ("u-3", None)

    def served() -> dict[tuple[str, str | None], dict[str, Any]]:
        asked = [{"user_id": user, "collection_id": collection} for user, collection in contexts]
        answers = client.post(f"{CONFIGS}effective", json={"contexts": asked}).json()["items"]
        return dict(zip(contexts, (one["retrieval"] for one in answers), strict=True))

    client.create("retrieval", {"number_of_results": 7}, scope="collection", collection_id="c-9", mode="overlay")
    used(client, *contexts)
    at_user = {"scope": "user", "user_id": "u-1", "config_data": {"rerank": True}}
    examples = seen(client, PUT, {**PUT, **at_user})["examples"]
    before = served()
    client.create("retrieval", PUT["config_data"])
    client.create("retrieval", at_user.pop("config_data"), **at_user)
    differ = {
        context: {
            f"/retrieval/{name}": (before[context][name], value)
            for name, value in now.items()
            if before[context][name] != value
        }
        for context, now in served().items()
    }
    told = {
        (one["user_id"], one["collection_id"]): {c["pointer"]: (c["before"], c["after"]) for c in one["changes"]}
        for one in examples
    }
    assert told == {context: fields for context, fields in differ.items() if fields}
    assert told.keys() == {("u-1", "c-9"), ("u-3", None)}


def test_a_deletion_reaches_whom_the_config_was_for(api: Client):
    config = api.create("retrieval", {"number_of_results": 7}, scope="user", user_id="u-1")
    used(api, ("u-1", "c-9"), ("u-2", "c-9"))
    assert who(seen(api, {"action": "delete", "config_id": config["id"]})) == {("u-1", "c-9")}


def test_a_profile_or_an_experiment_of_the_user_hides_the_change_too(api: Client):
    assign(api, "u-1", profile(api))
    profile(api, "deep")
    did(api, planned(api, eligibility='context.user_id != "u-3"'), "start")
    variants = {user: next(iter(api.effective(user)["experiments"].values())) for user in ("u-4", "u-5", "u-6", "u-7")}
    assert set(variants.values()) == {"control", "deep"}
    used(api, *((user, None) for user in ("u-1", "u-3", *variants)))
    controls = {(user, None) for user, variant in variants.items() if variant == "control"}
    assert who(seen(api)) == {("u-3", None), *controls}


def test_who_was_seen_longer_ago_does_not_count_unless_asked_for(api: Client):
    used(api, ("u-1", None), days_ago=9)
    used(api, ("u-2", None))
    assert who(seen(api)) == {("u-2", None)}
    assert who(seen(api, seen_days=10)) == {("u-1", None), ("u-2", None)}


@pytest.mark.parametrize("days", [0, 3651, "7", 1.5])
def test_days_that_cannot_be_are_refused(api: Client, days: Any):
    answer = api.post(f"{CONFIGS}impact", json={"changes": [PUT], "seen_days": days})
    assert (answer.status_code, [one["pointer"] for one in answer.json()["errors"]]) == (400, ["/seen_days"])


def test_of_very_many_the_last_are_tried_and_few_are_shown(api: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("application.contexts_seen.MAX_TRIED", 60)
    used(api, *((f"old-{n}", None) for n in range(10)), days_ago=1)
    used(api, *((f"u-{n}", None) for n in range(60)))
    found = seen(api)
    told = (found["seen"], found["tried"], found["is_whole"], found["affected"], len(found["examples"]))
    assert told == (70, 60, False, 60, 20)
    assert all(one["user_id"].startswith("u-") for one in found["examples"])


def test_where_each_context_gets_something_else_fewer_are_tried(api: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("application.contexts_seen.MAX_RESOLVED", 6)
    users = [f"u-{n}" for n in range(5)]
    used(api, *((user, None) for user in users))
    for user in users:
        api.create("retrieval", {"rerank": True}, scope="user", user_id=user, mode="overlay")
    found = seen(api)  # each with the change and without
    assert (found["seen"], found["tried"], found["is_whole"], found["affected"]) == (5, 3, False, 3)
