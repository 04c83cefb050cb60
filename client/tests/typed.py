"""An application as a type checker sees it: `make types` reads this, nothing runs it.

What a checker has to find is marked by an ignore, and an ignore that is not needed is a fault too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, assert_type

import varve


@dataclass
class LlmConfig:
    temperature: float = 0.1


def reading(client: varve.Client) -> None:
    cfg = client.effective(user="u-1", collection=["c-1"], scopes=("tenant:t-1",))
    assert_type(cfg, varve.Effective)
    assert_type(client.effective("u-1", "c-1"), varve.Effective)
    assert_type(cfg.llm, varve.Settings)
    assert_type(cfg["llm"], varve.Settings)
    assert_type(cfg.llm.temperature, Any)
    assert_type(client.get(LlmConfig, user="u-1"), LlmConfig)


def knowing_more(cfg: varve.Effective) -> None:
    assert_type(cfg.meta, varve.Meta)
    assert_type(cfg.meta.source, varve.Source)
    assert_type(cfg.meta.age_seconds, float | None)
    assert_type(cfg.layers("llm"), tuple[varve.Layer, ...])
    assert_type(cfg.trace().configs[0].version, int)


def being_told(client: varve.Client) -> None:
    def on_change(change: varve.Change) -> None:
        assert_type(change.contexts, tuple[varve.Context, ...])
        assert_type(change.types, frozenset[str])

    client.subscribe(on_change)()


async def reading_later(client: varve.AsyncClient) -> None:
    assert_type(await client.effective("u-1"), varve.Effective)
    assert_type(await client.get(LlmConfig), LlmConfig)


def healing(client: varve.Client) -> None:
    guard = client.guard("llm", user="u-1", circuit=varve.CircuitRule(failures=3))
    assert_type(guard, varve.Guard)
    assert_type(guard.run(lambda cfg: str(cfg.model_id)), str)

    @guard
    def first(cfg: varve.Settings, question: str) -> int:
        return len(question)

    @guard
    def by_name(question: str, *, cfg: varve.Settings) -> int:
        return len(question)

    assert_type(first("why?"), int)
    assert_type(by_name("why?"), int)
    first(7)  # type: ignore[arg-type]
    for attempt in guard.attempts():
        with attempt as cfg:
            assert_type(cfg, varve.Settings)
            assert_type(attempt.layer, str)
    client.record_usage("r-1", client.effective(), outcome="fine")  # type: ignore[arg-type]


async def healing_later(client: varve.AsyncClient, plain: varve.Client) -> None:
    async def call(cfg: varve.Settings) -> int:
        return 1

    assert_type(await client.guard("llm").run(call), int)
    assert_type(await plain.guard("llm").arun(call), int)
    async for attempt in client.guard("llm").attempts():
        with attempt as cfg:
            assert_type(cfg, varve.Settings)


def mistakes(client: varve.Client, cfg: varve.Effective) -> None:
    client.effective(user=7)  # type: ignore[arg-type]
    client.effective(tenant="t-1")  # type: ignore[call-arg]
    cfg["llm"] = {}  # type: ignore[operator]
    client.subscribe(lambda: None)  # type: ignore[arg-type, misc]
