"""The public OFREP client of the OpenFeature SDK, against a real server."""

from __future__ import annotations

import queue
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import EventDetails, ProviderEvent
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import Reason

import varve
from tests.faults.server import ROOT, Server
from varve.openfeature import VarveProvider

ANN = EvaluationContext("u-1", {"collection_id": "c-9", "email": "ann@example.org"})
NOBODY = EvaluationContext()
TOOLS = {
    "schema": {
        "type": "object",
        "properties": {
            "names": {"type": "array", "items": {"type": "string"}, "default": ["search", "read"]},
            "per_minute": {"type": "integer", "default": 3},
        },
    }
}


@contextmanager
def asking(address: str, **headers: str) -> Iterator[OpenFeatureClient]:
    """A client whose provider shows these headers."""
    provider = OFREPProvider(address, headers_factory=lambda: headers, timeout=2)
    api.set_provider_and_wait(provider, domain="ofrep")
    try:
        yield api.get_client(domain="ofrep")
    finally:
        provider.session.close()
        api.clear_providers()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with Server(f"sqlite:///{tmp_path_factory.mktemp('ofrep') / 'varve.db'}") as server:
        put(server.address, "llm", "global", {"provider_id": "p", "model_id": "m-1", "temperature": 1})
        put(server.address, "retrieval", "user:u-1", {"rerank": True, "number_of_results": 9})
        httpx.put(f"{server.address}/api/config-types/tools", json=TOOLS).raise_for_status()
        yield server.address


def put(address: str, config_type: str, scope: str, data: dict[str, Any]) -> None:
    body = {"config_type": config_type, "scope": scope, "name": "n", "is_default": True, "config_data": data}
    httpx.post(f"{address}/api/runtime-configs/", json=body).raise_for_status()


@pytest.fixture
def client(address: str) -> Iterator[OpenFeatureClient]:
    with asking(address) as found:
        yield found


def test_a_value_of_every_kind_arrives_as_it_is(client: OpenFeatureClient) -> None:
    assert client.get_boolean_value("retrieval.rerank", False, ANN) is True
    assert client.get_string_value("llm.model_id", "mine", ANN) == "m-1"
    assert client.get_integer_value("retrieval.number_of_results", 1, ANN) == 9
    temperature = client.get_float_value("llm.temperature", 0.5, ANN)
    assert (temperature, type(temperature)) == (1.0, float)
    assert client.get_object_value("tools", {}, ANN) == {"names": ["search", "read"], "per_minute": 3}


def test_the_layer_is_in_the_details(client: OpenFeatureClient) -> None:
    mine = client.get_integer_details("retrieval.number_of_results", 1, ANN)
    shared = client.get_float_details("llm.temperature", 0.5, ANN)
    assert (mine.reason, mine.variant, mine.flag_metadata["layer"]) == (Reason.TARGETING_MATCH, "user:u-1", "user:u-1")
    assert (shared.reason, shared.variant, shared.flag_metadata["version"]) == (Reason.STATIC, "global", 1)


def test_nobody_need_be_named(client: OpenFeatureClient) -> None:
    for context in (NOBODY, None):
        found = client.get_integer_details("retrieval.number_of_results", 1, context)
        assert (found.value, found.reason, found.error_code) == (5, Reason.STATIC, None)


def test_what_nobody_set_is_the_applications_own(client: OpenFeatureClient) -> None:
    found = client.get_string_details("template.system_prompt", "mine", ANN)
    assert (found.value, found.error_code) == ("mine", None)


@pytest.mark.parametrize(
    ("key", "context", "code"),
    [
        ("retrieval.rerank", ANN, ErrorCode.TYPE_MISMATCH),
        ("retrieval.nothing", ANN, ErrorCode.FLAG_NOT_FOUND),
        ("nothing", ANN, ErrorCode.FLAG_NOT_FOUND),
        ("llm.model_id", EvaluationContext("u-1", {"environment": "unheard-of"}), ErrorCode.INVALID_CONTEXT),
        ("llm.model_id", EvaluationContext("a\nb"), ErrorCode.INVALID_CONTEXT),
    ],
)
def test_what_cannot_be_is_told_by_its_code_and_the_default_counts(
    client: OpenFeatureClient, key: str, context: EvaluationContext, code: ErrorCode
) -> None:
    found = client.get_string_details(key, "mine", context)
    assert (found.value, found.reason, found.error_code) == ("mine", Reason.ERROR, code)
    assert found.error_message


def test_our_own_provider_says_what_the_public_one_does(address: str, client: OpenFeatureClient) -> None:
    flags = httpx.post(f"{address}/ofrep/v1/evaluate/flags", json={"context": {"targetingKey": "u-1"}}).json()["flags"]
    with varve.Client(address) as own:
        api.set_provider_and_wait(VarveProvider(own), domain="own")
        ours = api.get_client(domain="own")
        kinds = {bool: "boolean", str: "string", int: "integer", float: "float", dict: "object"}
        for flag in (one for one in flags if "value" in one):
            kind = kinds[type(flag["value"])]
            default = type(flag["value"])()
            one, other = (getattr(asked, f"get_{kind}_details")(flag["key"], default, ANN) for asked in (ours, client))
            told = {**one.flag_metadata, "digest": other.flag_metadata["digest"]}  # of all types, and of one
            assert told.pop("source") == "live"
            assert (one.value, type(one.value)) == (other.value, type(other.value))
            assert (one.reason, one.variant, told) == (other.reason, other.variant, other.flag_metadata)
    assert len(flags) > 40


def test_our_own_provider_hears_of_a_change(address: str) -> None:
    told: queue.Queue[EventDetails] = queue.Queue()
    with varve.Client(address) as own:
        api.set_provider_and_wait(VarveProvider(own, ready_seconds=10), domain="hears")
        client = api.get_client(domain="hears")
        client.add_handler(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED, told.put)
        assert client.get_integer_value("chunking.max_chunk_size", 1, ANN) == 400
        put(address, "chunking", "collection:c-9", {"max_chunk_size": 900})
        assert told.get(timeout=10).flags_changed == ["chunking", "chunking.max_chunk_size"]
        assert client.get_integer_value("chunking.max_chunk_size", 1, ANN) == 900
        api.clear_providers()


def test_a_server_that_is_down_leaves_the_default() -> None:
    with asking("http://127.0.0.1:9") as client:
        found = client.get_string_details("llm.model_id", "mine", ANN)
    assert (found.value, found.error_code) == ("mine", ErrorCode.GENERAL)


def test_who_is_not_known_is_told_so_and_who_asks_too_often_waits(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'varve.db'}"
    create = [sys.executable, "-m", "varve_server", "keys", "create", "answers", "--store", store, "--actor", "ann"]
    key = subprocess.run(create, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    environment = {"VARVE_AUTH_MODE": "keys", "VARVE_RATE_LIMIT": "1", "VARVE_RATE_BURST": "10"}
    with Server(store, environment=environment) as server:
        with asking(server.address, **{"X-API-Key": "varve_wrong"}) as client:
            found = client.get_integer_details("chunking.max_chunk_size", 1, ANN)
            assert (found.value, found.error_code, found.error_message) == (1, ErrorCode.GENERAL, "unauthorized")
        with asking(server.address, Authorization=f"Bearer {key}") as client:
            told = [client.get_integer_details("chunking.max_chunk_size", 1, ANN) for _ in range(20)]
        assert (told[0].value, told[0].error_code) == (400, None)
        assert "retry after: 1" in next(str(one.error_message) for one in told if one.error_code)
        assert "paused due to TooManyRequests" in str(told[-1].error_message)
