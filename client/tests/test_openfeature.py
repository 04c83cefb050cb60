"""Settings as flags of the OpenFeature SDK, from what the client holds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import EventDetails, ProviderEvent
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import Reason
from openfeature.provider import ProviderStatus

import varve
from varve import testing
from varve.openfeature import VarveProvider
from varve.testing import MemoryClient

LLM = {"provider_id": "p", "model_id": "m", "temperature": 1}
ANN = EvaluationContext("u-1", {"collection_id": "c-9", "email": "ann@example.org"})


@pytest.fixture
def varve_client() -> Iterator[MemoryClient]:
    tools = {"names": ["a", "b"], "limits": {"seconds": 3.5, "calls": 4}, "is_on": True, "note": None}
    with testing.client({"llm": LLM, "tools": tools}, defaults={"llm": {**LLM, "model_id": "mine"}}) as found:
        found.set("tools", limits={"calls": 5}, user="u-1")
        yield found


@pytest.fixture
def client(varve_client: MemoryClient) -> Iterator[OpenFeatureClient]:
    api.set_provider_and_wait(VarveProvider(varve_client, kinds=["tenant"]), domain="varve")
    yield api.get_client(domain="varve")
    api.clear_providers()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert condition()


def test_a_value_of_every_kind_is_resolved(client: OpenFeatureClient) -> None:
    assert client.get_boolean_value("tools.is_on", False, ANN) is True
    assert client.get_string_value("llm.model_id", "x", ANN) == "m"
    assert client.get_integer_value("tools.limits.calls", 0, ANN) == 5
    assert client.get_float_value("llm.temperature", 0.5, ANN) == 1.0
    assert client.get_float_value("llm.top_k", 0.5, ANN) == 50.0
    assert client.get_object_value("tools.limits", {}, ANN) == {"seconds": 3.5, "calls": 5}
    assert client.get_object_value("tools.names", [], ANN) == ["a", "b"]
    assert client.get_object_value("llm", {}, ANN)["model_id"] == "m"  # type: ignore[index]


def test_an_object_is_the_callers_to_change(client: OpenFeatureClient) -> None:
    client.get_object_value("tools.limits", {}, ANN)["calls"] = 9  # type: ignore[index]
    assert client.get_integer_value("tools.limits.calls", 0, ANN) == 5


@pytest.mark.parametrize(
    ("key", "layer", "reason"),
    [
        ("tools.limits.calls", "user:u-1", Reason.TARGETING_MATCH),
        ("tools.limits", "user:u-1", Reason.TARGETING_MATCH),
        ("tools", "user:u-1", Reason.TARGETING_MATCH),
        ("tools.limits.seconds", "global", Reason.STATIC),
        ("llm.top_k", "default", Reason.STATIC),
        ("chunking", "default", Reason.STATIC),
    ],
)
def test_the_layer_and_what_stands_behind_it_are_told(
    varve_client: MemoryClient, client: OpenFeatureClient, key: str, layer: str, reason: Reason
) -> None:
    kind = client.get_object_details if key.count(".") == 0 or key == "tools.limits" else client.get_float_details
    found = kind(key, {} if kind == client.get_object_details else 0.5, ANN)  # type: ignore[operator]
    assert (found.variant, found.reason, found.error_code) == (layer, reason, None)
    cfg = varve_client.effective("u-1", "c-9")
    about: dict[str, Any] = {"layer": layer, "environment": "testing", "digest": cfg.meta.digest, "source": "live"}
    about["position"] = cfg.meta.position
    assert {name: found.flag_metadata[name] for name in about} == about
    assert ("version" in found.flag_metadata) == (layer != "default")


def test_kinds_of_the_ladder_collections_and_scopes_come_from_the_context(
    varve_client: MemoryClient, client: OpenFeatureClient
) -> None:
    varve_client.set("llm", model_id="tenants", scope="tenant:t-1")
    varve_client.set("llm", model_id="collections", collection="c-1")
    told = [
        client.get_string_value("llm.model_id", "x", EvaluationContext("u-1", attributes))
        for attributes in (
            {"tenant": "t-1"},
            {"scopes": ["tenant:t-1"]},
            {"collection_id": "c-1"},
            {"collection_ids": ["c-1", "c-2"], "tenant": "t-1"},
            {"collection_id": "c-2"},
        )
    ]
    assert told == ["tenants", "tenants", "collections", "collections", "m"]


def test_nobody_need_be_named(client: OpenFeatureClient) -> None:
    for context in (None, EvaluationContext(), EvaluationContext("")):
        assert client.get_integer_value("tools.limits.calls", 0, context) == 4


@pytest.mark.parametrize(
    ("key", "context", "code"),
    [
        ("nothing", ANN, ErrorCode.FLAG_NOT_FOUND),
        ("llm.nothing", ANN, ErrorCode.FLAG_NOT_FOUND),
        ("llm.model_id.deeper", ANN, ErrorCode.FLAG_NOT_FOUND),
        ("llm.top_k", ANN, ErrorCode.TYPE_MISMATCH),
        ("tools.is_on", ANN, ErrorCode.TYPE_MISMATCH),
        ("tools.limits", ANN, ErrorCode.TYPE_MISMATCH),
        ("llm.model_id", EvaluationContext("u\n1"), ErrorCode.INVALID_CONTEXT),
        ("llm.model_id", EvaluationContext("u-1", {"collection_id": 9}), ErrorCode.INVALID_CONTEXT),
        ("llm.model_id", EvaluationContext("u-1", {"scopes": "tenant:t-1"}), ErrorCode.INVALID_CONTEXT),
        ("llm.model_id", EvaluationContext("u-1", {"environment": "elsewhere"}), ErrorCode.INVALID_CONTEXT),
    ],
)
def test_what_cannot_be_leaves_the_default_and_is_told_by_its_code(
    client: OpenFeatureClient, key: str, context: EvaluationContext, code: ErrorCode
) -> None:
    found = client.get_string_details(key, "x", context)
    assert (found.value, found.reason, found.error_code) == ("x", Reason.ERROR, code)


def test_true_is_no_number_and_a_number_no_truth(client: OpenFeatureClient) -> None:
    assert client.get_integer_details("tools.is_on", 7, ANN).error_code == ErrorCode.TYPE_MISMATCH
    assert client.get_boolean_details("llm.top_k", True, ANN).error_code == ErrorCode.TYPE_MISMATCH
    assert client.get_integer_details("llm.temperature", 7, ANN).error_code == ErrorCode.TYPE_MISMATCH


def test_what_nobody_set_and_what_is_null_is_the_callers_own(client: OpenFeatureClient) -> None:
    for key in ("template", "template.system_prompt"):
        found = client.get_object_details(key, {"mine": 1}, ANN)
        assert (found.value, found.reason, found.variant, found.error_code) == (
            {"mine": 1},
            Reason.DEFAULT,
            "none",
            None,
        )
    assert client.get_string_details("tools.note", "x", ANN).value == "x"


def test_what_the_service_does_not_say_comes_from_where_the_client_falls_back_to(
    varve_client: MemoryClient, client: OpenFeatureClient
) -> None:
    client.get_string_value("llm.model_id", "x", ANN)
    varve_client.fail()
    held = client.get_string_details("llm.model_id", "x", ANN)
    assert (held.value, held.reason, held.flag_metadata["source"]) == ("m", Reason.STALE, "memory")
    own = client.get_string_details("llm.model_id", "x", EvaluationContext("u-2"))
    assert (own.value, own.reason, own.variant) == ("mine", Reason.DEFAULT, "application")
    with testing.client() as bare:
        bare.fail()
        api.set_provider_and_wait(VarveProvider(bare, ready_seconds=0.01), domain="bare")
        found = api.get_client(domain="bare").get_integer_details("chunking.max_chunk_size", 7, ANN)
        assert (found.value, found.reason) == (7, Reason.DEFAULT)  # not the type's 400: 7 is the application's own


def test_the_asynchronous_way_says_the_same_and_waits_for_nobody(
    varve_client: MemoryClient, client: OpenFeatureClient
) -> None:
    async def ask() -> list[Any]:
        return [
            (await client.get_boolean_details_async("tools.is_on", False, ANN)).value,
            (await client.get_string_details_async("llm.model_id", "x", ANN)).value,
            (await client.get_integer_details_async("tools.limits.calls", 0, ANN)).value,
            (await client.get_float_details_async("llm.temperature", 0.5, ANN)).value,
            (await client.get_object_details_async("tools.limits", {}, ANN)).value,
            (await client.get_string_details_async("nothing", "x", ANN)).error_code,
        ]

    assert asyncio.run(ask()) == [True, "m", 5, 1.0, {"seconds": 3.5, "calls": 5}, ErrorCode.FLAG_NOT_FOUND]


def test_changes_are_told_with_the_flags_that_they_may_touch(
    varve_client: MemoryClient, client: OpenFeatureClient
) -> None:
    told: list[EventDetails] = []
    client.add_handler(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED, told.append)
    client.get_float_value("llm.temperature", 0.5, ANN)
    client.get_integer_value("tools.limits.calls", 0, ANN)
    varve_client.set("llm", temperature=0.1)
    assert varve_client.flush()
    wait_for(lambda: bool(told))
    assert (told[0].flags_changed, told[0].metadata) == (
        ["llm", "llm.temperature"],
        {"position": varve_client.effective("u-1", "c-9").meta.position},
    )
    assert client.get_float_value("llm.temperature", 0.5, ANN) == 0.1


def test_a_service_that_is_lost_makes_it_stale_and_one_that_is_back_ready(
    varve_client: MemoryClient, client: OpenFeatureClient
) -> None:
    told: list[str] = []
    client.add_handler(ProviderEvent.PROVIDER_STALE, lambda _: told.append("stale"))
    varve_client.fail()
    wait_for(lambda: client.get_provider_status() == ProviderStatus.STALE)
    varve_client.recover()
    wait_for(lambda: client.get_provider_status() == ProviderStatus.READY)
    assert told == ["stale"]


def test_an_application_starts_without_the_service_and_is_stale() -> None:
    with varve.Client("http://127.0.0.1:9", defaults={"llm": LLM}) as down:
        began = time.monotonic()
        api.set_provider_and_wait(VarveProvider(down, ready_seconds=0.1), domain="down")
        assert time.monotonic() - began < 2
        client = api.get_client(domain="down")
        assert client.get_string_value("llm.model_id", "x", ANN) == "m"
        wait_for(lambda: client.get_provider_status() == ProviderStatus.STALE)
        api.clear_providers()


def test_nothing_is_told_after_the_end(varve_client: MemoryClient, client: OpenFeatureClient) -> None:
    told: list[EventDetails] = []
    client.add_handler(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED, told.append)
    client.get_float_value("llm.temperature", 0.5, ANN)
    api.shutdown()
    varve_client.set("llm", temperature=0.1)
    assert varve_client.flush()
    assert told == []
    assert varve_client.effective("u-1", "c-9").llm.temperature == 0.1  # the client is the application's


def test_what_an_experiment_gives_is_split_and_names_its_variant(
    varve_client: MemoryClient, client: OpenFeatureClient
) -> None:
    varve_client.set("llm", model_id="deep", scope="experiment:e-1/b")
    found = client.get_string_details("llm.model_id", "x", EvaluationContext("u-1", {"scopes": ["experiment:e-1/b"]}))
    assert (found.value, found.reason, found.variant) == ("deep", Reason.SPLIT, "b")
    assert (found.flag_metadata["experiment"], found.flag_metadata["layer"]) == ("e-1", "experiment:e-1/b")
