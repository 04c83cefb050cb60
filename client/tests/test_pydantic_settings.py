"""Settings classes that take what Varve has set, then environment variables, then the defaults in their code."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import AliasChoices, BaseModel, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from varve import testing
from varve.offers import TOLD
from varve.pydantic_settings import VarveSource, live
from varve.testing import MemoryClient


class Flat(BaseSettings):
    """As applications have it: one flat class, most names without a prefix."""

    chunking_strategy: str = "sentence"
    max_chunk_size: int = 1000
    number_of_results: Annotated[int, Field(ge=1, le=20)] = 7
    rag_llm: str = "mine"
    temperature: float = 0.5
    project_name: str = "rag"


FIELDS = {"rag_llm": "llm.model_id"}
TYPES = ("chunking", "retrieval", "llm")
ENV_FILE = Path(__file__).parents[2] / "tests" / "data" / "rag-modulo.env"
LLM = {"provider_id": "p", "model_id": "m"}


@pytest.fixture(autouse=True)
def nothing_told() -> None:
    TOLD.clear()


@pytest.fixture
def client() -> Iterator[MemoryClient]:
    with testing.client() as found:
        yield found


def settings(client: MemoryClient, settings_cls: type[Any] = Flat, **options: Any) -> Any:
    return live(settings_cls, client, **{"type": TYPES, "fields": FIELDS, **options})


def test_what_varve_sets_wins_over_the_environment_and_that_over_the_code(
    client: MemoryClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = settings(client)
    assert (found.max_chunk_size, found.chunking_strategy) == (1000, "sentence")  # not the type's 400 and fixed
    monkeypatch.setenv("MAX_CHUNK_SIZE", "800")
    monkeypatch.setenv("TEMPERATURE", "0.9")
    client.set("chunking", strategy="paragraph")
    assert (found.max_chunk_size, found.chunking_strategy, found.temperature) == (800, "paragraph", 0.9)
    client.set("chunking", max_chunk_size=600)
    client.set("llm", LLM)
    assert (found.max_chunk_size, found.rag_llm, found.temperature) == (600, "m", 0.9)


def test_a_value_that_is_set_to_the_types_default_is_set_all_the_same(
    client: MemoryClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAX_CHUNK_SIZE", "800")
    client.set("chunking", max_chunk_size=400)
    assert settings(client).max_chunk_size == 400


def test_each_user_and_collection_has_its_own(client: MemoryClient) -> None:
    user: ContextVar[str | None] = ContextVar("user", default=None)
    client.set("retrieval", number_of_results=9, user="u-1")
    client.set("retrieval", number_of_results=11, collection="c-9")
    found = settings(client, user=user.get, collection=lambda: "c-9" if user.get() == "u-2" else None)
    assert found.number_of_results == 7
    user.set("u-1")
    assert found.number_of_results == 9
    user.set("u-2")
    assert found.number_of_results == 11


def test_a_change_is_there_at_the_next_look_and_the_class_is_made_only_then(client: MemoryClient) -> None:
    made: list[int] = []

    class Counted(BaseSettings):
        max_chunk_size: int = 1

        @model_validator(mode="after")
        def count(self) -> Counted:
            made.append(1)
            return self

    found = live(Counted, client, type="chunking")
    assert [found.max_chunk_size for _ in range(100)] == [1] * 100
    client.set("chunking", max_chunk_size=600)
    assert [found.max_chunk_size for _ in range(100)] == [600] * 100
    assert len(made) == 3  # once for each answer, and once to try the field by itself


def test_a_service_that_is_down_leaves_the_environment_and_the_code(
    client: MemoryClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.set("chunking", max_chunk_size=600)
    client.fail()
    monkeypatch.setenv("TEMPERATURE", "0.9")
    found = settings(client)
    assert (found.max_chunk_size, found.temperature, found.rag_llm) == (1000, 0.9, "mine")
    client.recover()
    assert found.max_chunk_size == 600
    client.fail()
    assert found.max_chunk_size == 600  # the last known


def test_a_value_that_the_class_does_not_take_falls_to_the_environment_and_is_told_of_once(
    client: MemoryClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("NUMBER_OF_RESULTS", "3")
    client.set("retrieval", number_of_results=50)
    client.set("chunking", max_chunk_size=600)
    found = settings(client, user="u-1")
    with caplog.at_level(logging.WARNING, logger="varve"):
        assert (found.number_of_results, found.max_chunk_size) == (3, 600)
        assert settings(client, user="u-2").number_of_results == 3
    (record,) = caplog.records
    origin = client.effective("u-1").origins("retrieval")[0]
    what = "Flat.number_of_results does not take retrieval.number_of_results: Input should be less than or equal to 20"
    assert record.message == f"{what} (from global, config {origin.config_id}, version 1)"
    assert client.metrics()["settings_refused"] == 2
    assert client.flush()
    ((path, body),) = client.received
    report = body["failures"][0]
    assert (path, report["error"], report["config_id"]) == ("/api/failures", what, origin.config_id)
    assert (report["healed_by"], report["counts"]) == ("application", False)


@pytest.mark.parametrize("frozen", [False, True])
def test_a_validator_of_a_field_is_asked_too(client: MemoryClient, *, frozen: bool) -> None:
    class Checked(BaseSettings):
        model_config = SettingsConfigDict(frozen=frozen)
        chunking_strategy: str = "fixed"

        @field_validator("chunking_strategy")
        @classmethod
        def known(cls, value: str) -> str:
            if value == "semantic":
                raise ValueError("not here")
            return value

    client.set("chunking", strategy="semantic")
    assert live(Checked, client).chunking_strategy == "fixed"
    client.set("chunking", strategy="paragraph")
    assert live(Checked, client).chunking_strategy == "paragraph"


def test_a_rule_across_fields_that_varve_breaks_leaves_the_class_without_varve(
    client: MemoryClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Ruled(BaseSettings):
        max_chunk_size: int = 1000
        max_context: int = 2000

        @model_validator(mode="after")
        def fits(self) -> Ruled:
            if self.max_chunk_size > self.max_context:
                raise ValueError("a chunk must fit into the context")
            return self

    monkeypatch.setenv("MAX_CONTEXT", "1500")
    found = live(Ruled, client, type="chunking")
    client.set("chunking", max_chunk_size=1400)
    assert found.max_chunk_size == 1400
    client.set("chunking", max_chunk_size=1600)
    assert (found.max_chunk_size, found.max_context) == (1000, 1500)
    assert "a chunk must fit into the context" in caplog.text


class Sampling(BaseModel):
    temperature: float = 0.5
    limit: int = Field(default=10, validation_alias=AliasChoices("max_new_tokens", "limit"))


class Nested(BaseSettings):
    model_config = SettingsConfigDict(env_nested_delimiter="__")
    llm: Sampling = Sampling()
    search: Sampling | None = None
    tools: dict[str, Any] = {}
    depth: int = Field(default=1, validation_alias=AliasChoices("CHUNKING_OVERLAP_DEPTH", "depth"))
    size: int = Field(default=2, validation_alias="CHUNKING_MAX_CHUNK_SIZE")


def test_models_in_the_class_take_types_field_by_field(client: MemoryClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM__TEMPERATURE", "0.9")
    client.set("llm", LLM | {"max_new_tokens": 200})
    client.set("tools", limits={"seconds": 3})
    found = live(Nested, client, fields={"search": "llm"})
    assert (found.llm.limit, found.llm.temperature) == (200, 0.9)
    assert found.search == Sampling(max_new_tokens=200)
    assert found.tools == {"limits": {"seconds": 3}}
    client.set("llm", temperature=0.1, max_new_tokens="many")  # which no schema would let pass
    assert (found.llm.limit, found.llm.temperature) == (10, 0.1)


def test_an_alias_finds_its_field_and_hides_the_variable_of_that_name(
    client: MemoryClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHUNKING_MAX_CHUNK_SIZE", "800")
    monkeypatch.setenv("DEPTH", "3")
    found = live(Nested, client)
    assert (found.size, found.depth) == (800, 3)
    client.set("chunking", max_chunk_size=600, overlap_depth=4)
    assert (found.size, found.depth) == (600, 4)


def test_null_is_a_value_when_somebody_sets_it(client: MemoryClient) -> None:
    class Optional(BaseSettings):
        template_max_context_length: int | None = 10

    found = live(Optional, client)
    client.set("template", max_context_length=None)
    assert found.template_max_context_length is None


def test_a_source_can_be_put_into_a_class_where_it_is_wanted(
    client: MemoryClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Sourced(BaseSettings):
        number_of_results: int = 7
        llm_temperature: float = 0.5

        @classmethod
        def settings_customise_sources(cls, settings_cls: Any, init_settings: Any, *_: Any, **named: Any) -> Any:
            return init_settings, VarveSource(settings_cls, client, type="retrieval"), *named.values()

    client.set("retrieval", number_of_results=9)
    monkeypatch.setenv("LLM_TEMPERATURE", "0.9")
    assert Sourced() == Sourced(number_of_results=9, llm_temperature=0.9)
    assert Sourced(number_of_results=1).number_of_results == 1  # what is said in the call counts most


def test_live_settings_are_used_like_the_class_and_cannot_be_changed(client: MemoryClient) -> None:
    found = settings(client)
    assert isinstance(found, Flat)
    assert found.model_dump()["project_name"] == "rag"
    assert repr(found).startswith("live Flat(chunking_strategy='sentence'")
    with pytest.raises(AttributeError, match="change temperature in the service"):
        found.temperature = 0.1
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        found.nothing  # noqa: B018 - it is asked for


def test_a_class_that_reads_the_env_file_of_a_real_application_needs_two_lines(client: MemoryClient) -> None:
    class Application(Flat):
        model_config = SettingsConfigDict(env_file=ENV_FILE, extra="ignore")

    plain = Application()
    found = settings(client, Application)
    assert found.model_dump() == plain.model_dump()
    assert (found.number_of_results, found.rag_llm) == (10, "ibm/granite-3-8b-instruct")
    client.set("retrieval", number_of_results=4)
    client.set("llm", model_id="another")
    assert found.model_dump() == plain.model_dump() | {"number_of_results": 4, "rag_llm": "another"}
