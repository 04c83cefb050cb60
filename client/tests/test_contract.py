"""The client and the real service, which share no code, understand each other."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

import varve
from client.tests.blackout import SHORT_SECONDS, blackout
from client.tests.conftest import eventually
from client.tests.real import Varve, real_varve
from varve.bucketing import variant_of
from varve.defaults import builtin_types

pytestmark = pytest.mark.xdist_group("client")


@pytest.fixture(scope="module")
def real() -> Iterator[Varve]:
    with real_varve() as service:
        yield service


@pytest.fixture
def live(real: Varve) -> Iterator[varve.Client]:
    with varve.Client(real.url) as client:
        assert client.wait_until_live(10)
        yield client


def test_the_defaults_of_the_types_that_are_shipped_are_those_of_the_service(real, live):
    answered = real.effective("nobody-knows-them")
    types = builtin_types()
    assert set(types) == set(answered["resolution_path"])
    assert {name: answered[name] for name, type_ in types.items() if type_["complete"]} == {
        name: type_["defaults"] for name, type_ in types.items() if type_["complete"]
    }
    assert [answered[name] for name, type_ in types.items() if not type_["complete"]] == [None] * 4


def test_an_answer_is_the_one_that_the_service_gives_by_get(real, live):
    real.put("global", "retrieval", number_of_results=7)
    real.put("user:u-a", "retrieval", vector_weight=0.5, keyword_weight=0.5)
    real.put("collection:c-a", "chunking", max_chunk_size=1_500)
    cfg = live.effective(user="u-a", collection="c-a")
    given = real.effective("u-a", collection_id="c-a")
    assert cfg.as_dict() == {name: given[name] or {} for name in given["resolution_path"]}
    assert cfg.meta.digest == given["digest"]
    assert cfg.meta.position == given["position"]
    assert cfg.trace().environment == given["environment"]


def test_the_layers_below_are_told_with_their_configs(real, live):
    below = real.put("global", "pipeline", timeout=50)
    above = real.put("user:u-b", "pipeline", concurrency=2)
    cfg = live.effective(user="u-b")
    told = [
        (layer.layer, layer.config_id, layer.value.timeout, layer.value.concurrency) for layer in cfg.layers("pipeline")
    ]
    assert told == [("user:u-b", above, 50, 2), ("global", below, 50, 4), ("default", None, 60, 4)]
    used = {(one.config_id, one.version, one.layer) for one in cfg.trace().configs if one.config_type == "pipeline"}
    assert used == {(above, 1, "user:u-b"), (below, 1, "global")}


def test_a_change_is_read_and_told_of(real, live):
    assert live.effective(user="u-c").pipeline.concurrency == 4
    told: list[varve.Change] = []
    live.subscribe(told.append)
    config = real.put("user:u-c", "pipeline", concurrency=9)
    eventually(lambda: live.effective(user="u-c").pipeline.concurrency == 9)
    real.delete(config)
    eventually(lambda: live.effective(user="u-c").pipeline.concurrency == 4)
    assert [note.kind for note in live.effective(user="u-c").meta.notes["pipeline"]] == ["gone"]
    eventually(lambda: len(told) == 2)
    assert {change.types for change in told} == {frozenset({"pipeline"})}


def test_a_type_that_is_defined_while_the_client_runs_is_there(real, live):
    live.effective(user="u-d")
    body = {"schema": {"type": "object", "properties": {"depth": {"type": "integer", "default": 3}}}, "mode": "overlay"}
    real.replace("config-types/search_depth", body)
    eventually(lambda: "search_depth" in live.effective(user="u-d"))
    assert live.effective(user="u-d").search_depth.depth == 3


def test_a_profile_that_is_assigned_is_followed_and_so_is_its_change(real, live):
    assert live.effective(user="u-p").pipeline.concurrency == 4
    profile = real.post("profiles", {"name": "busy", "settings": {"pipeline": {"concurrency": 8}}})
    real.replace("assignments/u-p", {"profile_id": profile["id"]})
    eventually(lambda: live.effective(user="u-p").pipeline.concurrency == 8)
    real.replace(f"profiles/{profile['id']}", {"settings": {"pipeline": {"concurrency": 9}}})
    eventually(lambda: live.effective(user="u-p").pipeline.concurrency == 9)


def test_experiments_are_followed_as_they_begin_and_end(real, live):
    users = [f"of-the-experiment-{number}" for number in range(40)]

    def found() -> set[tuple[int, str | None]]:
        answers = [live.effective(user=user) for user in users]
        return {(cfg.query_rewriting.max_rewrites, cfg.trace().variant) for cfg in answers}

    assert found() == {(3, None)}
    real.post("profiles", {"name": "many", "settings": {"query_rewriting": {"max_rewrites": 7}}})
    variants = [
        {"name": "control", "weight": 50, "is_control": True},
        {"name": "many", "weight": 50, "profile": "many"},
    ]
    experiment = real.post("experiments", {"name": "rewrites", "variants": variants})["id"]
    real.post(f"experiments/{experiment}/start", {})
    eventually(lambda: found() == {(3, "control"), (7, "many")})
    buckets = real.read(f"experiments/{experiment}")["buckets"]
    assert {user: variant_of(buckets, user=user) for user in users} == {
        user: live.effective(user=user).trace().variant for user in users
    }
    real.post(f"experiments/{experiment}/conclude", {"adopt": "many"})
    eventually(lambda: found() == {(7, None)})


def test_the_service_measures_an_experiment_by_what_the_client_tells_it(real, live):
    real.post("profiles", {"name": "wide", "settings": {"retrieval": {"number_of_results": 30}}})
    variants = [
        {"name": "control", "weight": 50, "is_control": True},
        {"name": "wide", "weight": 50, "profile": "wide"},
    ]
    plan = {"name": "width", "variants": variants, "primary_metric": {"name": "accepted", "kind": "rate"}}
    experiment = real.post("experiments", plan)["id"]
    real.post(f"experiments/{experiment}/start", {})
    users = [f"of-the-width-{number}" for number in range(12)]
    real.put(f"user:{users[0]}", "retrieval", number_of_results=1)
    eventually(lambda: all(live.effective(user=user).meta.experiments for user in users))
    for user in users:
        live.effective(user=user).retrieval  # noqa: B018 - that it is read is what counts
        live.outcome("accepted", True, user=user)
    assert live.flush(10)
    assert live.metrics()["reports_sent"] == 11 + 12
    found = real.read(f"experiments/{experiment}/results")
    assert sum(found["users"].values()) == 11  # nothing of it reaches who has settings over it
    assert {one["mean"] for one in found["metrics"][0]["variants"]} == {1.0}


def test_an_operator_has_the_applications_defaults_used_and_the_settings_again(real):
    real.put("user:of-the-switch", "chunking", max_chunk_size=950)
    defaults = {"chunking": {"max_chunk_size": 500}}
    with varve.Client(real.url, defaults=defaults) as client:
        assert client.wait_until_live(10)

        def size() -> int:
            return client.effective(user="of-the-switch").chunking.max_chunk_size

        assert size() == 950
        real.replace("environments/production/serving", {"serving": "defaults", "reason": "a drill"})
        eventually(lambda: size() == 500)
        assert client.effective(user="never seen before").chunking.max_chunk_size == 500
        assert client.effective(user="of-the-switch").trace().configs == ()
        real.replace("environments/production/serving", {"serving": "settings"})
        eventually(lambda: size() == 950)


def test_a_context_that_cannot_be_is_a_problem_of_its_own(real, live):
    cfg = live.effective(user="u-e", scopes=["galaxy:g-1"])
    assert cfg.meta.is_fallback
    assert "galaxy" in (cfg.meta.problem or "")
    assert live.effective(user="u-e").meta.source == "live"


def test_an_environment_that_there_is_not_leaves_the_defaults(real):
    with varve.Client(real.url, environment="nowhere", defaults={"llm": {"model_id": "ours"}}) as client:
        cfg = client.effective(user="u-f")
    assert cfg.llm.model_id == "ours"
    assert "nowhere" in (cfg.meta.problem or "")


def test_trace_and_settings_can_be_kept_as_json(live):
    cfg = live.effective(user="u-a", collection="c-a")
    assert json.loads(json.dumps(cfg.trace().as_dict()))["user"] == "u-a"
    assert json.loads(json.dumps(cfg.as_dict()))["pipeline"]["stages"] == ["retrieval", "generation"]


def test_readers_do_not_notice_that_the_service_was_killed():
    with real_varve() as service, varve.Client(service.url) as client:
        seen = blackout(service, client, seconds=SHORT_SECONDS)
    assert seen.errors == []
    assert seen.stale_after == 0
    assert seen.reads_while_down > 1_000
