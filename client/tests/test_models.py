"""Settings as the application's own classes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import pydantic
import pytest

from client.tests.conftest import eventually
from varve.models import type_of


class LlmConfig(pydantic.BaseModel):
    model_id: str = "of-the-class"
    temperature: float = pydantic.Field(1.0, le=1.0)


class Strict(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")

    varve_type: ClassVar[str] = "llm"
    heat: float = pydantic.Field(validation_alias=pydantic.AliasChoices("heat", "temperature"))


@dataclass(frozen=True)
class Seed:
    value: int


@dataclass(frozen=True)
class Llm:
    model_id: str
    temperature: float
    seed: Seed = field(default_factory=lambda: Seed(0))
    stop: tuple[str, ...] = ()


def test_a_pydantic_model_and_a_dataclass_are_made_of_the_settings(service, client):
    service.put("user:u-1", "llm", temperature=0.1, seed={"value": 7, "more": 8}, stop=["a"])
    assert client.get(LlmConfig, user="u-1") == LlmConfig(model_id="base", temperature=0.1)
    assert client.get(Llm, user="u-1") == Llm("base", 0.1, Seed(7), ("a",))
    assert client.get(Strict, user="u-1").heat == 0.1


def test_one_is_made_for_each_answer(service, client):
    first = client.get(LlmConfig, user="u-1")
    assert client.get(LlmConfig, user="u-1") is first
    service.put("user:u-1", "llm", temperature=0.1)
    eventually(lambda: client.get(LlmConfig, user="u-1").temperature == 0.1)


@pytest.mark.parametrize(
    ("name", "config_type"),
    [
        ("RetrievalConfig", "retrieval"),
        ("LlmSettings", "llm"),
        ("LLMConfig", "llm"),
        ("QuestionGenerationOptions", "question_generation"),
        ("Chunking", "chunking"),
    ],
)
def test_the_type_is_what_the_class_is_called(name, config_type):
    assert type_of(type(name, (), {}), None) == config_type


def test_the_type_may_be_told(client):
    assert client.get(LlmConfig, type="llm").model_id == "base"
    assert type_of(Strict, None) == "llm"
    assert type_of(Strict, "prompt") == "prompt"


def test_settings_that_the_class_refuses_give_way_to_the_next_lower_layer(service, connect):
    told = []
    client = connect(on_fallback=told.append)
    service.put("global", "llm", temperature=0.5)
    service.put("user:u-1", "llm", temperature=3.0)
    assert client.get(LlmConfig, user="u-1").temperature == 0.5
    assert client.get(LlmConfig, user="u-1").temperature == 0.5
    assert client.metrics()["models_refused"] == 1
    eventually(lambda: told)
    assert "temperature" in told[0].problem


def test_at_last_the_applications_defaults_and_those_of_the_class_serve(service, connect):
    service.put("global", "llm", temperature=2.0, model_id=7)
    assert connect(defaults={"llm": {"temperature": 0.3}}).get(LlmConfig).temperature == 0.7  # the type's, below
    service.put("global", "llm", model_id=7)

    class Picky(LlmConfig):
        varve_type: ClassVar[str] = "llm"
        temperature: float = pydantic.Field(0.9, ge=0.8)

    assert connect(defaults={"llm": {"temperature": 0.85, "model_id": "ours"}}).get(Picky).temperature == 0.85
    assert connect().get(Picky).temperature == 0.9


def test_where_nothing_will_do_the_first_refusal_is_raised(service, client):
    class Impossible(pydantic.BaseModel):
        varve_type: ClassVar[str] = "llm"
        temperature: float = pydantic.Field(ge=5)

    with pytest.raises(pydantic.ValidationError, match=r"input_value=0\.7"):
        client.get(Impossible)


def test_a_type_that_there_is_not_is_the_callers_mistake(client):
    class LmmConfig(pydantic.BaseModel):
        temperature: float = 1.0

    with pytest.raises(KeyError, match="there is no config type lmm: there are llm, prompt"):
        client.get(LmmConfig)


def test_while_the_service_is_down_the_class_serves_for_a_type_that_nobody_knows(service, connect):
    service.stop()

    class OwnConfig(pydantic.BaseModel):
        depth: int = 3

    assert connect().get(OwnConfig).depth == 3


def test_what_is_no_model_is_refused(client):
    with pytest.raises(TypeError, match="neither a pydantic model nor a dataclass"):
        client.get(int, type="llm")
