from __future__ import annotations

import time

import pytest

from tests.api.conftest import CONFIGS, Client, opened

READS = [
    CONFIGS,
    CONFIGS + "{id}",
    f"{CONFIGS}effective",
    f"{CONFIGS}effective/u-1",
    "/api/ladder",
    "/api/environments",
    "/api/config-types",
    "/api/config-types/chunking",
    "/api/events",
    "/api/exports",
]
OTHERS = ["/api/projections", "/health/live", "/health/ready", "/nowhere", f"{CONFIGS}nobody", "/openapi.json"]


@pytest.mark.parametrize("path", READS + OTHERS)
def test_every_answer_says_position_and_epoch(api: Client, path: str) -> None:
    answer = api.get(path.format(id=api.create()["id"]))
    assert (answer.headers["Varve-Position"], answer.headers["Varve-Epoch"]) == (str(api.newest_position), "1")


def test_a_refusal_says_position_and_epoch_wherever_it_comes_from(api: Client) -> None:
    json = {"Content-Type": "application/json"}
    answers = [
        api.post(CONFIGS, content=b"{", headers=json),
        api.post(CONFIGS, content=b"{}", headers={"Content-Type": "text/plain"}),
        api.post(CONFIGS, content=b" " * 2_000_000, headers=json),
        api.post(CONFIGS, json={}),
        api.patch(CONFIGS, json={}),
    ]
    assert [one.status_code for one in answers] == [400, 415, 413, 400, 405]
    assert {(one.headers["Varve-Position"], one.headers["Varve-Epoch"]) for one in answers} == {
        (str(api.newest_position), "1")
    }


@pytest.mark.parametrize("path", READS)
def test_a_read_shows_at_least_the_position_asked_for(api: Client, path: str) -> None:
    address = path.format(id=api.create()["id"])
    answer = api.get(address, headers={"Varve-Min-Position": str(api.newest_position)})
    assert answer.status_code == 200
    assert int(answer.headers["Varve-Position"]) >= api.newest_position


@pytest.mark.parametrize("path", READS)
def test_a_read_that_cannot_show_the_position_yet_is_told_to_come_again(
    api: Client, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.deps.MIN_POSITION_WITHIN_SECONDS", 0.02)
    address = path.format(id=api.create()["id"])
    api.get(address)  # so that an answer is kept, which must not be given
    answer = api.get(address, headers={"Varve-Min-Position": str(api.newest_position + 1)})
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "behind", "1")


def test_that_takes_two_seconds_and_no_longer(api: Client) -> None:
    began = time.monotonic()
    assert api.get(CONFIGS, headers={"Varve-Min-Position": str(api.newest_position + 1)}).status_code == 503
    assert 1.9 < time.monotonic() - began < 2.9


def test_a_caller_sees_its_own_writes_on_another_replica(postgres_url: str) -> None:
    with opened(postgres_url) as one, opened(postgres_url) as other:
        for size in range(500, 510):
            position = one.create(data={"max_chunk_size": size}, name=f"n-{size}")["position"]
            answer = other.get(f"{CONFIGS}effective", headers={"Varve-Min-Position": str(position)})
            assert answer.json()["chunking"]["max_chunk_size"] == size


def test_positions_never_go_back_on_a_replica_that_hears_of_news_late(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(postgres_url) as one, opened(postgres_url) as late:
        late.service.use_cases.progress.wait_for(one.newest_position, seconds=2)
        monkeypatch.setattr(late.service.use_cases.progress, "_follow_pointer", lambda: time.sleep(0.2))
        kept = f"{CONFIGS}effective?config_types=chunking"
        late.get(kept)
        for size in range(500, 510):
            one.create(data={"max_chunk_size": size}, name=f"n-{size}")
            fresh, again = late.get(f"{CONFIGS}effective/u-{size}").json(), late.get(kept).json()
            assert again["position"] >= fresh["position"]
            assert again["chunking"] == fresh["chunking"]
