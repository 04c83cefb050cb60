"""Answers are proved by replay of raw events."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from infrastructure.projections.tables import slots
from tests.api.conftest import CONFIGS, Client


@pytest.fixture
def busy(client: Client) -> Client:
    """Something at each layer, changed and deleted too."""
    first = client.create(data={"max_chunk_size": 800})
    client.create(scope="user:u-1", data={"chunk_overlap": 20})
    client.create("retrieval", scope="collection", collection_id="c-9", data={"number_of_results": 7})
    gone = client.create("llm", scope="user:u-2", data={"temperature": 0.1}, mode="overlay")
    client.change(first, config_data={"max_chunk_size": 900})
    client.delete(CONFIGS + gone["id"])
    return client


def replay(client: Client, **body: Any) -> Any:
    answer = client.post("/api/audits/replay", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_replay_gives_the_answer_of_the_views_with_its_sources(busy: Client):
    found = replay(busy, user_id="u-1", collection_id="c-9", explain=True)
    served = busy.effective("u-1", collection_id="c-9", explain=True)
    assert (found["equal"], found["replayed_digest"], found["view_digest"]) == (
        True,
        served["digest"],
        served["digest"],
    )
    assert found["events_read"] == busy.newest_position
    assert {key: found["effective"][key] for key in ("chunking", "provenance", "resolution_path")} == {
        key: served[key] for key in ("chunking", "provenance", "resolution_path")
    }


def test_replay_goes_to_a_moment(busy: Client):
    (prepared,) = busy.get("/api/events", params={"limit": 1}).json()["items"]
    first = prepared["commit"]["last"]  # before it there is no environment
    for position in range(first, busy.newest_position + 1):
        found = replay(busy, user_id="u-1", position=position)
        assert found["equal"]
        assert found["position"] <= position


def test_everybody_and_each_scope_are_replayed_at_once(busy: Client):
    found = replay(busy, all=True, environment="production")
    assert (found["equal"], found["events_read"]) == (True, busy.newest_position)
    assert [(one["user_id"], one["collection_ids"]) for one in found["items"]] == [
        (None, []),
        (None, ["c-9"]),
        ("u-1", []),
        ("u-2", []),
    ]


def test_a_view_that_is_not_what_the_log_makes_is_found_out(busy: Client):
    """The row is falsified behind the service's back."""
    engine = busy.service.use_cases.views._engine()  # type: ignore[attr-defined]
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(sa.update(slots).where(slots.c.scope_kind == "user").values(data='{"chunk_overlap":99}'))
    found = replay(busy, user_id="u-1", position=busy.newest_position)
    assert found["equal"]  # the past is kept elsewhere
    found = replay(busy, user_id="u-1")
    assert not found["equal"]


def receipt(answer: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"position": answer["position"], "digest": answer["digest"], "epoch": answer["epoch"], **more}


def judge(client: Client, *receipts: dict[str, Any]) -> list[tuple[str, str | None]]:
    answer = client.post("/api/audits/receipts", json={"receipts": receipts})
    assert answer.status_code == 200, answer.text
    return [(one["verdict"], one["reason"]) for one in answer.json()["items"]]


def test_a_receipt_of_an_answer_is_genuine_for_ever(busy: Client):
    first = busy.effective("u-1", collection_id="c-9")
    part = busy.effective("u-1", config_types=["retrieval"])
    busy.create(scope="user:u-1", data={"chunk_overlap": 33})
    last = busy.effective("u-1", collection_id="c-9")
    assert (
        judge(
            busy,
            receipt(last, user_id="u-1", collection_id="c-9"),
            receipt(part, user_id="u-1", config_types=["retrieval"]),
            receipt(first, user_id="u-1", collection_id="c-9"),
        )
        == [("genuine", None)] * 3
    )


def test_a_receipt_that_nobody_gave_is_told(busy: Client):
    answer = busy.effective("u-1")
    forged = receipt(answer, user_id="u-1", digest="0" * 64)
    of_another = receipt(answer, user_id="u-3")
    later = receipt(answer, user_id="u-1", position=10**6)
    inside = receipt(answer, user_id="u-1", position=answer["position"] - 1)
    before_a_restore = receipt(answer, user_id="u-1", epoch=7)
    elsewhere = receipt(answer, user_id="u-1", environment="nowhere")
    verdicts = judge(busy, forged, of_another, later, inside, before_a_restore, elsewhere)
    assert [verdict for verdict, _ in verdicts] == ["other", "other", "unknown", "unknown", "unknown", "unknown"]
    assert all(reason for verdict, reason in verdicts if verdict == "unknown")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"environment": "nowhere"}, 404),
        ({"config_types": ["nosuch"]}, 404),
        ({"all": True, "user_id": "u-1"}, 400),
        ({"all": True, "environment": "nowhere"}, 404),
        ({"as_of": "2999-01-01T00:00:00Z"}, 400),
        ({"position": 10**9}, 400),
    ],
)
def test_what_cannot_be_replayed_is_refused(client: Client, body: dict[str, Any], status: int):
    assert client.post("/api/audits/replay", json=body).status_code == status
