"""Bringing what is held up to date, and telling of what has changed by it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from varve.answers import Answers
from varve.batch import MOST_CONTEXTS, MOST_IDS, Batch, Batches
from varve.context import Context
from varve.effective import Effective, doubt, facts_of, parts_of
from varve.facts import Serving
from varve.fallbacks import Fallbacks
from varve.held import Held
from varve.metrics import Metrics
from varve.notices import Change, Notices

logger = logging.getLogger("varve")

MEANING = {"settings": "its settings again", "defaults": "their own defaults: it was switched so by an operator"}


class Refresher:
    def __init__(
        self, held: Held, batches: Batches, answers: Answers, *, fallbacks: Fallbacks, metrics: Metrics,
        notices: Notices, on_new: Callable[[], object],
    ) -> None:  # fmt: skip
        self._held = held
        self._batches = batches
        self._answers = answers
        self._fallbacks = fallbacks
        self._metrics = metrics
        self._notices = notices
        self._on_new = on_new
        self._serving: Serving = "settings"

    def refresh(
        self, contexts: Iterable[Context], *, seconds: float, at_least: int | None = None
    ) -> dict[Context, str]:
        """Ask for these contexts, and hold what is new. The contexts that the service refused, with the reasons.

        `at_least` is a position that the answers must have seen. Raises Unavailable; what came before is held then.
        """
        refused: dict[Context, str] = {}
        for some in requests(contexts):
            refused.update(self._ask(some, seconds=seconds, at_least=at_least))
            # A change that was heard of while the question was under way may not be in the answer. Those that are
            # heard of from now on find these contexts held.
            if behind := [context for context in some if self._held.is_behind(context)]:
                refused.update(self._ask(behind, seconds=seconds, at_least=self._held.seen))
        return refused

    def _ask(self, contexts: list[Context], *, seconds: float, at_least: int | None) -> dict[Context, str]:
        asked = [(context, self._etag(context)) for context in contexts]
        return self._take(contexts, self._batches.ask(asked, seconds=seconds, at_least=at_least))

    def _etag(self, context: Context) -> str | None:
        held = self._held.peek(context)
        return facts_of(held).etag if held is not None else None

    def _take(self, contexts: list[Context], batch: Batch) -> dict[Context, str]:
        at = time.monotonic()
        refused: dict[Context, str] = {}
        changes: list[tuple[Context, frozenset[str]]] = []
        for context, item in zip(contexts, batch.items, strict=True):
            if item.get("unchanged") is True:
                self._confirm(context, batch, at)
            elif "problem" in item:
                refused[context] = self._refused(context, item["problem"])
            elif types := self._replaced(context, item, batch, at):
                changes.append((context, types))
        self._tell(changes, batch.position)
        return refused

    def _confirm(self, context: Context, batch: Batch, at: float) -> None:
        self._metrics.count("contexts_unchanged")
        self._held.confirm(context, world=batch.world, position=batch.position, at=at)

    def _refused(self, context: Context, problem: Any) -> str:
        """What is held is kept: that somebody may not read it any more does not make it wrong."""
        self._metrics.count("contexts_refused")
        told = problem if isinstance(problem, dict) else {}
        why = str(told.get("detail") or told.get("title") or "refused")[:300]
        held = self._held.peek(context)
        if held is not None:
            doubt(held, problem=why)
        return why

    def _replaced(self, context: Context, item: Mapping[str, Any], batch: Batch, at: float) -> frozenset[str]:
        """The types whose settings have changed by it."""
        before = self._held.peek(context)
        effective = self._answers.effective(context, item, world=batch.world, at=at, before=before)
        if not self._held.put(effective, world=batch.world):
            self._metrics.count("outdated")
            return frozenset()
        self._note_serving(facts_of(effective).serving)
        self._on_new()
        served = self._fallbacks.given(context) if before is None else before
        return changed_types(served, effective) if served is not None else frozenset()

    def _note_serving(self, serving: Serving) -> None:
        """Said once for all contexts, which are switched together."""
        if serving != self._serving:
            self._serving = serving
            self._metrics.count("switches")
            logger.warning("the service has applications use %s", MEANING[serving])

    def _tell(self, changes: list[tuple[Context, frozenset[str]]], position: int) -> None:
        if changes:
            self._metrics.count("changes", len(changes))
            contexts = tuple(context for context, _ in changes)
            self._notices.changed(Change(contexts, frozenset().union(*(types for _, types in changes)), position))


def changed_types(before: Effective, after: Effective) -> frozenset[str]:
    was, parts = parts_of(before), parts_of(after)
    both = was.keys() & parts.keys()
    return frozenset(name for name in {*was, *parts} if name not in both or was[name].settings != parts[name].settings)


def requests(contexts: Iterable[Context]) -> Iterator[list[Context]]:
    """As many at once as the service takes: of contexts, and of ids that they name together."""
    some: list[Context] = []
    ids = 0
    for context in contexts:
        named = len(context.touched_by())
        if some and (len(some) == MOST_CONTEXTS or ids + named > MOST_IDS):
            yield some
            some, ids = [], 0
        some.append(context)
        ids += named
    if some:
        yield some
