"""The settings that the work at hand is done with, for logs and traces: of this thread or task, and what it starts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from varve.effective import Effective
    from varve.facts import ConfigUsed, Trace


class Bound:
    """An answer in use; of one type perhaps not the settings in force, but those of a lower layer."""

    __slots__ = ("_effective", "_from", "_trace", "_type")

    def __init__(self, effective: Effective, config_type: str | None = None, *, from_layer: str | None = None) -> None:
        self._effective = effective
        self._type = config_type
        self._from = from_layer
        self._trace: Trace | None = None

    def trace(self) -> Trace:
        """Made when it is asked for: most work is never told of."""
        if self._trace is None:
            whole = self._effective.trace()
            self._trace = whole if self._from is None else replace(whole, configs=tuple(self._below(whole)))
        return self._trace

    def _below(self, whole: Trace) -> Iterator[ConfigUsed]:
        """Without the configs of the type that stand above the layer in use."""
        assert self._type is not None
        layers = [layer.layer for layer in self._effective.layers(self._type)]
        above = layers[: layers.index(self._from)] if self._from in layers else []
        return (used for used in whole.configs if used.config_type != self._type or used.layer not in above)


logger = logging.getLogger("varve")

current: ContextVar[Bound | None] = ContextVar("varve_bound", default=None)
on_bound: list[Callable[[Bound], object]] = []  # called with each, on the thread that binds; see otel.py


def current_trace() -> Trace | None:
    bound = current.get()
    return None if bound is None else bound.trace()


def _quietly(call: Callable[[Bound], object], bound: Bound) -> None:
    """What is told of the work must not be what it fails for."""
    try:
        call(bound)
    except Exception:
        logger.exception("the settings in use could not be told")


@contextmanager
def binding(bound: Bound) -> Iterator[None]:
    token = current.set(bound)
    try:
        for call in on_bound:
            _quietly(call, bound)
        yield
    finally:
        current.reset(token)
